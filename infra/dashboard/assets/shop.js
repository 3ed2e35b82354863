// The shopper's panel. Each click is a record in the stream; the worker that owns the session recommends anew.
import { byId, el, keyed, say, set } from "./dom.js";
import { short, span } from "./format.js";

const patience = 8000; // how long to look for a list that knows the newest click
const lookEvery = 120;
const refreshEvery = 4000;
const shop = { session: "", steps: [], products: [], served: null, clicked: 0, acked: 0, took: 0, round: 0, problem: "" };

export async function startShop() {
  byId("shop").hidden = false;
  byId("jump-shop").hidden = false;
  byId("shop-new").addEventListener("click", begin);
  byId("shop-category").addEventListener("change", showProducts);
  begin();
  try {
    shop.products = await get("products");
  } catch (e) {
    return trouble(e);
  }
  const categories = [...new Set(shop.products.map((p) => p.category).filter(Boolean))];
  byId("shop-category").replaceChildren(el("option", { value: "", text: "All categories" }), ...categories.map((c) => el("option", { value: c, text: c })));
  showProducts();
  setInterval(() => document.hidden || !shop.steps.length || look(shop.round), refreshEvery);
}

// begin makes up a session.
function begin() {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  const session = "dashboard-" + Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
  Object.assign(shop, { session, steps: [], served: null, clicked: 0, took: 0, problem: "", round: shop.round + 1 });
  show();
}

function showProducts() {
  const category = byId("shop-category").value;
  const all = shop.products.filter((p) => !category || p.category === category);
  keyed(byId("shop-products"), all.slice(0, 48), (p) => p.code, (p) => product(p), () => {});
}

function product(p, tag = "li") {
  return el(tag, { class: "product" },
    el("button", { type: "button", class: "look", on: { click: () => visit(p, "view") } }, glyph(p), el("span", { class: "name", text: p.name }), el("span", { class: "quiet", text: [p.category, p.price].filter(Boolean).join(" · ") })),
    el("button", { type: "button", class: "cart", "aria-label": "Add to the cart: " + p.name, text: "Add", on: { click: () => visit(p, "cart") } }));
}

// glyph is a picture of sorts: the first letters on a tint that follows from the category.
function glyph(p) {
  let hash = 7;
  for (const c of p.category || p.code) hash = (hash * 31 + c.codePointAt(0)) % 360;
  const kind = p.name.split(" ").at(-1) ?? "";
  return el("span", { class: "glyph", "aria-hidden": "true", style: { "--hue": hash }, text: kind.slice(0, 2) });
}

async function visit(p, event) {
  const round = ++shop.round;
  shop.steps.push({ p, event });
  shop.clicked = performance.now();
  shop.acked = 0;
  shop.problem = "";
  show();
  try {
    const answer = await fetch("/dashboard/shop/visits", {
      method: "POST", headers: { "Content-Type": "application/json", "X-Streamrec-Dashboard": "1" }, body: JSON.stringify({ session: shop.session, product: p.code, event }),
    });
    if (!answer.ok) throw new Error((await answer.json()).error);
    if (round === shop.round) shop.acked = performance.now();
    await follow(round);
  } catch (e) {
    if (round === shop.round) trouble(e);
  }
}

// follow looks until the list knows the newest click.
async function follow(round) {
  const until = performance.now() + patience;
  while (round === shop.round && performance.now() < until) {
    if (await look(round)) return;
    await new Promise((done) => setTimeout(done, lookEvery));
  }
  if (round === shop.round) throw new Error("The list does not know the newest click yet. Is its shard being read?");
}

// look asks once, and reports whether the list knows all clicks.
async function look(round) {
  const served = await get("recommendations?session=" + encodeURIComponent(shop.session)).catch(() => null);
  if (round !== shop.round || !served) return false;
  const knows = heeds(served);
  if (knows && shop.clicked) {
    shop.took = performance.now() - shop.clicked;
    shop.clicked = 0;
  }
  if (knows) {
    shop.served = served;
    show();
  }
  return knows;
}

// heeds reports whether a list was made with all clicks in mind. A product that was clicked before does not tell: after a while it does.
function heeds(served) {
  const known = new Set(served.history ?? []);
  if (!shop.steps.every((s) => known.has(s.p.code))) return false;
  const newest = shop.steps.at(-1)?.p.code;
  const again = shop.steps.filter((s) => s.p.code === newest).length > 1;
  return !again || !shop.clicked || (shop.acked > 0 && performance.now() - shop.acked > 500);
}

async function get(path) {
  const answer = await fetch("/dashboard/shop/" + path, { cache: "no-store" });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error);
  return body;
}

function trouble(e) {
  shop.problem = e.message;
  shop.clicked = 0;
  show();
}

function show() {
  keyed(byId("shop-trail"), shop.steps.slice(-8).map((s, i) => ({ ...s, key: i + s.p.code + s.event })), (s) => s.key, (s) => el("span", { class: "crumb " + s.event, text: (s.event === "view" ? "" : "in cart: ") + s.p.name }), () => {});
  say(byId("shop-from"), from());
  set(byId("shop-from"), "class", "from" + (shop.problem ? " bad" : shop.clicked ? " busy" : ""));
  const list = shop.served?.products ?? [];
  set(byId("shop-empty"), "hidden", list.length > 0 || shop.steps.length > 0);
  moving(byId("shop-list"), () => keyed(byId("shop-list"), list.slice(0, 10), (p) => p.code, (p) => el("li", {}, product(p, "div")), (li, p) => say(li.querySelector(".quiet"), [p.why, p.why ? "" : p.category, p.price].filter(Boolean).join(" · "))));
}

function from() {
  if (shop.problem) return shop.problem;
  if (shop.clicked) return "On its way through the stream…";
  const s = shop.served;
  if (!s) return "";
  if (s.source !== "live") return `Served by ${s.worker} from what all shards have committed` + (s.stale ? `: the owner of ${s.shard ? "shard " + short(s.shard) : "the session"} cannot be asked now` : "");
  return `Served live by shard ${short(s.shard)} · ${s.worker} · term ${s.counter}` + (shop.took ? `, ${span(shop.took)} after the click` : "");
}

// moving lets what changes its place glide there.
function moving(list, change) {
  const before = new Map([...list.children].map((n) => [n, n.getBoundingClientRect().top]));
  change();
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  for (const node of list.children) {
    const delta = before.has(node) ? before.get(node) - node.getBoundingClientRect().top : null;
    if (delta === null) node.animate([{ opacity: 0, transform: "translateX(12px)" }, { opacity: 1, transform: "none" }], { duration: 250, easing: "ease-out" });
    else if (delta) node.animate([{ transform: `translateY(${delta}px)` }, { transform: "none" }], { duration: 250, easing: "ease-out" });
  }
}
