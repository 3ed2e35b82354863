// The figures of the fleet.
import { byId, draw, el, keyed, say, set } from "./dom.js";
import { big, bytes, count, percent, plural, rate, short, span } from "./format.js";

export function showTiles(fleet) {
  keyed(byId("tiles"), tiles(fleet), (t) => t.name, make, update);
}

function tiles(fleet) {
  const points = fleet.history.get("") ?? [];
  const counted = [...fleet.workers.values()].filter((w) => w.counters).length;
  const some = counted < fleet.workers.size ? `${counted} of ${plural(fleet.workers.size, "worker")}` : `by ${plural(counted, "worker")}`;
  return [
    { name: "Throughput", value: rate(points.at(-1)?.rate ?? 0), unit: "records/s", note: "read from the stream", line: points.map((p) => p.rate) },
    lag(fleet, points),
    { name: "Parquet objects", value: big(fleet.total("objects")), note: `${bytes(fleet.total("bytes"))}, ${some}` },
    dead(fleet),
    hits(fleet),
    model(fleet),
  ];
}

function lag(fleet, points) {
  let worst = null;
  for (const s of [...fleet.open, ...fleet.draining]) {
    const l = fleet.lag(s);
    if (s.state !== "waiting" && l.ms !== null && (!worst || l.ms > worst.ms)) worst = { ...l, s };
  }
  const line = points.map((p) => p.lag);
  if (!worst) return { name: "Worst lag", value: "–", note: "nobody has read yet", line };
  const part = fleet.head.retentionMs ? `, ${percent(worst.ms / fleet.head.retentionMs)} of ${span(fleet.head.retentionMs)} retention` : "";
  const level = worst.ms > fleet.head.retentionMs / 2 && fleet.head.retentionMs ? "bad" : worst.ms > 60_000 ? "warn" : null;
  if (worst.ms === 0) return { name: "Worst lag", value: "at the tip", word: true, note: `all shards; retention ${span(fleet.head.retentionMs)}`, line };
  return { name: "Worst lag", value: (worst.known ? "" : "≤ ") + span(worst.ms), note: `shard ${short(worst.s.id)}${part}`, line, level };
}

function dead(fleet) {
  const [n, rows] = [fleet.total("deadLetters"), fleet.total("rows")];
  return { name: "Dead letters", value: big(n), note: rows ? `${percent(n / rows)} of ${big(rows)} rows` : "no rows yet", level: rows && n / rows > 0.05 ? "warn" : null };
}

function hits(fleet) {
  const [n, of] = [fleet.total("hits"), fleet.total("predictions")];
  return { name: "Hit rate @20", value: of ? count((100 * n) / of) : "–", unit: of ? "%" : "", note: of ? `of ${big(of)} next products` : "no next product yet" };
}

function model(fleet) {
  const stale = fleet.most("staleMs");
  const note = stale < 0 ? "" : stale === 0 ? ", up to date" : `, ${span(stale)} behind`;
  return { name: "Model", value: stale < 0 ? "–" : big(fleet.most("facts")), unit: stale < 0 ? "" : "facts", note: stale < 0 ? "not known" : `${big(fleet.most("items"))} products${note}`, level: stale > 300_000 ? "warn" : null };
}

function make() {
  const part = (tag, name) => el(tag, { class: name });
  return el("div", { class: "tile" }, el("dt"), el("dd", {}, el("span", { class: "figure" }, part("span", "value"), part("span", "unit")), part("span", "quiet"), draw("svg", { class: "line", viewBox: "0 0 120 28", preserveAspectRatio: "none", "aria-hidden": "true" }, draw("path", { class: "area" }), draw("path", { class: "stroke" }))));
}

function update(node, t) {
  say(node.firstChild, t.name);
  const [figure, note, line] = node.lastChild.children;
  say(figure.firstChild, t.value);
  say(figure.lastChild, t.unit ?? "");
  say(note, t.note);
  set(node, "class", "tile" + (t.level ? " " + t.level : "") + (t.word ? " word" : ""));
  line.toggleAttribute("hidden", !t.line);
  if (t.line) sparkline(line, t.line, 120, 28);
}

// sparkline draws points from left to right; the newest is at the right edge. Two points make a dash, and no line.
export function sparkline(svg, all, width, height, most = Math.max(...all, 1e-9)) {
  const points = all.length < 3 ? [] : all;
  const step = width / (Math.max(30, points.length) - 1);
  const x = (i) => Math.round((width - (points.length - 1 - i) * step) * 10) / 10;
  const y = (v) => Math.round((height - 1.5 - (v / most) * (height - 4)) * 10) / 10;
  const d = points.map((v, i) => `${i ? "L" : "M"}${x(i)} ${y(v)}`).join("");
  set(svg.lastChild, "d", d);
  if (svg.children.length > 1) set(svg.firstChild, "d", points.length ? `${d}L${width} ${height}L${x(0)} ${height}Z` : "");
}
