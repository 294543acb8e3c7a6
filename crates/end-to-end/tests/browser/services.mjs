// `ddClient.extension.vm` in a real browser, with real services.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open } from "./browser.mjs";

let browser;
let page;

before(async () => {
  browser = await launch();
  page = await open(await browser.newContext());
});
after(() => browser?.close());

/** The error with which `run` rejects in the page. */
const rejected = (run) =>
  page.evaluate(`(${run})().then(() => undefined, (error) => ({ ...error, message: error.message }))`);

test("a request resolves with the content, which is parsed if it is JSON", async () => {
  assert.deepEqual(await page.evaluate(() => ddClient.extension.vm.service.get("/json")), { a: [1] });
  const text = await page.evaluate(() => ddClient.extension.vm.service.get("/text"));
  assert.match(text, /^GET \/text HTTP\/1\.1\r\n/);
});

test("the data of a request is sent as JSON, and a text as it is", async () => {
  const sent = await page.evaluate(() => ddClient.extension.vm.service.post("/", { item: "data" }));
  assert.match(sent, /\r\nContent-Type: application\/json\r\n/);
  assert.match(sent, /\r\n\r\n\{"item":"data"\}$/);
  const text = await page.evaluate(() => ddClient.extension.vm.service.request({
    method: "put", url: "/", headers: { "X-Own": 1 }, data: "some data",
  }));
  assert.match(text, /^PUT \/ HTTP/);
  assert.match(text, /\r\nX-Own: 1\r\n/);
  assert.match(text, /\r\n\r\nsome data$/);
});

test("a status that is not 2xx rejects with a service error", async () => {
  const error = await rejected(() => ddClient.extension.vm.service.get("/missing"));
  assert.equal(error.statusCode, 404);
  assert.equal(error.name, "ServiceError");
  assert.match(error.message, /^GET \/missing/);
  assert.equal(await page.evaluate(() => ddClient.extension.vm.service.head("/")), "");
});

test("a program runs in the first service", async () => {
  const result = await page.evaluate(() =>
    ddClient.extension.vm.cli.exec("service", ["print", "a b"], { env: { SET: "x" } }));
  assert.equal(result.stdout, '["a b"] Ok("x")\n');
  const failure = await rejected(() => ddClient.extension.vm.cli.exec("service", ["print", "a", "b"]));
  assert.equal(failure.code, 3);
  const streamed = await page.evaluate(() => new Promise((resolve) => {
    const lines = [];
    ddClient.extension.vm.cli.exec("service", ["print"], { stream: {
      splitOutputLines: true,
      onOutput: ({ stdout }) => lines.push(stdout),
      onClose: (code) => resolve([code, ...lines]),
    } });
  }));
  assert.deepEqual(streamed, [0, '[] Err(NotPresent)']);
});
