// What is wrong, and one sentence on the whole.
import { byId, el, keyed, say, set } from "./dom.js";
import { percent, plural, short, shortList, span } from "./format.js";

export function showAlarms(fleet) {
  const all = alarms(fleet);
  const seen = all.slice(0, 6);
  if (all.length > 6) seen.push({ key: "more", level: "warn", text: `and ${all.length - 6} more` });
  keyed(byId("alarms"), seen, (a) => a.key, make, (node, a) => {
    say(node.querySelector("b"), a.text);
    say(node.querySelector("span.more"), a.more ?? "");
  });
  verdict(fleet, all);
}

function alarms(fleet) {
  const { coverage, trouble, retentionMs } = fleet.head;
  const all = [];
  if (trouble) all.push({ key: "trouble", level: "warn", text: "What you see may be old", more: trouble });
  if (coverage?.hole) all.push({ key: "hole", level: "bad", text: `No open shard covers ${percent(coverage.hole.wide)} of the hash range`, more: `Records with these hash keys go nowhere: ${coverage.hole.from} to ${coverage.hole.to}` });
  for (const s of fleet.shards) if (s.stopped) all.push({ key: "s" + s.id, level: "bad", text: `Shard ${short(s.id)} is stopped`, more: s.stopped, command: s.resume });
  for (const w of fleet.workers.values()) if (w.state === "silent" && w.leases) all.push({ key: "w" + w.id, level: "warn", text: `${w.id} is silent and still holds ${plural(w.leases, "shard")}`, more: "Others take over when its leases have expired." });
  const abandoned = fleet.shards.filter((s) => s.state === "abandoned");
  if (abandoned.length) all.push({ key: "abandoned", level: "warn", text: `${plural(abandoned.length, "shard")} named by ${abandoned.length === 1 ? "a worker that is" : "workers that are"} gone`, more: `To be taken over: ${abandoned.length === 1 ? "shard" : "shards"} ${shortList(abandoned.slice(0, 12).map((s) => s.id))}` });
  const late = retentionMs ? fleet.shards.filter((s) => s.state !== "waiting" && !s.stopped && (fleet.lag(s).ms ?? 0) > retentionMs / 2) : [];
  if (late.length) all.push({ key: "late", level: "bad", text: `${plural(late.length, "shard")} will lose records to retention`, more: `${late.length === 1 ? "Shard" : "Shards"} ${shortList(late.slice(0, 12).map((s) => s.id))}: more than half of ${span(retentionMs)} behind. Add workers or shards.` });
  return all.sort((a, b) => (a.level === "bad" ? 0 : 1) - (b.level === "bad" ? 0 : 1));
}

function make(a) {
  return el("div", { class: "alarm " + a.level }, el("i", { "aria-hidden": "true" }), el("div", {}, el("b"), el("span", { class: "more" }), a.command ? command(a.command) : null));
}

// command shows what to run, to be copied.
function command(text) {
  const code = el("code", { text });
  const button = el("button", { type: "button", text: "Copy", on: { click: async () => {
    try {
      await navigator.clipboard.writeText(text);
      say(button, "Copied");
    } catch {
      getSelection().selectAllChildren(code);
      say(button, "Selected");
    }
  } } });
  return el("span", { class: "command" }, code, button);
}

// reading says how many of the open shards are read, and by how many running workers.
function reading(open, read, running) {
  if (open === 0) return "There is no open shard";
  const shards = plural(open, "open shard");
  if (read === 0) return `${running ? `${plural(running, "worker")} ${running === 1 ? "is" : "are"}` : "No worker is"} running; ${shards} ${open === 1 ? "is" : "are"} unread`;
  const some = `${open === read ? `All ${shards}` : `${read} of ${shards}`} ${read === 1 ? "is" : "are"}`;
  return running ? `${some} being read by ${plural(running, "worker")}` : `${some} still held by workers that are silent`;
}

function verdict(fleet, all) {
  const open = fleet.open;
  const read = open.filter((s) => s.state === "owned").length;
  const running = [...fleet.workers.values()].filter((w) => w.state !== "silent").length;
  const waiting = open.filter((s) => s.state === "waiting").length;
  const level = all.some((a) => a.level === "bad") ? "bad" : all.length || read + waiting < open.length ? "warn" : "good";
  set(byId("verdict"), "data-level", level);
  say(byId("verdict").lastChild, reading(open.length, read, running));
  const more = [fleet.head.coverage && !fleet.head.coverage.hole ? "The hash range is covered" : fleet.head.coverage ? "" : "It is not known whether the hash range is covered"];
  if (fleet.draining.length) more.push(`${plural(fleet.draining.length, "parent")} being read to the end`);
  if (waiting) more.push(`${waiting} waiting for parents`);
  say(byId("verdict-detail"), more.filter(Boolean).join(" · ") || "\u00a0");
}
