// Starts Chromium, and helps the tests in it.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

/** The URL that the preview printed, with the token. */
export const ADDRESS = process.env.PREVIEW_ADDRESS;
/** The directory of the extension. */
export const PROJECT = process.env.PREVIEW_PROJECT;

export function launch(...args) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...args,
    ],
  });
}

/** Opens the preview. `page.consoleLines` collects the lines of the console and the errors of the page. */
export async function open(context, address = ADDRESS) {
  const page = await context.newPage();
  page.consoleLines = [];
  page.on("console", (message) => page.consoleLines.push(message.text()));
  page.on("pageerror", (error) => page.consoleLines.push(String(error)));
  await page.goto(address);
  return page;
}

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Asserts that axe reports no violation: of WCAG 2.2 AA, or of its own best practices. */
export async function assertAccessible(page) {
  // Contrast is not meaningful during a transition between colours.
  await page.evaluate(() => Promise.allSettled(document.getAnimations()
    .filter((animation) => animation instanceof CSSTransition)
    .map(({ finished }) => finished)));
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  const reports = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join("\n")}`);
  assert.deepEqual(reports, []);
}

/** Runs `check` in both themes of the desktop. */
export async function inBothThemes(page, check) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await eventually(async () => {
      const colour = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const [red] = colour.match(/\d+/);
      assert.equal(red < 128, colorScheme === "dark");
    });
    await check(colorScheme);
  }
}

/** Waits until `check` passes. */
export async function eventually(check) {
  const POLL = 50;
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, POLL));
    }
  }
}
