// Lineage as blocks over the hash range: a shard is as high as its part of the range, begins to the right of its parents, and reaches to
// its children, or to the right edge while nothing continues it. The right edge is the hash ring, unrolled.
import { byId, draw, el, keyed, say, set } from "./dom.js";
import { plural, short, shortList } from "./format.js";
import { fillOf, letterOf, stateWord } from "./colours.js";

const columnsShown = 8;
const gap = 10;

export function showLineage(fleet, choose) {
  const svg = byId("lineage");
  const width = Math.max(280, Math.round(svg.getBoundingClientRect().width) || 900);
  const depth = depths(fleet);
  const columns = Math.max(1, ...depth.values()) + (depth.size ? 0 : 1);
  const hidden = Math.max(0, columns + 1 - columnsShown);
  const nodes = fleet.shards.filter((s) => reach(s, depth, columns) > hidden).map((s) => ({ s, from: Math.max(0, depth.get(s.id) - hidden), to: reach(s, depth, columns) - hidden }));
  const shown = columns + 1 - hidden;
  const height = Math.min(420, Math.max(200, fleet.open.length * 26));
  set(svg, "viewBox", `0 0 ${width} ${height}`);
  set(svg, "height", height);
  svg.layers ??= (() => {
    const layers = { blocks: draw("g"), links: draw("g", { class: "links", "aria-hidden": "true" }) };
    svg.append(layers.links, layers.blocks);
    return layers;
  })();
  const box = (n) => ({ x: (n.from * width) / shown, y: n.s.at * height, w: ((n.to - n.from) * width) / shown - (n.to < shown ? gap * 2 : 0), h: n.s.wide * height });
  keyed(svg.layers.blocks, nodes, (n) => n.s.id, makeBlock(choose), (node, n) => placeBlock(node, fleet, n.s, box(n)));
  keyed(svg.layers.links, links(nodes, box), (l) => l.key, () => draw("path"), (node, l) => {
    set(node, "d", l.d);
    set(node, "class", l.waits ? "waits" : null);
  });
  describe(fleet, hidden);
}

// depths numbers the columns: parents before children.
function depths(fleet) {
  const depth = new Map();
  const of = (s, seen) => {
    if (depth.has(s.id)) return depth.get(s.id);
    if (seen.has(s.id)) return 0; // not in a stream
    seen.add(s.id);
    let d = 0;
    for (const p of s.parents) if (fleet.shard(p)) d = Math.max(d, of(fleet.shard(p), seen) + 1);
    depth.set(s.id, d);
    return d;
  };
  for (const s of fleet.shards) of(s, new Set());
  return depth;
}

// reach is the column before which a block ends.
function reach(s, depth, columns) {
  const next = s.children.map((c) => depth.get(c)).filter((d) => d !== undefined);
  return next.length ? Math.min(...next) : columns + 1;
}

const makeBlock = (choose) => (n) => draw("g", { class: "block", on: { click: () => choose(n.s.id) } },
  draw("rect", { rx: 5, class: "body" }), draw("rect", { rx: 2.5, class: "owner" }), draw("text", { class: "name" }), draw("text", { class: "note" }), draw("title"));

function placeBlock(node, fleet, s, { x, y, w, h }) {
  const [body, owner, name, note, title] = node.children;
  const inset = h > 6 ? 2 : 0.3;
  const [top, high] = [y + inset, Math.max(0.5, h - 2 * inset)];
  place(body, x, top, w, high);
  place(owner, x, top, Math.min(w, 14), high);
  set(owner, "fill", s.state === "ended" ? "none" : fillOf(fleet, s));
  const roomy = h >= 15;
  for (const [text, dx] of [[name, 22], [note, 22 + 8 * short(s.id).length + 14]]) {
    set(text, "x", x + dx);
    set(text, "y", y + h / 2);
  }
  say(name, roomy ? short(s.id) : "");
  say(note, roomy && w > 96 ? noteOf(fleet, s, w) : "");
  say(title, `shard ${short(s.id)}: ${noteOf(fleet, s, 1000)}`);
  set(node, "class", `block ${s.state}${s.stopped ? " stopped" : ""}`);
}

function place(rect, x, y, width, height) {
  for (const [name, v] of Object.entries({ x, y, width, height })) set(rect, name, Math.round(Math.max(0, v) * 10) / 10);
}

function noteOf(fleet, s, room) {
  if (s.waitsFor.length) return "waits for " + shortList(s.waitsFor);
  if (s.state === "owned") return room > 190 ? s.owner : letterOf(fleet, s);
  return stateWord(s);
}

// links join parents with the children that continue them.
function links(nodes, box) {
  const byShard = new Map(nodes.map((n) => [n.s.id, n]));
  return nodes.flatMap((n) => n.s.parents.filter((p) => byShard.has(p)).map((p) => {
    const [a, b] = [box(byShard.get(p)), box(n)];
    const from = Math.max(a.y, b.y);
    const y = (from + Math.min(a.y + a.h, b.y + b.h)) / 2;
    const [x0, x1] = [a.x + a.w + 2, b.x - 2];
    return { key: p + ">" + n.s.id, waits: n.s.waitsFor.includes(p), d: `M${x0} ${y} ${x1} ${y}M${x1 - 5} ${y - 4} ${x1} ${y} ${x1 - 5} ${y + 4}` };
  }));
}

function describe(fleet, hidden) {
  const related = fleet.shards.filter((s) => s.parents.length || s.children.length);
  const waiting = fleet.shards.filter((s) => s.waitsFor.length);
  const ended = fleet.shards.filter((s) => s.state === "ended").length;
  say(byId("lineage-note"), related.length ? "hash range from top to bottom, time from left to right" + (hidden ? `; ${plural(hidden, "older generation")} left out` : "") : "no shard has been split or merged");
  say(byId("lineage-summary"), `${plural(fleet.open.length, "open shard")}, ${ended} ended, ${waiting.length} waiting for parents.` +
    waiting.slice(0, 10).map((s) => ` Shard ${short(s.id)} waits for ${shortList(s.waitsFor)}.`).join(""));
  if (!byId("lineage-table").closest("details").open) return;
  keyed(byId("lineage-table"), fleet.shards.slice(-500), (s) => s.id, () => el("tr", {}, el("th", { scope: "row" }), el("td"), el("td"), el("td"), el("td")), (row, s) => {
    const texts = [short(s.id), shortList(s.parents) || "–", shortList(s.children) || "–", shortList(s.waitsFor) || "–", stateWord(s)];
    texts.forEach((text, i) => say(row.children[i], text));
  });
}
