// The workers: what they have, what they do, and whether they give signs of life.
import { byId, el, keyed, say, sayName, set } from "./dom.js";
import { big, bytes, plural, rate, span } from "./format.js";
import { swatch } from "./colours.js";

export function showWorkers(fleet) {
  const all = [...fleet.workers.values()];
  const most = Math.max(1, ...all.map((w) => w.leases));
  const note = all.filter((w) => w.reach === "unreachable").length;
  say(byId("workers-note"), plural(all.length, "worker") + (note ? `, ${note} cannot be asked for their own figures` : ""));
  keyed(byId("workers"), all.slice(0, 100), (w) => w.id + fleet.slots.get(w.id), (w) => make(fleet.slots.get(w.id) ?? 0), (node, w) => update(node, fleet, w, most));
}

function make(slot) {
  const part = (name, tag = "span") => el(tag, { class: name });
  const node = el("li", { class: "worker" }, swatch(slot),
    el("div", { class: "who" }, part("name", "b"), part("chip")), part("load"),
    el("div", { class: "meter", "aria-hidden": "true" }, part("fill")), el("div", { class: "beat" }, el("i", { "aria-hidden": "true" }), part("age")), part("own"));
  node.parts = Object.fromEntries(["name", "chip", "load", "fill", "beat", "age", "own"].map((c) => [c, node.querySelector("." + c)]));
  return node;
}

function update(node, fleet, w, most) {
  const p = node.parts;
  sayName(p.name, w.id);
  set(p.name, "title", w.id);
  say(p.chip, w.state);
  set(p.chip, "class", "chip " + w.state);
  say(p.load, `${plural(w.leases, "shard")} · ${rate(rateOf(fleet, w))} records/s`);
  p.fill.style.setProperty("--part", w.leases / most);
  const age = fleet.now - w.heartbeatAt;
  say(p.age, `heartbeat ${span(age)} ago`);
  set(p.beat, "class", "beat " + (w.state === "silent" ? "bad" : age > (fleet.head.silenceMs || Infinity) / 2 ? "warn" : "good"));
  if (p.beat.counter !== w.heartbeat) {
    p.beat.counter = w.heartbeat;
    p.beat.firstChild.getAnimations?.().forEach((a) => { a.cancel(); a.play(); });
  }
  say(p.own, own(w));
}

// rateOf is the sum of the worker's shards: it is fresher than that of the heartbeat.
function rateOf(fleet, w) {
  let sum = 0;
  for (const s of fleet.shards) if (s.owner === w.id && s.state === "owned") sum += s.rate;
  return sum || (w.leases ? w.rate : 0);
}

function own(w) {
  const c = w.counters;
  if (!c && w.state === "silent") return "gives no sign of life";
  if (!c) return { none: "has no address to be asked at", unreachable: "cannot be asked for its own figures" }[w.reach] ?? "has not been asked yet";
  return `${big(c.rows)} rows · ${big(c.objects)} objects, ${bytes(c.bytes)}` + (c.deadLetters ? ` · ${big(c.deadLetters)} dead letters` : "") + (w.reach === "unreachable" ? " · not reachable now" : "");
}
