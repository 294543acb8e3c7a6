// The extension of this repository in a real browser, as somebody who works on it sees it.
import assert from "node:assert/strict";
import { appendFile, readFile, readdir, rename, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import { PROJECT, assertAccessible, eventually, launch, open } from "./browser.mjs";

let browser;
let context;
let page;

before(async () => {
  browser = await launch();
  // Twice that is what the marketplace wants of a screenshot: 2400 x 1600.
  context = await browser.newContext({ viewport: { width: 1200, height: 800 }, deviceScaleFactor: 2 });
  page = await open(context);
});
after(() => browser?.close());

const shown = (text) => page.getByText(text, { exact: true });

function listen() {
  const server = createServer();
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

test("a port that is opened is seen, and goes away when it is closed", async () => {
  const server = await listen();
  const port = String(server.address().port);
  await page.reload();
  await shown(port).first().waitFor();
  await new Promise((resolve) => server.close(resolve));
  await page.reload();
  await page.getByRole("table").waitFor();
  assert.equal(await shown(port).count(), 0);
});

for (const colorScheme of ["light", "dark"]) {
  test(`the ${colorScheme} theme follows the desktop's, and can be read by all`, async () => {
    await page.emulateMedia({ colorScheme });
    await page.getByRole("table").waitFor();
    await assertAccessible(page);
    if (process.env.SCREENSHOTS) {
      await page.screenshot({ path: `${process.env.SCREENSHOTS}/${colorScheme}.png` });
    }
  });
}

test("a host binary that is gone is told of, and found when it is back", async () => {
  const [folder] = await readdir(`${PROJECT}/target/preview`);
  const program = `${PROJECT}/target/preview/${folder}/hostports`;
  await rename(program, `${program}.gone`);
  await page.reload();
  await page.getByRole("alert").waitFor();
  await assertAccessible(page);
  await rename(`${program}.gone`, program);
  await page.reload();
  await page.getByRole("table").waitFor();
});

test("an edited page is shown without being loaded again", async () => {
  await page.evaluate(() => { window.isSame = true; });
  await appendFile(`${PROJECT}/ui/src/App.tsx`, '\ndocument.title = "Edited";\n');
  await eventually(async () => assert.equal(await page.title(), "Edited"));
  assert.equal(await page.evaluate(() => window.isSame), true);
});

test("an edited host binary is built, and the page shows what it prints", async () => {
  const main = `${PROJECT}/host-bins/hostports/src/main.rs`;
  const source = await readFile(main, "utf8");
  const version = await page.evaluate(async () =>
    (await ddClient.extension.host.cli.exec("hostports", ["list"])).parseJsonObject().schema_version);
  const listener = { protocol: "tcp", address: "127.0.0.1", port: 4321, pid: 1, process: "edited-by-hand" };
  const report = { schema_version: version, event: "snapshot", listeners: [listener], unseen: [] };
  const edited = source.replace(/^fn main\(\).*\{$/m, (begin) => `${begin}
    println!("{}", r#"${JSON.stringify(report)}"#);
    if std::env::args().any(|arg| arg == "watch") {
        std::thread::sleep(std::time::Duration::from_secs(600));
    }
    std::process::exit(0);`);
  assert.notEqual(edited, source);
  await writeFile(main, edited);
  await page.getByText("Built anew: hostports").waitFor({ timeout: 60_000 });
  await shown("edited-by-hand").waitFor();
});
