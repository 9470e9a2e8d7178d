// Chromium for the tests of the page: what goes wrong on any of its pages becomes a problem.
import { chromium } from "playwright-core";

export async function startBrowser(base) {
  const problems = [];
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  return {
    expect: (holds, what) => holds || problems.push(what),
    open: async (path, options = {}) => {
      const page = await browser.newPage({ viewport: { width: 1280, height: 1400 }, ...options });
      page.setDefaultTimeout(30000);
      page.on("console", (message) => message.type() === "error" && problems.push(`console: ${message.text()}`));
      page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
      page.on("request", (request) => request.url().startsWith(base) || problems.push(`external request: ${request.url()}`));
      await page.goto(base + path);
      return page;
    },
    // Prints the problems, one line each; ends the process, with 1 if there were any.
    finish: async () => {
      await browser.close();
      for (const problem of problems) console.log(problem);
      process.exit(problems.length > 0 ? 1 : 0);
    },
  };
}

// What a figure of the page says, by its name.
export const figure = (page, name) => page.locator(".figure", { has: page.getByText(name, { exact: true }) }).locator("b").innerText();
