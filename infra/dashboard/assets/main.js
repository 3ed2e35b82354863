// The page: messages change the fleet, and each part shows it.
import { byId, say, set } from "./dom.js";
import { time } from "./format.js";
import { Fleet } from "./fleet.js";
import { connect } from "./connection.js";
import { paintPatterns } from "./colours.js";
import { showAlarms } from "./alarms.js";
import { showReplay } from "./replay.js";
import { showTiles } from "./tiles.js";
import { showRing } from "./ring.js";
import { showWorkers } from "./workers.js";
import { showLineage } from "./lineage.js";
import { chooseShard, showShards, startShards } from "./shards.js";
import { showFeed } from "./feed.js";
import { startShop } from "./shop.js";

const fleet = new Fleet();
let due = false;
let shopping = false;
let state = "connecting";

paintPatterns(byId("patterns"));
startShards();

function show() {
  due = false;
  if (!fleet.version) return;
  say(byId("where"), `${fleet.head.app} · ${fleet.head.stream}`);
  document.title = `${fleet.head.app} · streamrec`;
  showAlarms(fleet);
  showReplay(fleet);
  showTiles(fleet);
  showRing(fleet, chooseShard);
  showWorkers(fleet);
  showLineage(fleet, chooseShard);
  showShards(fleet);
  showFeed(fleet);
  say(byId("clock"), state === "live" || state === "polling" ? `as of ${time(fleet.at)}` : `last seen at ${time(fleet.at)}`);
  if (fleet.head.shop && !shopping) {
    shopping = true;
    startShop();
  }
}

function soon() {
  if (due) return;
  due = true;
  requestAnimationFrame(show);
}

const words = { connecting: "Connecting", live: "Live", polling: "Live, every 2 s", lost: "Connection lost, trying again", paused: "Paused while hidden" };

connect(
  (message) => {
    const taken = fleet.apply(message);
    soon();
    return taken;
  },
  (next) => {
    state = next;
    set(byId("connection"), "data-state", next);
    say(byId("connection").lastElementChild, words[next]);
    document.body.classList.toggle("stale", next === "lost" || next === "paused");
    soon();
  },
);

new ResizeObserver(soon).observe(byId("lineage"));
for (const details of document.querySelectorAll("details")) details.addEventListener("toggle", soon);
setInterval(() => state === "lost" && soon(), 1000); // ages go on
