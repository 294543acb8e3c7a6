// A tab that Vite serves and that uses Docker's theme, with the real packages.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { PROJECT, assertAccessible, eventually, launch, open } from "./browser.mjs";

const { MUI_VERSION } = process.env;
const SOURCE = `${PROJECT}/ui/src/main.tsx`;

let browser;
let page;
let original;

before(async () => {
  browser = await launch();
  page = await open(await browser.newContext());
  original = await readFile(SOURCE, "utf8");
});
after(() => browser?.close());

/** Vite may reload the page at the same time, which aborts this reload. */
const reload = () => eventually(() => page.reload());

const panel = () => page.getByRole("alert");

/** Replaces a part of the source, and runs `check`. Restores the source, and waits until the page works again. */
async function withChange(from, to, check) {
  assert.ok(original.includes(from));
  await writeFile(SOURCE, original.replace(from, to));
  await check();
  await writeFile(SOURCE, original);
  await eventually(async () => {
    assert.equal(await page.getByRole("button", { name: "Docker" }).count(), 1);
    assert.equal(await panel().isVisible(), false);
  });
}

test("Docker's theme provider renders in both themes", async () => {
  const button = page.getByRole("button", { name: "Docker" });
  for (const [colorScheme, expected] of [["light", "rgb(26, 90, 217)"], ["dark", "rgb(127, 178, 255)"]]) {
    await page.emulateMedia({ colorScheme });
    await eventually(async () => {
      assert.equal(await button.evaluate((it) => getComputedStyle(it).backgroundColor), expected);
    });
    const [red] = (await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).match(/\d+/);
    assert.equal(Number(red) < 128, colorScheme === "dark");
    // The palette that only Docker's theme has.
    const grey = await page.getByText("grey").evaluate((it) => getComputedStyle(it).color);
    assert.equal(grey, colorScheme === "dark" ? "rgb(173, 190, 203)" : "rgb(57, 63, 73)");
    await assertAccessible(page);
  }
  assert.equal((await page.evaluate(() => MUI_VERSION)).split(".")[0], MUI_VERSION);
  assert.equal(await panel().isVisible(), false);
  assert.deepEqual(page.consoleLines.filter((line) => /error|warning/i.test(line)), []);
});

describe("the panel", () => {
  test("shows the TypeScript line of an error in an event handler", async () => {
    await withChange("// event", "throw new Error(`clicked ${event.type}`);", async () => {
      await eventually(async () => {
        await page.getByRole("button", { name: "Docker" }).click();
        await panel().getByText("Error: clicked click").waitFor({ timeout: 500 });
      });
      const line = original.split("\n").findIndex((text) => text.includes("// event")) + 1;
      const text = await panel().innerText();
      assert.match(text, new RegExp(`at src/main.tsx:${line}:\\d+ `));
      assert.match(text, new RegExp(`${line} \\|.*throw new Error\\(\`clicked`));
    });
  });

  test("shows the TypeScript line of an error that leaves the page blank, and of a rejection", async () => {
    await withChange("// render", "null!.type; // types are ignored", async () => {
      await panel().getByText(/Cannot read properties of null/).first().waitFor();
      assert.match(await panel().innerText(), /at src\/main\.tsx:\d+:\d+ \(Page\)/);
      assert.equal(await page.getByRole("button", { name: "Docker" }).count(), 0);
    });
    await withChange("// start", "Promise.reject(new TypeError('rejected'));", async () => {
      await panel().getByText("TypeError: rejected").waitFor();
      assert.match(await panel().innerText(), /Unhandled promise rejection\n.*\n *at src\/main\.tsx:\d+:\d+/);
    });
  });

  test("shows why a module can't be loaded", async () => {
    await withChange("// import", 'import "./gone";', async () => {
      await reload();
      await panel().getByText("A script can't be loaded").waitFor();
      await panel().getByText(/src\/main\.tsx: .*Failed to resolve import "\.\/gone"/).waitFor();
    });
    await withChange("// import", "const = 1;", async () => {
      await reload();
      await panel().getByText("A script can't be loaded").waitFor();
      await panel().getByText(/src\/main\.tsx:\d+:\d+/).waitFor();
    });
  });

  test("shows errors of types, which Vite ignores, also in a tab that opens later", async () => {
    await withChange("// start", 'const wrong: number = "text";', async () => {
      const message = /src\/main\.tsx\(\d+,\d+\): error TS2322: Type 'string' is not assignable to type 'number'/;
      await panel().getByText("TypeScript reports errors").waitFor();
      await panel().getByText(message).waitFor();
      assert.equal(await page.getByRole("button", { name: "Docker" }).count(), 1, "the page works");
      await assertAccessible(page);
      const other = await open(page.context(), page.url());
      await other.getByRole("alert").getByText(message).waitFor();
      await other.close();
    });
  });
});
