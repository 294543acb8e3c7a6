// The tab of a new project in a real browser, with and without a helper.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Containers } from "./containers.mjs";
import { assertAccessible, launch, open } from "./browser.mjs";

const HAS_HELPER = process.env.HAS_HELPER === "true";
const CONTAINER = "new-project-test";

let browser;
let page;

before(async () => {
  if (!HAS_HELPER) await (await Containers.connect()).create(CONTAINER, 47_474);
  browser = await launch();
  page = await open(await browser.newContext());
});
after(async () => {
  await browser?.close();
  if (!HAS_HELPER) await (await Containers.connect()).remove(CONTAINER);
});

test("the tab shows the machine's data, in both themes", async () => {
  // The PATH of a desktop application.
  const expected = HAS_HELPER ? "/usr/bin" : CONTAINER;
  await page.getByRole("cell", { name: expected, exact: true }).first().waitFor();
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await assertAccessible(page);
    const color = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const [red] = color.match(/\d+/).map(Number);
    assert.equal(red < 128, colorScheme === "dark");
  }
});

test("the button Reload loads the data again", async () => {
  await page.getByRole("button", { name: "Reload" }).click();
  await page.getByRole("status").getByText(/^(Directories|Containers) .*: \d+$/).waitFor();
  assert.deepEqual(page.consoleLines.filter((line) => /error|warning/i.test(line)), []);
});
