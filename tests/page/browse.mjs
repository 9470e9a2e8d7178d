// Uses the page as a person would, in Chromium; prints what went wrong, one line each, and ends with 1 then.
//
// usage: node browse.mjs URL FOLDER     screenshots go to FOLDER
import { figure, startBrowser } from "./browser.mjs";

const [base, folder] = process.argv.slice(2);
const { expect, open, finish } = await startBrowser(base);

// From nothing to a chart: pick a metric, group, filter, move the slider.
const page = await open("/");
await page.getByRole("button", { name: "page_wait", exact: true }).click();
await page.getByText("p99 of page_wait").waitFor();
expect(page.url().includes("metric=page_wait"), "the metric is not in the address");
const p50 = Number((await figure(page, "p50")).replace(/,/g, ""));
expect(p50 > 40 && p50 < 60, `p50 is shown as ${p50}`);

await page.getByRole("button", { name: "region", exact: true }).click();
await page.getByText("Each group, worst first").waitFor();
const groups = await page.locator("tbody tr td:first-child").allInnerTexts();
expect(groups.includes("region=eu") && groups.includes("region=us"), `groups are ${groups}`);

let asked = 0;
page.on("request", (request) => { if (request.url().includes("query_range")) ++asked; });
await page.locator("#quantile").fill("13");
await page.getByText("p50 of page_wait").waitFor();
expect(asked === 0, "moving the slider asked the server again");
expect(page.url().includes("q=0.5"), "the quantile is not in the address");

await page.getByLabel("filter by label").selectOption("region");
await page.getByLabel("value of region").selectOption("eu");
await page.locator(".chip", { hasText: "region=eu" }).waitFor();
expect(decodeURIComponent(page.url()).includes("filter=region=eu"), "the filter is not in the address");
await page.waitForFunction(() => !document.querySelector(".busy"));
await page.screenshot({ path: `${folder}/fleet.png`, fullPage: true });

// An address is a view: somebody else sees the same.
const other = await open(page.url().slice(base.length));
await other.getByText("p50 of page_wait").waitFor();
expect((await other.locator(".chip", { hasText: "region=eu" }).count()) === 1, "the shared address lost the filter");

const topology = await open("/?tab=topology", { colorScheme: "dark" });
await topology.getByText("Who sends to whom").waitFor();
expect((await figure(topology, "globals heard")) === "2 of 2", "not all globals are heard");
expect((await figure(topology, "the agents' books")) === "balance", "the books do not balance");
await figure(topology, "doubled");
await topology.screenshot({ path: `${folder}/topology.png`, fullPage: true });

const cardinality = await open("/?tab=cardinality");
await cardinality.getByRole("button", { name: "page_wait", exact: true }).click();
await cardinality.getByText("what it costs").waitFor();
expect((await figure(cardinality, "series, last hour")) === "4", "page_wait has four series");
await cardinality.screenshot({ path: `${folder}/cardinality.png`, fullPage: true });

const phone = await open("/?metric=page_wait&by=region", { viewport: { width: 390, height: 800 } });
await phone.getByText("p99 of page_wait").waitFor();
const width = await phone.evaluate(() => document.documentElement.scrollWidth);
expect(width <= 390, `the page is ${width} wide on a phone`);

const nothing = await open("/?metric=no_such_metric");
await nothing.getByText("Widen the time").waitFor();

await finish();
