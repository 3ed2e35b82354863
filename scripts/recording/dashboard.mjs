// Takes pictures of the dashboard, in a light and in a dark page that have been open for a while.
//
//   node dashboard.mjs URL SECONDS LIGHT.webp DARK.webp
//
// scripts/browser/install.sh installs what it needs.
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.env.STREAMREC_TOOLS, "browser", "node_modules", "none.js"));
const { chromium } = require("playwright-core");
const [url, seconds, ...files] = process.argv.slice(2);
const began = Date.now();
const browser = await chromium.launch({ executablePath: process.env.STREAMREC_CHROMIUM || "/usr/bin/chromium", args: ["--disable-dev-shm-usage", ...(process.getuid() === 0 ? ["--no-sandbox"] : [])] });
const pages = await Promise.all(["light", "dark"].map((colorScheme) => browser.newPage({ viewport: { width: 1280, height: 860 }, colorScheme, reducedMotion: "reduce" })));
await Promise.all(pages.map((page) => page.goto(url)));
await pages[0].waitForTimeout(Math.max(0, 1000 * seconds - (Date.now() - began)));
for (const [i, page] of pages.entries()) {
  await page.bringToFront();
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 85 });
  await writeFile(files[i], Buffer.from(data, "base64"));
}
await browser.close();
