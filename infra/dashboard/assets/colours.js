// Who is who: each worker has a colour, a pattern and a letter, so that none of them is needed to tell workers apart.
import { draw, el, set } from "./dom.js";
import { letters } from "./format.js";

const colours = 8;

// paintPatterns makes the fills, one for each colour and pattern, and those of what nobody reads.
export function paintPatterns(defs) {
  for (let i = 0; i < colours * shapes.length; i++) defs.append(pattern("owner-" + i, "owner-" + (i % colours), shapes[(i + Math.floor(i / colours)) % shapes.length]));
  defs.append(pattern("waiting", "fill-waiting", shapes[1]), pattern("nobody", "fill-nobody", shapes[3]), pattern("stopped", "fill-stopped", shapes[1]));
}

// Marks over the colour, in a square of 8.
const shapes = [
  [],
  [["path", { d: "M-2 2 2 -2M0 8 8 0M6 10 10 6" }]],
  [["circle", { cx: 2, cy: 2, r: 1.2, class: "dot" }], ["circle", { cx: 6, cy: 6, r: 1.2, class: "dot" }]],
  [["path", { d: "M0 8 8 0M0 0 8 8" }]],
  [["path", { d: "M0 4 8 4" }]],
  [["path", { d: "M4 0 4 8" }]],
  [["path", { d: "M-2 6 2 10M0 0 8 8M6 -2 10 2" }]],
  [["path", { d: "M0 4 8 4M4 0 4 8" }]],
];

function pattern(id, fill, marks) {
  return draw("pattern", { id, width: 8, height: 8, patternUnits: "userSpaceOnUse", class: fill }, draw("rect", { width: 8, height: 8, class: "base" }),
    ...marks.map(([tag, attributes]) => draw(tag, { ...attributes, class: "mark " + (attributes.class ?? "") })));
}

// paint paints a shard: with a pattern, or, where there are too many for patterns to be seen, in its colour.
export function paint(node, fleet, s, kind, dense) {
  const what = paintOf(fleet, s);
  set(node, "fill", dense ? null : `url(#${typeof what === "number" ? "owner-" + what : what})`);
  set(node, "class", kind + (dense ? " plain-" + (typeof what === "number" ? what % colours : what) : ""));
}

function paintOf(fleet, s) {
  if (s.stopped) return "stopped";
  if (s.state === "owned" && fleet.slots.has(s.owner)) return fleet.slots.get(s.owner) % (colours * shapes.length);
  return s.state === "waiting" ? "waiting" : "nobody";
}

// tooMany is how many shards are shown with patterns.
export const tooMany = 200;

const ownerFill = (slot) => `url(#owner-${slot % (colours * shapes.length)})`;

// letterOf is the mark of a shard's owner, or of its state.
export function letterOf(fleet, s) {
  if (s.stopped) return "!";
  if (s.state === "owned" && fleet.slots.has(s.owner)) return letters(fleet.slots.get(s.owner));
  return s.state === "waiting" ? "…" : "?";
}

// swatch is the key to a worker's colour.
export function swatch(slot) {
  return el("span", { class: "swatch", "aria-hidden": "true" },
    draw("svg", { viewBox: "0 0 24 24", width: 24, height: 24 }, draw("rect", { width: 24, height: 24, rx: 6, fill: ownerFill(slot) }),
      draw("circle", { cx: 12, cy: 12, r: 8, class: "plate" }), draw("text", { x: 12, y: 12, class: "letter", text: letters(slot) })));
}

// swatchOf shows how shards in a state are painted.
export function swatchOf(fill, letter) {
  return el("span", { class: "swatch", "aria-hidden": "true" },
    draw("svg", { viewBox: "0 0 24 24", width: 24, height: 24 }, draw("rect", { width: 24, height: 24, rx: 6, fill: `url(#${fill})` }),
      draw("circle", { cx: 12, cy: 12, r: 8, class: "plate" }), draw("text", { x: 12, y: 12, class: "letter", text: letter })));
}

// stateWord says what is with a shard.
export function stateWord(s) {
  if (s.stopped) return "stopped";
  return { new: "new", unowned: "free", owned: "read", abandoned: "abandoned", waiting: "waits", ended: "ended" }[s.state] ?? s.state;
}
