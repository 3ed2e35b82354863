// The hash ring: each open shard is an arc as wide as its part of the hash keys, painted as its owner. Shards that are still read though
// others continue them are in an inner ring.
import { byId, draw, el, keyed, say, sayName, set } from "./dom.js";
import { count, percent, plural, rate, short } from "./format.js";
import { letterOf, paint, stateWord, swatch, swatchOf, tooMany } from "./colours.js";

const outer = [156, 116];
const inner = [108, 92];
let chosen = null; // the shard that the pointer is on

export function showRing(fleet, choose) {
  const svg = byId("ring");
  const arcs = [
    ...fleet.draining.map((s) => ({ s, radii: inner, key: "d" + s.id })),
    ...fleet.open.map((s) => ({ s, radii: outer, key: "o" + s.id })),
  ];
  const hole = fleet.head.coverage?.hole;
  const dense = arcs.length > tooMany;
  const gap = arcs.length <= 64 ? 1.2 : dense ? 0 : 0.15;
  svg.layers ??= (() => {
    const track = draw("circle", { r: (outer[0] + outer[1]) / 2, class: "track", "stroke-width": outer[0] - outer[1] });
    const layers = { arcs: draw("g"), marks: draw("g", { "aria-hidden": "true" }), ticks: ticks() };
    svg.append(track, layers.arcs, layers.marks, layers.ticks);
    return layers;
  })();
  keyed(svg.layers.arcs, [...arcs, ...(hole ? [{ hole, radii: outer, key: "hole" }] : [])], (a) => a.key, makeArc(choose), (node, a) => {
    const span = a.s ?? hole;
    node.shard = a.s;
    const key = [span.at, span.wide, gap].join();
    if (node.key !== key) set(node, "d", arc(span.at, span.wide, a.radii, gap));
    node.key = key;
    if (a.s) paint(node, fleet, a.s, `arc ${a.s.state}${a.s.id === chosen ? " chosen" : ""}`, dense);
    else set(node, "class", "arc hole");
  });
  const marked = arcs.filter((a) => a.radii === outer && a.s.wide > 0.018);
  keyed(svg.layers.marks, marked, (a) => a.key, makeMark, (node, a) => placeMark(node, fleet, a));
  svg.fleet = fleet;
  centre(fleet);
  legend(fleet);
  table(fleet);
}

const ticks = () => draw("g", { class: "ticks", "aria-hidden": "true" }, ...["0", "¼", "½", "¾"].map((text, i) => {
  const [x, y] = place(i / 4, 165);
  return draw("text", { x, y, text });
}));

const makeArc = (choose) => () => {
  const node = draw("path", { on: {
    pointerenter: () => point(node.shard?.id ?? null),
    pointerleave: () => point(null),
    click: () => node.shard && choose(node.shard.id),
  } });
  return node;
};

function point(id) {
  chosen = id;
  const svg = byId("ring");
  for (const node of svg.layers.arcs.children) node.classList.toggle("chosen", id !== null && node.shard?.id === id);
  centre(svg.fleet);
}

const makeMark = () => draw("g", {}, draw("circle", { r: 10, class: "plate" }), draw("text", { class: "letter" }));

function placeMark(node, fleet, { s, radii }) {
  const [x, y] = place(s.at + s.wide / 2, (radii[0] + radii[1]) / 2);
  set(node, "transform", `translate(${x} ${y})`);
  say(node.lastChild, letterOf(fleet, s));
}

// place is the point at a part of the way round, which begins at the top.
function place(part, radius) {
  const angle = 2 * Math.PI * part - Math.PI / 2;
  return [round(radius * Math.cos(angle)), round(radius * Math.sin(angle))];
}

const round = (x) => Math.round(x * 100) / 100;

// arc is the path of a piece of a ring, with a gap between it and the next.
function arc(at, wide, [far, near], gap) {
  if (wide >= 0.9999) return arc(0, 0.5, [far, near], 0) + arc(0.5, 0.5, [far, near], 0);
  const slack = Math.min(gap / (4 * Math.PI * near), wide / 4);
  const from = at + slack;
  const to = at + wide - slack;
  const large = to - from > 0.5 ? 1 : 0;
  const [a, b, c, d] = [place(from, far), place(to, far), place(to, near), place(from, near)];
  return `M${a} A${far} ${far} 0 ${large} 1 ${b} L${c} A${near} ${near} 0 ${large} 0 ${d} Z`;
}

// centre shows the shard under the pointer, or the fleet.
function centre(fleet) {
  const s = chosen && fleet.shard(chosen);
  if (s) {
    say(byId("ring-number"), "shard " + short(s.id));
    say(byId("ring-label"), s.owner && s.state !== "ended" ? s.owner : stateWord(s));
    say(byId("ring-note"), `${rate(s.rate)} records/s, ${percent(s.wide)} of the keys`);
  } else {
    const points = fleet.history.get("") ?? [];
    say(byId("ring-number"), count(points.at(-1)?.rate ?? 0));
    say(byId("ring-label"), "records/s");
    say(byId("ring-note"), `in ${plural(fleet.open.length, "open shard")}`);
  }
  set(byId("ring-number"), "class", s ? "small" : null);
}

function legend(fleet) {
  const owners = new Set([...fleet.open, ...fleet.draining].filter((s) => s.state === "owned").map((s) => s.owner));
  const items = [...fleet.slots].filter(([id]) => owners.has(id)).sort((a, b) => a[1] - b[1]).map(([id, slot]) => ({ key: id + slot, name: id, swatch: () => swatch(slot) }));
  const states = new Set([...fleet.open, ...fleet.draining].map((s) => (s.stopped ? "stopped" : s.state)));
  if (states.has("waiting")) items.push({ key: "waiting", name: "waits for its parents", swatch: () => swatchOf("waiting", "…") });
  if (states.has("unowned") || states.has("new") || states.has("abandoned")) items.push({ key: "nobody", name: "nobody reads it", swatch: () => swatchOf("nobody", "?") });
  if (states.has("stopped")) items.push({ key: "stopped", name: "stopped", swatch: () => swatchOf("stopped", "!") });
  keyed(byId("legend"), items.slice(0, 24), (i) => i.key, (i) => el("li", {}, i.swatch(), el("span")), (li, i) => sayName(li.lastChild, i.name));
}

function table(fleet) {
  const open = fleet.open;
  const unread = open.filter((s) => s.state !== "owned").length;
  say(byId("ring-summary"), `${plural(open.length, "open shard")}, ${unread ? unread + " of them not read" : "all of them read"}, by ${plural(fleet.workers.size, "worker")}.`);
  if (!byId("ring-table").closest("details").open) return;
  const rows = [...open].sort((a, b) => a.at - b.at).slice(0, 500);
  keyed(byId("ring-table"), rows, (s) => s.id, () => el("tr", {}, el("th", { scope: "row" }), el("td"), el("td", { class: "number" }), el("td", { class: "keys" })), (row, s) => {
    const [name, owner, share, keys] = row.children;
    say(name, short(s.id));
    say(owner, s.state === "owned" ? s.owner : stateWord(s));
    say(share, percent(s.wide));
    say(keys, `${s.from} to ${s.to}`);
  });
}
