// The table of shards, the worst first.
import { byId, draw, el, keyed, say, sayName, set } from "./dom.js";
import { percent, plural, rate, short, shortList, span } from "./format.js";
import { letterOf, stateWord, swatch, swatchOf } from "./colours.js";
import { sparkline } from "./tiles.js";

const rank = { stopped: 0, abandoned: 1, unowned: 2, new: 3, waiting: 4, owned: 5, ended: 6 };
const rankOf = (s) => (s.stopped ? 0 : (rank[s.state] ?? 5));
const columns = [
  { name: "Shard", value: (s) => s.id },
  { name: "State", value: rankOf },
  { name: "Read by", value: (s) => s.owner },
  { name: "Term", value: (s) => s.counter, number: true },
  { name: "Lag", value: (s, f) => -(f.lag(s).ms ?? 0) },
  { name: "Records/s", value: (s) => -s.rate, number: true },
  { name: "Committed", value: (s) => s.checkpointAt },
  { name: "Lineage", value: (s) => s.parents.length + s.children.length },
];
const view = { by: 1, down: false, filter: "", ended: false, rows: 50, chosen: null };
let current = null;

export function startShards() {
  const head = byId("shards-head");
  columns.forEach((c, i) => head.append(el("th", { scope: "col", class: c.number ? "number" : null },
    el("button", { type: "button", text: c.name, on: { click: () => order(i) } }))));
  byId("shards-filter").addEventListener("input", (e) => change({ filter: e.target.value.trim().toLowerCase(), rows: 50 }));
  byId("shards-ended").addEventListener("change", (e) => change({ ended: e.target.checked }));
  byId("shards-more").addEventListener("click", () => change({ rows: view.rows + 200 }));
}

function order(i) {
  change({ down: view.by === i && !view.down, by: i });
}

function change(what) {
  Object.assign(view, what);
  if (current) showShards(current);
}

// chooseShard brings a shard into sight.
export function chooseShard(id) {
  const s = current?.shard(id);
  if (!s) return;
  byId("shards-filter").value = short(id);
  change({ filter: short(id).toLowerCase(), chosen: id, ended: view.ended || s.state === "ended", rows: 50 });
  byId("shards-ended").checked = view.ended;
  byId("shards-title").scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}

export function showShards(fleet) {
  current = fleet;
  const all = fleet.shards.filter((s) => (view.ended || s.state !== "ended") && matches(s));
  const { value } = columns[view.by];
  const sign = view.down ? -1 : 1;
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  all.sort((a, b) => sign * compare(value(a, fleet), value(b, fleet)) || compare(a.id, b.id));
  [...byId("shards-head").children].forEach((th, i) => set(th, "aria-sort", i === view.by ? (view.down ? "descending" : "ascending") : null));
  keyed(byId("shards"), all.slice(0, view.rows), (s) => s.id, make, (row, s) => update(row, fleet, s));
  const ended = fleet.shards.filter((s) => s.state === "ended").length;
  say(byId("shards-note"), `${plural(fleet.shards.length - ended, "shard")} to read` + (ended ? `, ${ended} ended` : "") + (view.filter ? `; ${all.length} match` : ""));
  const more = byId("shards-more");
  set(more, "hidden", all.length <= view.rows);
  say(more, `Show more of ${plural(all.length, "shard")}`);
}

function matches(s) {
  if (!view.filter) return true;
  if (/^\d+$/.test(view.filter)) return short(s.id).startsWith(view.filter);
  return [s.id, s.owner, stateWord(s), s.stopped].some((text) => text.toLowerCase().includes(view.filter));
}

function make() {
  const row = el("tr", {}, el("th", { scope: "row" }), el("td", {}, el("span", { class: "chip" })), el("td", { class: "owner" }, el("span", { class: "key" }), el("span", { class: "name" })),
    el("td", { class: "number" }), el("td", { class: "lag" }, el("span", { class: "text" }), el("span", { class: "gauge", "aria-hidden": "true" }, el("i"))),
    el("td", { class: "number rate" }, draw("svg", { viewBox: "0 0 72 20", class: "line", "aria-hidden": "true" }, draw("path", { class: "stroke" })), el("span")), el("td"), el("td", { class: "lineage-cell" }));
  return row;
}

function update(row, fleet, s) {
  const [name, state, owner, term, lag, speed, committed, lineage] = row.children;
  say(name, short(s.id));
  set(name, "title", s.id);
  say(state.firstChild, stateWord(s));
  set(state.firstChild, "class", "chip " + (s.stopped ? "stopped" : s.state));
  sayName(owner.lastChild, s.state === "ended" ? "–" : s.owner || "nobody");
  key(owner.firstChild, fleet, s);
  say(term, String(s.counter));
  showLag(lag, fleet, s);
  sparkline(speed.firstChild, (fleet.history.get(s.id) ?? []).map((p) => p.rate), 72, 20);
  say(speed.lastChild, s.state === "ended" ? "–" : rate(s.rate));
  say(committed, s.checkpointAt ? span(fleet.now - s.checkpointAt) + " ago" : "never");
  say(lineage, lineageOf(s) || "–");
  lineage.classList.toggle("none", lineage.textContent === "–");
  set(row, "class", s.id === view.chosen ? "chosen" : null);
}

// key shows the owner's colour, anew when it is another one.
function key(node, fleet, s) {
  const mark = s.state === "ended" ? "" : letterOf(fleet, s) + s.state;
  if (node.mark === mark) return;
  node.mark = mark;
  const slot = fleet.slots.get(s.owner);
  const fill = s.stopped ? "stopped" : s.state === "waiting" ? "waiting" : "nobody";
  node.replaceChildren(...(s.state === "ended" ? [] : [s.state === "owned" && slot !== undefined ? swatch(slot) : swatchOf(fill, letterOf(fleet, s))]));
}

// showLag has a logarithmic scale from a second to the retention.
function showLag(cell, fleet, s) {
  const { ms, known } = fleet.lag(s);
  const [text, gauge] = cell.children;
  const retention = fleet.head.retentionMs || 86_400_000;
  const done = s.state === "ended" || s.state === "waiting";
  set(gauge, "hidden", done || ms === null);
  if (done || ms === null) return say(text, s.state === "waiting" ? "not begun" : s.state === "ended" ? "–" : "not known");
  const part = ms < 1000 ? 0 : Math.min(1, Math.log(ms / 1000) / Math.log(retention / 1000));
  gauge.firstChild.style.setProperty("--part", part);
  set(gauge, "class", "gauge" + (ms > retention / 2 ? " bad" : ms > 60_000 ? " warn" : ""));
  say(text, ms === 0 ? "at the tip" : `${known ? "" : "≤ "}${span(ms)}${ms > retention / 1000 ? " · " + percent(ms / retention) : ""}`);
}

function lineageOf(s) {
  const parts = [];
  if (s.parents.length) parts.push("from " + shortList(s.parents));
  if (s.waitsFor.length) parts.push("waits for " + shortList(s.waitsFor));
  if (s.children.length) parts.push("to " + shortList(s.children));
  if (s.asked) parts.push(`${s.asked} asks for it`);
  return parts.join(", ");
}
