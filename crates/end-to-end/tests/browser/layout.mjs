// The layout of the sample's tab, with reports of a host binary that is a script.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, eventually, inBothThemes, launch, open } from "./browser.mjs";
import { Containers } from "./containers.mjs";
import { end, running, withoutHostports, writeReport, writeScript } from "./hostports.mjs";
import { SHOP, many } from "./scene.mjs";

let browser;
let page;

before(async () => {
  browser = await launch();
  page = await open(await browser.newContext({ viewport: { width: 1400, height: 900 } }));
  await page.getByText("Live", { exact: true }).waitFor();
});
after(() => browser?.close());

const search = () => page.getByRole("textbox", { name: "Search" });
const rows = () => page.locator("[data-index]");
const rowOf = (port) => rows().filter({ has: page.getByText(String(port), { exact: true }) });
const region = () => page.getByRole("region", { name: "Ports" });
const table = () => page.getByRole("table", { name: "Ports of this computer" });

const WIDTHS = [1400, 1200, 900, 800, 700, 500, 400, 320];
/** Calls `check` with the page at each of the widths. */
async function atWidths(widths, check) {
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    await check(width);
  }
  await page.setViewportSize({ width: 1400, height: 900 });
}

/** Shows a report instead of this computer's, and containers that can't have the ports that they need. */
function withReport(report, check, needs = {}) {
  return Containers.with(needs, () => withoutHostports(async (program) => {
    await writeReport(program, report);
    end(program);
    await eventually(async () => {
      const { port } = report.listeners[0];
      await search().fill(String(port));
      assert.equal(await rowOf(port).count(), 1);
    });
    await page.getByText("Live", { exact: true }).waitFor();
    await search().fill("");
    await page.getByRole("button", { name: `Conflicts ${new Set(Object.values(needs)).size}` }).waitFor();
    await check(program);
  }));
}

/** Texts that are not completely visible, because they are beyond the page, or cut by another element. */
function cutTexts() {
  const cut = [];
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { currentNode: text } = walker;
    const parent = text.parentElement;
    const styles = [];
    for (let it = parent; it; it = it.parentElement) styles.push([it, getComputedStyle(it)]);
    // Hidden from sight on purpose, or with an ellipsis.
    if (styles.some(([, { clipPath, textOverflow }]) => clipPath !== "none" || textOverflow === "ellipsis")) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const cell = parent.closest("[role=cell], [role=columnheader], main");
    for (const { left, right, width } of range.getClientRects()) {
      const bounds = cell.getBoundingClientRect();
      if (width > 0 && (left < bounds.left - 1 || right > bounds.right + 1)) cut.push(text.data);
    }
  }
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) cut.push(`the page is ${scrollWidth} wide`);
  for (const it of document.querySelectorAll("main *")) {
    if (getComputedStyle(it).overflowX === "auto" && it.scrollWidth > it.clientWidth) {
      cut.push(`${it.getAttribute("aria-label")} scrolls sideways`);
    }
  }
  return cut;
}

describe("the table of ports", () => {
  test("has no text that is cut, and is accessible, at every width and in both themes", async () => {
    await withReport(SHOP.report, async () => {
      await rowOf(8000).getByText("Conflict", { exact: true }).waitFor();
      await rowOf(5432).getByText(/is free/).waitFor({ timeout: 60_000 });
      await atWidths(WIDTHS, async (width) => {
        await eventually(async () => assert.deepEqual(await page.evaluate(cutTexts), [], `at ${width} pixels`));
      });
      await atWidths([1400, 700, 400], () => inBothThemes(page, () => assertAccessible(page)));
    }, { "layout-one": 8000, "layout-two": 5432 });
  });

  test("moves the protocol behind the port first, then the conflicts and the addresses below the row", async () => {
    await withReport(SHOP.report, async () => {
      const row = rowOf(8000);
      await row.getByText(/is free/).waitFor({ timeout: 60_000 });
      const shape = async () => {
        const [holder, address, needs] = await Promise.all(["holder", "address", "needs"].map((name) =>
          row.locator(`[data-column=${name}]`).boundingBox()));
        return {
          protocol: await page.getByRole("columnheader", { name: "Protocol" }).count() === 1,
          behindPort: await row.getByText("/tcp", { exact: true }).isVisible(),
          addressBelow: address.y >= holder.y + holder.height,
          needsBelow: needs.y >= holder.y + holder.height,
        };
      };
      const expected = {
        1400: { protocol: true, behindPort: false, addressBelow: false, needsBelow: false },
        900: { protocol: false, behindPort: true, addressBelow: false, needsBelow: false },
        700: { protocol: false, behindPort: true, addressBelow: false, needsBelow: true },
        400: { protocol: false, behindPort: true, addressBelow: true, needsBelow: true },
      };
      await atWidths(Object.keys(expected).map(Number), async (width) => {
        await eventually(async () => assert.deepEqual(await shape(), expected[width], `at ${width} pixels`));
      });
      // Screen readers have the titles of all cells.
      await page.setViewportSize({ width: 400, height: 900 });
      for (const name of ["Reachable from", "Needed by"]) {
        assert.equal(await page.getByRole("columnheader", { name }).count(), 1);
      }
      await page.setViewportSize({ width: 1400, height: 900 });
    }, { "layout-one": 8000 });
  });

  test("has one row for the processes that share a socket, and counts ports", async () => {
    await withReport(SHOP.report, async () => {
      await rowOf(8000).getByText("4 processes, PID 5120, 5121 and 2 more").waitFor();
      await rowOf(8000).locator("[data-column=holder]").getByText("nginx", { exact: true }).waitFor();
      const ports = new Set(SHOP.report.listeners.map(({ protocol, port }) => `${protocol} ${port}`)).size;
      await page.getByRole("button", { name: `Processes ${ports}` }).waitFor();
    });
  });

  test("begins with the conflicts, and suggests a different free port for each", async () => {
    await withReport(many(1000), async () => {
      const suggestions = page.getByRole("button", { name: /^Copy \d+:80$/ });
      await eventually(async () => assert.equal(await suggestions.count(), 3));
      const suggested = await suggestions.evaluateAll((all) => all.map((it) => it.ariaLabel));
      assert.equal(new Set(suggested).size, 3, suggested.join());
      for (const label of suggested) assert.ok(Number(/\d+/.exec(label)[0]) > 20_999, label);
      assert.deepEqual(
        await rows().locator("[data-column=port]").evaluateAll((all) => all.slice(0, 3).map((it) => parseInt(it.innerText))),
        [20_500, 20_501, 20_000],
      );
    }, { "layout-one": 20_500, "layout-two": 20_500, "layout-three": 20_501 });
  });

  test("with 1000 ports has few elements, and all rows for the keyboard and screen readers", async () => {
    await withReport(many(1000), async () => {
      await page.getByRole("button", { name: "All 1000" }).waitFor();
      const few = async () => assert.ok(await rows().count() < 50, `${await rows().count()} rows`);
      await few();
      assert.equal(await table().getAttribute("aria-rowcount"), "1001");
      assert.equal(await rowOf(20_000).getAttribute("aria-rowindex"), "2");

      await region().focus();
      await page.keyboard.press("End");
      await rowOf(20_999).waitFor();
      assert.equal(await rowOf(20_999).getAttribute("aria-rowindex"), "1001");
      await few();
      await page.keyboard.press("Home");
      await rowOf(20_000).waitFor();

      // The Tab key passes rows that were not rendered at first, and none of them is below the titles.
      const focused = () => page.evaluate(() => {
        const it = document.activeElement;
        const { left, top, height } = it.getBoundingClientRect();
        const isVisible = it.contains(document.elementFromPoint(left + 5, top + height / 2));
        return { row: Number(it.closest("[data-index]")?.dataset.index), isVisible };
      });
      await rowOf(20_000).getByRole("button").first().focus();
      for (let row = 0; row < 60; row++) {
        await eventually(async () => assert.deepEqual(await focused(), { row, isVisible: true }));
        await page.keyboard.press("Tab");
        await page.keyboard.press("Tab");
      }
      await page.keyboard.press("Shift+Tab");
      await eventually(async () => assert.deepEqual(await focused(), { row: 59, isVisible: true }));

      // The focus stays in its row, also out of view.
      await region().evaluate((it) => it.scrollTo(0, it.scrollHeight / 2));
      const last = () => rows().last().getAttribute("data-index");
      await eventually(async () => assert.ok(Number(await last()) > 400));
      assert.equal((await focused()).row, 59);
      await few();
      await assertAccessible(page);
    });
  });

  test("keeps the titles at the top, and begins at the top after a change of the view", async () => {
    await withReport(many(1000), async () => {
      for (const width of [1400, 700]) {
        await page.setViewportSize({ width, height: 900 });
        const title = page.getByRole("columnheader", { name: "Port" });
        const { y } = await title.boundingBox();
        await region().evaluate((it) => it.scrollTo(0, 20_000));
        await eventually(async () => assert.equal(await rowOf(20_000).count(), 0));
        assert.equal((await title.boundingBox()).y, y);
        assert.equal(await page.evaluate(() => document.documentElement.scrollTop), 0);
        // It is above the rows.
        await title.getByRole("button").click();
        await rowOf(20_000).waitFor();
        assert.equal(await title.getAttribute("aria-sort"), "ascending");
        await title.getByRole("button").click();
        await title.getByRole("button").click();
        assert.equal(await title.getAttribute("aria-sort"), null);
      }
      await page.setViewportSize({ width: 1400, height: 900 });
    });
  });

  test("can be scrolled into view in a low window", async () => {
    await withReport(many(1000), async () => {
      await page.setViewportSize({ width: 700, height: 320 });
      await region().scrollIntoViewIfNeeded();
      const { y, height } = await region().boundingBox();
      assert.ok(height > 200 && y > -1 && y + height < 321, `${height} at ${y}`);
      await page.setViewportSize({ width: 1400, height: 900 });
    });
  });

  test("shows all of 1000 ports after a search nearly as fast as all of 30", async () => {
    /** The median time that it takes to clear the search. */
    const clearing = () => page.evaluate(async () => {
      const input = document.querySelector("input");
      const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
      const type = async (text) => {
        const start = performance.now();
        set.call(input, text);
        input.dispatchEvent(new Event("input", { bubbles: true }));
        // The layout of the page is part of it.
        document.body.getBoundingClientRect();
        await new Promise((resolve) => { requestAnimationFrame(() => setTimeout(resolve)); });
        return performance.now() - start;
      };
      const times = [];
      for (let attempt = 0; attempt < 15; attempt++) {
        await type("20001");
        times.push(await type(""));
      }
      return times.toSorted((a, b) => a - b)[7];
    });
    let few;
    await withReport(many(30), async () => { few = await clearing(); });
    await withReport(many(1000), async () => {
      const many = await clearing();
      assert.ok(many < few * 6, `${many} and ${few} milliseconds`);
    });
  });

  test("shows a long path with its beginning and its end", async () => {
    await withReport(many(30), async () => {
      await page.setViewportSize({ width: 700, height: 900 });
      const path = rowOf(20_000).getByTitle("/opt/some/long/directory/of/tools/tool-0");
      assert.equal(await path.textContent(), "/opt/some/long/directory/of/tools/tool-0");
      const [beginning, end] = await path.locator("span").evaluateAll((all) =>
        all.map((it) => it.scrollWidth > it.clientWidth));
      assert.deepEqual({ beginning, end }, { beginning: true, end: false });
      await page.setViewportSize({ width: 1400, height: 900 });
    });
  });
});

test("a host binary that hangs is ended and reported, and the page recovers", async () => {
  await withoutHostports(async (program) => {
    await writeScript(program, 'exec sleep "600.$$" # hangs');
    const alert = page.getByRole("alert");
    await alert.getByText("hostports did not respond within 15 seconds, so it was ended.").waitFor({ timeout: 120_000 });
    await page.getByRole("heading", { name: "Can't list the ports" }).waitFor();
    await assertAccessible(page);
    assert.ok(running("^sleep 600[.]") <= 1);

    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText("It takes longer than usual to list the ports.").waitFor();
    await assertAccessible(page);
  });
  await page.getByText("Live", { exact: true }).waitFor({ timeout: 120_000 });
});
