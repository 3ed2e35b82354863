// Opens the dashboard in Chromium and does what an operator does. The test that starts it serves the fleet, and does to it what is asked
// for at /test/…
//
//   node dashboard.mjs FLEET_URL GALLERY_URL SCREENSHOTS [smoke]
//
// The gallery is a fleet in which everything is wrong. Prints a line for each step; the first that fails ends it.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

const tools = process.env.STREAMREC_TOOLS;
const require = createRequire(join(tools, "browser", "node_modules", "none.js"));
const { chromium } = require("playwright-core");
const axe = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");

const [fleetURL, galleryURL, screenshots, mode] = process.argv.slice(2);
const problems = [];
const browser = await chromium.launch({ executablePath: process.env.STREAMREC_CHROMIUM || "/usr/bin/chromium", args: ["--disable-dev-shm-usage", ...(process.getuid() === 0 ? ["--no-sandbox"] : [])] });
let cut = false; // connections fail because the test wants them to
const soon = { timeout: 30_000 };

// open opens a page and notes whatever the console says.
async function open(url, { width = 1280, scheme = "light", motion = "no-preference" } = {}) {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme, reducedMotion: motion });
  page.on("console", (m) => ["error", "warning"].includes(m.type()) && !(cut && /Failed to load|net::/.test(m.text())) && problems.push(m.text()));
  page.on("pageerror", (e) => problems.push(e.message));
  page.on("dialog", (d) => (problems.push("dialog " + d.message()), d.dismiss()));
  await page.goto(url);
  await page.waitForSelector('#connection[data-state="live"], #connection[data-state="polling"]', soon);
  await page.waitForSelector("#ring .arc", { ...soon, state: "attached" });
  return page;
}

const act = async (what) => {
  const answer = await fetch(fleetURL + "test/" + what, { method: "POST" });
  assert.equal(answer.status, 200, what);
  return answer.text();
};
const until = (page, what, f, argument) => page.waitForFunction(f, argument, { ...soon, polling: 100 }).catch((e) => assert.fail(`${what}: ${e.message}`));
const text = (page, selector) => page.locator(selector).innerText();
const texts = (page, selector) => page.locator(selector).allInnerTexts();
const feed = (page, part) => until(page, `the feed says ${part}`, (p) => document.querySelector("#feed").innerText.includes(p), part);

async function step(name, f) {
  const began = Date.now();
  await f();
  assert.deepEqual(problems, [], name);
  console.log(`${((Date.now() - began) / 1000).toFixed(1).padStart(5)} s  ${name}`);
}

// still lets f look at a page on which nothing moves: an entry of a list that is fading in has other colours than it will have.
async function still(page, f) {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await until(page, "nothing moves", () => document.getAnimations().every((a) => a.effect.getComputedTiming().activeDuration === Infinity || a.playState !== "running"));
  await f();
  await page.emulateMedia({ reducedMotion: "no-preference" });
}

// accessible runs axe-core, on a few of what there are many of. It injects a script, which the page's own policy would forbid.
const accessible = (page, name) => still(page, async () => {
  await page.evaluate(axe + "; undefined");
  const { violations, passes } = await page.evaluate(() => globalThis.axe.run({ exclude: ["#shop-products > :nth-child(n+4)", "#shop-list > :nth-child(n+3)"] }, { resultTypes: ["violations"] }));
  const found = violations.map((v) => `${v.id} (${v.impact}): ${v.nodes.slice(0, 3).map((n) => n.target.join(" ") + " " + n.failureSummary).join("; ")}`);
  assert.deepEqual(found, [], name);
  assert.ok(passes.length > 20, "axe-core looked at nothing");
});

const picture = (page, name) => still(page, async () => {
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: join(screenshots, `dashboard-${name}.png`), fullPage: true });
});

async function fits(page) {
  const [inside, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(inside <= window, `the page is ${inside} px wide in a window of ${window}`);
}

const page = await open(fleetURL);

await step("the fleet is there", async () => {
  await until(page, "all shards are read", () => /All 4 open shards are being read by 3 workers/.test(document.querySelector("#verdict").innerText));
  assert.equal(await page.locator("#ring .arc").count(), 4);
  assert.equal(await page.locator("#lineage .block").count(), 4);
  assert.equal(await page.locator("#workers .worker").count(), 3);
  assert.equal(await page.locator("#shards tr").count(), 4);
  await until(page, "rows are counted", () => Number(document.querySelector(".tile .value").innerText.replace(/\D/g, "")) > 0);
  assert.match(await text(page, "#where"), /shop/);
});

await step("a shopper's clicks change the recommendations", async () => {
  const looks = page.locator("#shop-products .look");
  assert.ok((await looks.count()) > 20);
  const lists = [];
  for (const n of [0, 9, 20]) {
    await looks.nth(n).click();
    await until(page, "served", () => /^Served live by shard \d+ · worker-\d\S+ · term [1-9]/.test(document.querySelector("#shop-from").innerText));
    lists.push((await texts(page, "#shop-list .name")).join());
  }
  assert.ok(lists.every((l) => l.split(",").length === 10), `lists ${lists}`);
  assert.equal(new Set(lists).size, 3, "three clicks made " + lists.join(" / "));
  await page.locator("#shop-list .cart").first().click();
  await until(page, "in the cart", () => /in cart/.test(document.querySelector("#shop-trail").innerText) && /^Served/.test(document.querySelector("#shop-from").innerText));
});

await step("screen readers and keyboards", async () => {
  await accessible(page, "1280 light");
  const fresh = await open(fleetURL);
  await fresh.keyboard.press("Tab");
  assert.equal(await fresh.evaluate(() => document.activeElement.className), "skip");
  await fresh.keyboard.press("Enter");
  await until(fresh, "the link leads to the contents", () => document.activeElement.id === "main");
  await fresh.close();
  const header = page.locator("#shards-head button").filter({ hasText: "Records/s" });
  await header.focus();
  await page.keyboard.press("Enter");
  assert.equal(await page.locator('#shards-head th[aria-sort="ascending"]').innerText(), "Records/s");
  assert.notEqual(await header.evaluate((b) => getComputedStyle(b).outlineStyle), "none");
  await page.locator("#ring-table").locator("xpath=ancestor::details/summary").focus();
  await page.keyboard.press("Enter");
  await until(page, "the ring's table", () => document.querySelectorAll("#ring-table tr").length === 4);
  await page.keyboard.press("Enter");
});

await step("a fleet without workers", async () => {
  for (const [name, verdict] of [["left", /^\s*No worker is running; 4 open shards are unread/], ["dead", /^\s*1 of 4 open shards is still held by workers that are silent/]]) {
    const p = await open(galleryURL + name + "/");
    assert.match(await text(p, "#verdict"), verdict);
    await p.close();
  }
});

if (mode === "smoke") {
  await picture(page, "smoke");
} else {
  await whole();
}
await browser.close();

async function whole() {
  await step("a split is followed, parents first", async () => {
    await act("split");
    await feed(page, "was split into shard 4 and shard 5");
    await until(page, "five arcs, all read", () => document.querySelectorAll("#ring .arc").length === 5 && /All 5 open shards/.test(document.querySelector("#verdict").innerText));
    assert.equal(await page.locator("#lineage .block").count(), 6);
    assert.equal(await page.locator("#lineage .block.ended").count(), 1);
    assert.equal(await page.locator("#lineage .links path").count(), 2);
    await feed(page, "was read to its end");
    await page.locator("#shards-ended").check();
    await until(page, "the ended one", () => document.querySelectorAll("#shards tr").length === 6);
    await page.locator("#shards-ended").uncheck();
  });

  await step("a worker that is killed loses its shards to others", async () => {
    const victim = await act("crash");
    await feed(page, `over from ${victim}`);
    await until(page, "it is shown as silent", (v) => [...document.querySelectorAll(".worker")].some((w) => w.innerText.includes(v) && w.innerText.includes("silent")), victim);
    await until(page, "nobody but others reads", (v) => document.querySelectorAll("#shards tr").length === 5 && ![...document.querySelectorAll("#shards tr")].some((r) => r.innerText.includes(v)), victim);
    assert.ok((await text(page, "#feed-live")).length > 0, "the live region is silent");
    await picture(page, "1280-light");
  });

  await step("a deployment hands shards over", async () => {
    const left = await act("deploy");
    await until(page, "a hand-off", (v) => new RegExp(`${v}\\S* handed shard`).test(document.querySelector("#feed").innerText), left);
    await until(page, "it has gone", (v) => !document.querySelector("#workers").innerText.includes(v), left);
  });

  await step("shards are merged", async () => {
    await act("merge");
    await feed(page, "were merged into shard 6");
    await until(page, "four arcs", () => document.querySelectorAll("#ring .arc").length === 4 && /All 4 open shards/.test(document.querySelector("#verdict").innerText));
  });

  await step("hostile names stay texts", async () => {
    const name = await act("hostile");
    await until(page, "the name is shown", (n) => document.querySelector("#workers").innerText.includes(n) && document.querySelector("#alarms").innerText.includes(n), name);
    assert.equal(await page.locator("img").count(), 0);
    assert.equal(await page.evaluate(() => globalThis.hostile), undefined);
  });

  await step("a lost connection is shown, and found again", async () => {
    cut = true;
    const lost = await open(fleetURL);
    await lost.context().setOffline(true);
    await act("cut").catch(() => {}); // this connection too
    await lost.waitForSelector('#connection[data-state="lost"]', soon);
    assert.match(await text(lost, "#connection"), /lost/);
    await lost.context().setOffline(false);
    await lost.waitForSelector('#connection[data-state="live"], #connection[data-state="polling"]', soon);
    await lost.close();
    await page.waitForSelector('#connection[data-state="live"]', soon);
    cut = false;
  });

  await step("without streams the page polls", async () => {
    const context = await browser.newContext();
    await context.route("**/dashboard/stream", (r) => r.fulfill({ status: 503, body: "" }));
    const polling = await context.newPage();
    await polling.goto(fleetURL);
    await polling.waitForSelector('#connection[data-state="polling"]', soon);
    const first = await text(polling, "#clock");
    await until(polling, "it goes on", (f) => document.querySelector("#clock").innerText !== f, first);
    await context.close();
  });

  for (const [width, scheme] of [[1280, "dark"], [400, "light"], [400, "dark"], [800, "light"]]) {
    await step(`${width} px, ${scheme}`, async () => {
      const p = await open(fleetURL, { width, scheme });
      await p.locator("#shop-products .look").nth(3).click();
      await until(p, "served", () => /^Served/.test(document.querySelector("#shop-from").innerText));
      await fits(p);
      await accessible(p, `${width} ${scheme}`);
      await picture(p, `${width}-${scheme}`);
      await p.close();
    });
  }

  await step("reduced motion", async () => {
    const p = await open(fleetURL, { motion: "reduce" });
    await p.waitForTimeout(300);
    const moving = await p.evaluate(() => document.getAnimations().filter((a) => a.effect.getComputedTiming().activeDuration > 1).length);
    assert.equal(moving, 0);
    await p.close();
  });

  for (const scheme of ["light", "dark"]) {
    await step(`everything that can be wrong, ${scheme}`, async () => {
      const p = await open(galleryURL + "wrong/", { scheme });
      const alarms = await text(p, "#alarms");
      for (const part of ["of the hash range", "is stopped", "streamrec reset", "silent and still holds", "lose records to retention"]) assert.ok(alarms.includes(part), `${part} is not among ${alarms}`);
      assert.equal(await p.locator("#ring .arc.hole").count(), 1);
      assert.equal(await p.locator("#shop").isVisible(), false, "nobody may shop without the flag");
      assert.match(await text(p, "#workers"), /cannot be asked/);
      await accessible(p, `wrong ${scheme}`);
      await picture(p, `wrong-${scheme}`);
      await p.close();
    });
  }

  await step("a thousand shards", async () => {
    const p = await open(galleryURL + "many/");
    assert.equal(await p.locator("#ring .arc").count(), 1000);
    assert.equal(await p.locator("#shards tr").count(), 50);
    const session = await p.context().newCDPSession(p);
    await session.send("Performance.enable");
    const busy = async () => Object.fromEntries((await session.send("Performance.getMetrics")).metrics.map((m) => [m.name, m.value])).TaskDuration;
    const before = await busy();
    await p.waitForTimeout(5000);
    console.log(`         the page is busy ${((((await busy()) - before) / 5) * 100).toFixed(0)} % of the time with 1,000 shards that change every second`);
    await fits(p);
    await picture(p, "many");
    await p.close();
  });
}
