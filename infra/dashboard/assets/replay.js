// A replay on its way: made, fenced, published.
import { byId, el, keyed, say, set } from "./dom.js";
import { plural, span, time } from "./format.js";

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
const shownAfter = 600_000; // how long one that is published stays in sight, in ms

export function showReplay(fleet) {
  const r = fleet.head.replay;
  const over = !r || (r.state === "published" && fleet.now - r.at > shownAfter);
  set(byId("replay"), "hidden", over);
  if (over) return;
  say(byId("replay-title"), `Replay ${r.number} from ${day.format(new Date(r.from))} UTC`);
  say(byId("replay-note"), [`begun ${span(fleet.now - r.at)} ago`, r.operator && `by ${r.operator}`, r.reason].filter(Boolean).join(" · "));
  keyed(byId("replay-steps"), steps(fleet, r), (s) => s.name, (s) => el("li", {}, el("i", { "aria-hidden": "true" }), el("b", { text: s.name }), el("span", { class: "sr" }), el("span", { class: "quiet" })), (node, s) => {
    set(node, "class", s.state);
    say(node.children[2], { done: ", done: ", now: ", going on: ", later: ", to come: " }[s.state]);
    say(node.children[3], s.text);
  });
}

function steps(fleet, r) {
  const at = ["made", "fenced", "published"].indexOf(r.state);
  const workers = [...fleet.workers.values()].filter((w) => w.state !== "silent");
  const applied = fleet.shards.filter((s) => s.plan >= r.number).length;
  const acked = workers.filter((w) => (w.acked ?? 0) >= r.number).length;
  const of = (i) => (at > i ? "done" : at === i ? "now" : "later");
  return [
    { name: "Fencing", state: of(0), text: at > 0 ? "nothing older writes any more" : `${applied} of ${plural(fleet.shards.length, "shard")} set back, ${acked} of ${plural(workers.length, "worker")} obey` },
    { name: "Reading anew", state: of(1), text: at > 1 ? "every shard has reached the tip of the stream" : "readers stay with what was there before, until every shard has reached the tip of the stream" },
    { name: "Published", state: at === 2 ? "done" : "later", text: at === 2 ? "readers see what was written anew" : "one write switches all readers" },
  ];
}
