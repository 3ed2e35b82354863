// Elements are made here only, and texts are set as texts: names of shards, workers and products come from elsewhere.

const svgSpace = "http://www.w3.org/2000/svg";

// el makes an HTML element. Attributes: text, class, on (a map of listeners), style (a map of custom properties), and any other.
export function el(tag, attributes = {}, ...children) {
  return dress(document.createElement(tag), attributes, children);
}

// draw makes an SVG element.
export function draw(tag, attributes = {}, ...children) {
  return dress(document.createElementNS(svgSpace, tag), attributes, children);
}

function dress(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else if (name === "text") node.textContent = value;
    else if (name === "style") for (const [property, v] of Object.entries(value)) node.style.setProperty(property, v);
    else set(node, name, value);
  }
  node.append(...children.filter((c) => c !== null && c !== undefined));
  return node;
}

// set changes an attribute when it is another one; null removes it.
export function set(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else {
    const text = value === true ? "" : String(value);
    if (node.getAttribute(name) !== text) node.setAttribute(name, text);
  }
}

// say changes a text when it is another one.
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// sayName shows a worker's id, which is a name and a random part of eight digits.
export function sayName(node, id) {
  if (node.shown === id) return;
  node.shown = id;
  const parts = /^(.+)(-[0-9a-f]{8})$/.exec(id);
  node.replaceChildren(...(parts ? [parts[1], el("span", { class: "suffix", text: parts[2] })] : [id]));
}

// keyed makes parent's children those of items, in their order, and keeps the elements of those that stay: focus and
// selection survive. make returns the element of a new item, update changes it.
export function keyed(parent, items, key, make, update) {
  const old = parent.keyed ?? new Map();
  const now = new Map();
  let at = parent.firstElementChild;
  for (const item of items) {
    const k = key(item);
    let node = old.get(k);
    if (!node) node = make(item);
    update(node, item);
    now.set(k, node);
    if (node === at) at = at.nextElementSibling;
    else parent.insertBefore(node, at);
  }
  for (const [k, node] of old) if (now.get(k) !== node) node.remove();
  parent.keyed = now;
}

export const byId = (id) => document.getElementById(id);
