// Lineage as blocks over the hash range: a shard is as high as its part of the range, begins to the right of its parents, and reaches to
// its children, or to the right edge while nothing continues it. The right edge is the hash ring, unrolled.
import { byId, draw, el, keyed, say, set } from "./dom.js";
import { plural, short, shortList } from "./format.js";
import { letterOf, paint, stateWord, tooMany } from "./colours.js";

const columnsShown = 8;
const gap = 10;

export function showLineage(fleet, choose) {
  const svg = byId("lineage");
  const shards = relevant(fleet);
  set(svg, "hidden", !shards.length);
  describe(fleet, shards);
  if (!shards.length) return;
  const width = Math.max(280, Math.round(svg.getBoundingClientRect().width) || 900);
  const depth = depths(fleet, shards);
  const columns = Math.max(0, ...depth.values()) + 1;
  const hidden = Math.max(0, columns - columnsShown);
  const shown = columns - hidden;
  const nodes = shards.map((s) => ({ s, from: Math.max(0, depth.get(s.id) - hidden), to: reach(s, depth, columns) - hidden })).filter((n) => n.to > 0);
  const open = nodes.filter((n) => n.to === shown).length;
  const dense = open > tooMany;
  const part = scale(shards);
  const least = Math.min(1, ...nodes.map((n) => part(n.s.at + n.s.wide) - part(n.s.at)).filter((p) => p > 0.05)); // smaller ones have no name
  const height = Math.round(Math.min(460, Math.max(136, open * 34, 24 / least)));
  const y = (at) => height * part(at);
  set(svg, "viewBox", `0 0 ${width} ${height}`);
  set(svg, "height", height);
  set(svg, "class", dense ? "dense" : null);
  svg.layers ??= (() => {
    const layers = { blocks: draw("g"), links: draw("g", { class: "links", "aria-hidden": "true" }) };
    svg.append(layers.links, layers.blocks);
    return layers;
  })();
  const box = (n) => ({ x: (n.from * width) / shown, y: y(n.s.at), w: ((n.to - n.from) * width) / shown - (n.to < shown ? gap * 2 : 0), h: y(n.s.at + n.s.wide) - y(n.s.at) });
  keyed(svg.layers.blocks, nodes, (n) => n.s.id, makeBlock(choose), (node, n) => placeBlock(node, fleet, n.s, box(n), dense));
  keyed(svg.layers.links, links(nodes, box), (l) => l.key, () => draw("path"), (node, l) => {
    set(node, "d", l.d);
    set(node, "class", l.waits ? "waits" : null);
  });
}

// relevant are the shards to be drawn: all, or where there are many those that have been split or merged, or come from there.
function relevant(fleet) {
  if (fleet.shards.length <= tooMany) return fleet.shards;
  return fleet.shards.filter((s) => s.parents.length || s.children.length);
}

// scale maps the hash range to 0 to 1; parts of which nothing is drawn take no room.
function scale(shards) {
  const spans = shards.map((s) => [s.at, s.at + s.wide]).sort((a, b) => a[0] - b[0]);
  const parts = [];
  for (const [from, to] of spans) {
    const last = parts.at(-1);
    if (last && from <= last.to + 1e-9) last.to = Math.max(last.to, to);
    else parts.push({ from, to });
  }
  const all = parts.reduce((sum, p) => sum + p.to - p.from, 0) || 1;
  return (at) => parts.reduce((sum, p) => sum + Math.max(0, Math.min(at, p.to) - p.from), 0) / all;
}

// depths numbers the columns: parents before children.
function depths(fleet, shards) {
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
  for (const s of shards) of(s, new Set());
  return depth;
}

// reach is the column before which a block ends.
function reach(s, depth, columns) {
  const next = s.children.map((c) => depth.get(c)).filter((d) => d !== undefined);
  return next.length ? Math.min(...next) : columns;
}

const makeBlock = (choose) => (n) => draw("g", { class: "block", on: { click: () => choose(n.s.id) } },
  draw("rect", { rx: 5, class: "body" }), draw("rect", { rx: 2.5, class: "owner" }), draw("text", { class: "name" }), draw("text", { class: "note" }), draw("title"));

function placeBlock(node, fleet, s, { x, y, w, h }, dense) {
  const [body, owner, name, note, title] = node.children;
  const inset = h > 6 ? 2 : 0.3;
  const [top, high] = [y + inset, Math.max(0.5, h - 2 * inset)];
  place(body, x, top, w, high);
  place(owner, x, top, dense ? w : Math.min(w, 14), high);
  set(owner, "visibility", s.state === "ended" ? "hidden" : null);
  paint(owner, fleet, s, "owner", dense);
  const roomy = h >= 16;
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

function describe(fleet, shards) {
  const related = fleet.shards.filter((s) => s.parents.length || s.children.length);
  const waiting = fleet.shards.filter((s) => s.waitsFor.length);
  const ended = fleet.shards.filter((s) => s.state === "ended").length;
  say(byId("lineage-note"), related.length ? "hash range from top to bottom, time from left to right" + (shards.length < fleet.shards.length ? "; only shards that were split or merged" : "") : "no shard has been split or merged");
  say(byId("lineage-summary"), `${plural(fleet.open.length, "open shard")}, ${ended} ended, ${waiting.length} waiting for parents.` +
    waiting.slice(0, 10).map((s) => ` Shard ${short(s.id)} waits for ${shortList(s.waitsFor)}.`).join(""));
  if (!byId("lineage-table").closest("details").open) return;
  keyed(byId("lineage-table"), fleet.shards.slice(-500), (s) => s.id, () => el("tr", {}, el("th", { scope: "row" }), el("td"), el("td"), el("td"), el("td")), (row, s) => {
    const texts = [short(s.id), shortList(s.parents) || "–", shortList(s.children) || "–", shortList(s.waitsFor) || "–", stateWord(s)];
    texts.forEach((text, i) => say(row.children[i], text));
  });
}
