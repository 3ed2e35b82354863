// What has happened, the newest first.
import { byId, el, keyed, say, set } from "./dom.js";
import { time } from "./format.js";

const shown = 60;
let spoken = 0;

export function showFeed(fleet) {
  const events = fleet.events.slice(-shown).reverse();
  keyed(byId("feed"), events, (e) => e.id, make, () => {});
  set(byId("feed-empty"), "hidden", events.length > 0);
  set(byId("feed-scroll"), "hidden", events.length === 0);
  speak(fleet);
}

function make(e) {
  const when = e.after ? `between ${time(e.after)} and ${time(e.at)}` : time(e.at);
  return el("li", { class: "event " + e.level }, el("i", { "aria-hidden": "true" }), el("div", {}, el("span", { class: "what", text: e.text }), el("time", { datetime: new Date(e.at).toISOString(), text: when })));
}

// speak tells screen readers what is new, in one go; not what had happened before the page was opened.
function speak(fleet) {
  const last = fleet.events.at(-1)?.id ?? 0;
  if (fleet.spoken === undefined) fleet.spoken = last;
  if (last < fleet.spoken) fleet.spoken = 0; // another server
  const fresh = fleet.events.filter((e) => e.id > fleet.spoken);
  fleet.spoken = last;
  if (fresh.length && ++spoken) say(byId("feed-live"), fresh.slice(-4).map((e) => e.text).join(". ") + (fresh.length > 4 ? `, and ${fresh.length - 4} more` : ""));
}
