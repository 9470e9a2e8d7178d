// Uses the tab of capacity as a person would, over a fleet of M/M/8 services that takes three times its load and not four
// (tests/cluster/capacity_test.py); prints what went wrong, one line each, and ends with 1 then.
//
// usage: node capacity.mjs URL FOLDER     screenshots go to FOLDER
import { figure, startBrowser } from "./browser.mjs";

const [base, folder] = process.argv.slice(2);
const { expect, open, finish } = await startBrowser(base);
const verdict = (page, word) => page.locator(".verdict b", { hasText: word }).waitFor().catch(async () => {
  throw new Error(`not ${word}, but: ${(await page.locator("main").innerText()).replace(/\s+/g, " ").slice(0, 3000)}`);
});

const page = await open("/?tab=capacity&slo=p99%3C60ms&times=3");
// The only service is picked by itself.
await verdict(page, "YES");
expect(page.url().includes("service=checkout"), "the service is not in the address");
const hosts = await page.locator("table").first().locator("tbody tr td:first-child").allInnerTexts();
expect(["node-0", "node-1", "node-2", "node-3"].every((host) => hosts.includes(host)), `hosts are ${hosts}`);
await page.locator(".uplot canvas").waitFor();
await page.screenshot({ path: `${folder}/capacity.png`, fullPage: true });

// What if it were four times? And with more replicas?
let asked = 0;
page.on("request", (request) => { if (request.url().includes("/capacity/launch")) ++asked; });
await page.locator("#times").fill("4");
await verdict(page, "NO");
expect(asked >= 1 && asked <= 3, `moving the slider asked ${asked} times`);
expect(page.url().includes("times=4"), "the multiplier is not in the address");
const first = await figure(page, "first to break");
expect(/cpu|queueing|p99/.test(first), `first to break: ${first}`);
await page.locator("#more").fill("4");
await verdict(page, "YES");

// An address is a view: somebody else sees the same, in the dark and on a phone.
const phone = await open(page.url().slice(base.length), { viewport: { width: 390, height: 800 }, colorScheme: "dark" });
await verdict(phone, "YES");
const width = await phone.evaluate(() => document.documentElement.scrollWidth);
expect(width <= 390, `the page is ${width} wide on a phone`);
await phone.screenshot({ path: `${folder}/capacity_phone.png`, fullPage: true });

await finish();
