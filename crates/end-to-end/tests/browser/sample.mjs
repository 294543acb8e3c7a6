// The tab of the sample extension in a real browser, for its users and its authors.
import assert from "node:assert/strict";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { after, before, beforeEach, describe, test } from "node:test";
import { Containers } from "./containers.mjs";
import { ADDRESS, PROJECT, assertAccessible, eventually, inBothThemes, launch, open } from "./browser.mjs";
import { running, withoutHostports, writeScript } from "./hostports.mjs";

let browser;
let context;
let page;
const requested = [];

before(async () => {
  browser = await launch();
  context = await browser.newContext({
    viewport: { width: 1200, height: 800 },
    permissions: ["clipboard-read", "clipboard-write"],
  });
  page = await open(context);
  page.on("request", (request) => requested.push(request.url()));
  await page.reload();
  await page.getByText("Live", { exact: true }).waitFor();
});
after(() => browser?.close());
/** Resets the filters of the test before. */
beforeEach(async () => {
  await search().fill("");
  await page.getByRole("button", { name: /^All \d/ }).click();
});

const rowOf = (port) => page.getByRole("row").filter({ has: page.getByText(String(port), { exact: true }) });
const search = () => page.getByRole("textbox", { name: "Search" });
/** Only rows that are visible exist, and this computer may use many ports. */
const find = (port) => search().fill(String(port));

/** Opens a port in this process, without keeping the process alive. */
function listen() {
  const server = createServer().unref();
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const close = () => new Promise((closed) => server.close(closed));
      resolve({ port: server.address().port, close });
    });
  });
}

describe("the tab", () => {
  test("shows a port from when it is opened until it is closed", async () => {
    const { port, close } = await listen();
    await find(port);
    await rowOf(port).getByText("node", { exact: true }).waitFor();
    await rowOf(port).getByText(`PID ${process.pid}`).waitFor();
    await close();
    await rowOf(port).waitFor({ state: "detached" });
  });

  test("shows the conflict of a container and a process in both themes, and suggests a free port", async () => {
    const { port, close } = await listen();
    const containers = await Containers.connect();
    await containers.create("host-ports-test", port);
    const row = rowOf(port);
    await row.getByText("Conflict", { exact: true }).waitFor();
    await row.getByText(`host-ports-test (created) can't start: port ${port} is used by node.`).waitFor();

    const copy = row.getByRole("button", { name: /^Copy \d+:80$/ });
    const suggestion = (await copy.getAttribute("aria-label")).replace("Copy ", "");
    await copy.click();
    await row.getByRole("button", { name: `Copied ${suggestion}` }).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), suggestion);
    await listenOn(Number(suggestion.split(":")[0]));

    await page.getByRole("button", { name: "Show", exact: true }).click();
    for (const other of await page.getByRole("row").filter({ has: page.getByRole("cell") }).all()) {
      await other.getByText("Conflict", { exact: true }).waitFor();
    }
    await page.getByRole("button", { name: /^All \d/ }).click();
    await inBothThemes(page, () => assertAccessible(page));

    await containers.remove("host-ports-test");
    await find(port);
    await row.getByText("Conflict", { exact: true }).waitFor({ state: "detached" });
    await close();
  });

  test("filters by the search, and reports that nothing matches", async () => {
    const [one, other] = [await listen(), await listen()];
    await find(other.port);
    await rowOf(other.port).waitFor();
    await search().fill(`node ${one.port}`);
    await rowOf(one.port).waitFor();
    await page.getByText(/^1 port shown/).waitFor({ state: "attached" });
    assert.equal(await rowOf(other.port).count(), 0);

    await search().fill("99999");
    await page.getByRole("heading", { name: "No port matches this number" }).waitFor();
    await assertAccessible(page);
    await page.getByRole("button", { name: "Show all ports" }).click();
    assert.equal(await search().inputValue(), "");
    await find(other.port);
    await rowOf(other.port).waitFor();
    await Promise.all([one.close(), other.close()]);
  });

  test("can be used with the keyboard only", async () => {
    const [one, other] = [await listen(), await listen()];
    await search().focus();
    await page.keyboard.type("nothing like it");
    await page.getByRole("heading", { name: "No port matches these filters" }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.type(`${process.pid} node`);
    await rowOf(one.port).waitFor();
    await rowOf(other.port).waitFor();

    const header = page.getByRole("columnheader", { name: "Port" });
    const ports = async () =>
      (await page.locator("[data-index] [data-column=port]").allInnerTexts()).map((text) => parseInt(text));
    assert.equal(await header.getAttribute("aria-sort"), null);
    await header.getByRole("button").focus();
    for (const [sort, compare] of [["ascending", (a, b) => a - b], ["descending", (a, b) => b - a]]) {
      await page.keyboard.press("Enter");
      assert.equal(await header.getAttribute("aria-sort"), sort);
      assert.ok((await ports()).length > 1);
      assert.deepEqual(await ports(), (await ports()).toSorted(compare));
    }
    await page.keyboard.press("Enter");
    assert.equal(await header.getAttribute("aria-sort"), null);
    await Promise.all([one.close(), other.close()]);
  });

  test("reports a missing host binary, and recovers when it is back", async () => {
    await withoutHostports(async () => {
      const alert = page.getByRole("alert");
      await alert.getByText("A program of this extension is missing").waitFor();
      await alert.getByText("The program hostports was not found.").waitFor();
      await assertAccessible(page);
    });
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByRole("table").waitFor();
  });

  test("handles newer, failing, slow and empty host binaries", async () => {
    const print = (report) => `echo '${JSON.stringify(report)}'`;
    await withoutHostports(async (program) => {
      const runs = async (script) => {
        await writeScript(program, script);
        await page.getByRole("button", { name: "Try again" }).click();
      };
      await runs(print({ schema_version: 99, listeners: [] }));
      await page.getByRole("alert").getByText("Update the extension.").waitFor();
      await assertAccessible(page);

      await runs("echo 'no rights' >&2; exit 1");
      await page.getByRole("alert").getByText("no rights").waitFor();

      const nothing = { schema_version: 2, event: "snapshot", listeners: [] };
      const keepAlive = "while printf ' '; do sleep 1; done";
      await runs(`until test -e $0.go; do sleep 0.1; done; ${print(nothing)}; ${keepAlive}`);
      await page.getByRole("table").and(page.locator("[aria-busy=true]")).waitFor();
      await assertAccessible(page);
      await writeFile(`${program}.go`, "");
      await page.getByRole("heading", { name: "No ports are in use" }).waitFor();
      await assertAccessible(page);
    });
    await page.getByRole("table").waitFor();
    await page.getByText("Live", { exact: true }).waitFor();
  });

  test("loads nothing from the network", () => {
    const { origin } = new URL(ADDRESS);
    assert.ok(requested.length > 5);
    assert.deepEqual(requested.filter((url) => !url.startsWith(`${origin}/`)), []);
  });

  test("ends its programs when it is closed", async () => {
    const programs = () => running(`${PROJECT}/target/preview/.*hostports watch`);
    const other = await open(context, new URL(ADDRESS).origin);
    await other.getByText("Live", { exact: true }).waitFor();
    await eventually(() => assert.equal(programs(), 2));
    await other.close();
    await eventually(() => assert.equal(programs(), 1));
  });
});

describe("an author", () => {
  test("sees an edited page without a reload", async () => {
    await page.evaluate(() => { window.isSame = true; });
    await appendFile(`${PROJECT}/ui/src/App.tsx`, '\ndocument.title = "Edited";\n');
    await eventually(async () => assert.equal(await page.title(), "Edited"));
    assert.equal(await page.evaluate(() => window.isSame), true);
  });

  test("sees the output of an edited host binary", async () => {
    const main = `${PROJECT}/host-bins/hostports/src/main.rs`;
    const source = await readFile(main, "utf8");
    const version = await page.evaluate(async () =>
      (await ddClient.extension.host.cli.exec("hostports", ["list"])).parseJsonObject().schema_version);
    const listener = { protocol: "tcp", address: "127.0.0.1", port: 4321, pid: 1, process: "edited-by-hand" };
    const report = { schema_version: version, event: "snapshot", listeners: [listener], unseen: [] };
    const edited = source.replace(/^fn main\(\).*\{$/m, (start) => `${start}
    println!("{}", r#"${JSON.stringify(report)}"#);
    if std::env::args().any(|arg| arg == "watch") {
        std::thread::sleep(std::time::Duration::from_secs(600));
    }
    std::process::exit(0);`);
    assert.notEqual(edited, source);
    await writeFile(main, edited);
    await page.getByText("Rebuilt: hostports").waitFor({ timeout: 60_000 });
    await rowOf(4321).getByText("edited-by-hand").waitFor();
  });
});

/** Rejects if the port is taken. */
function listenOn(port) {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, () => server.close(resolve));
  });
}
