// `window.ddClient` in a real browser, with real programs.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { after, before, beforeEach, describe, test } from "node:test";
import { ADDRESS, PROJECT, assertAccessible, eventually, launch, open } from "./browser.mjs";

const { origin, host, port } = new URL(ADDRESS);
let browser;
let context;
let page;

before(async () => {
  browser = await launch(`--host-resolver-rules=MAP evil.example 127.0.0.1`);
});
after(() => browser?.close());
beforeEach(async () => {
  await context?.close();
  context = await browser.newContext();
  page = await open(context);
});

const tool = (...args) =>
  page.evaluate((args) => ddClient.extension.host.cli.exec("tool", args), args);

/** The error with which `run` rejects in the page. */
const rejected = (run) =>
  page.evaluate(`(${run})().then(() => undefined, (error) => ({ ...error, message: error.message }))`);

describe("exec", () => {
  test("resolves with the result, which has methods to parse it", async () => {
    const result = await page.evaluate(async () => {
      const result = await ddClient.extension.host.cli.exec("tool", ["lines"]);
      return { ...result, lines: result.lines(), parsed: result.parseJsonLines() };
    });
    assert.equal(result.stdout, '{"n":1}\n{"n":2}\n');
    assert.deepEqual(result.lines, ['{"n":1}', '{"n":2}', ""]);
    assert.deepEqual(result.parsed, [{ n: 1 }, { n: 2 }]);
    assert.deepEqual([result.code, result.killed, result.stderr, result.cmd], [0, false, "", "tool lines"]);
    const parsed = await page.evaluate(async () =>
      (await ddClient.extension.host.cli.exec("tool", ["json"])).parseJsonObject());
    assert.deepEqual(parsed, { a: ["b", 1] });
  });

  test("rejects with the result of a program that fails", async () => {
    const failure = await rejected(() => ddClient.extension.host.cli.exec("tool", ["fail"]));
    assert.deepEqual([failure.code, failure.stderr, failure.stdout], [3, "no\n", ""]);
  });

  test("rejects with a reason if the program is not a host binary", async () => {
    const failure = await rejected(() => ddClient.extension.host.cli.exec("sh", ["-c", "true"]));
    assert.equal(failure.code, "ENOENT");
    assert.match(failure.message, /`sh` is not a host binary of this extension; it has `tool`/);
  });

  test("sets the working directory and the variables of the program", async () => {
    const printed = await page.evaluate(async () => {
      const { exec } = ddClient.extension.host.cli;
      const options = { cwd: "/", env: { SET: "value", UNSET: undefined } };
      return [await exec("tool", ["directory"], options), await exec("tool", ["variable", "SET"], options)]
        .map(({ stdout }) => stdout);
    });
    assert.deepEqual(printed, ["/\n", "value\n"]);
  });

  test("rejects arguments that are not an array of strings, without running the program", async () => {
    await assert.rejects(page.evaluate(() => ddClient.extension.host.cli.exec("tool", "lines")), /array of strings/);
    await assert.rejects(page.evaluate(() => ddClient.extension.host.cli.exec(["tool"], [])), /TypeError/);
  });
});

describe("exec with a stream", () => {
  const streamed = (args, options = {}) =>
    page.evaluate(([args, options]) => new Promise((resolve) => {
      const calls = [];
      ddClient.extension.host.cli.exec("tool", args, {
        stream: {
          ...options,
          onOutput: (data) => calls.push(data),
          onError: (error) => calls.push({ error: error.message }),
          onClose: (code) => resolve([...calls, code]),
        },
      });
    }), [args, options]);

  test("passes single lines to onOutput with splitOutputLines", async () => {
    const calls = await streamed(["pieces"], { splitOutputLines: true });
    assert.deepEqual(calls, [{ stdout: "one ü" }, { stdout: "two" }, { stderr: "three" }, 0]);
  });

  test("passes output on as it arrives, without splitting characters", async () => {
    const calls = await streamed(["pieces"]);
    assert.equal(calls.map(({ stdout }) => stdout ?? "").join(""), "one ü\r\ntwo\n");
    assert.ok(calls.length > 3, "in pieces");
  });

  test("reports errors and the exit status", async () => {
    assert.deepEqual((await streamed(["fail"])).at(-1), 3);
    const [error, code] = await page.evaluate(() => new Promise((resolve) => {
      const calls = [];
      ddClient.extension.host.cli.exec("none", [], {
        stream: { onError: ({ message }) => calls.push(message), onClose: (code) => resolve([...calls, code]) },
      });
    }));
    assert.match(error, /not a host binary of this extension/);
    assert.equal(code, -1);
  });

  test("ends when it is closed", async () => {
    const code = await page.evaluate(() => new Promise((resolve) => {
      const running = ddClient.extension.host.cli.exec("tool", ["wait"], {
        stream: { onOutput: () => running.close(), onClose: resolve },
      });
    }));
    assert.equal(code, -1);
    // Also before the program has started.
    await page.evaluate(() => new Promise((resolve) => {
      ddClient.extension.host.cli.exec("tool", ["wait"], { stream: { onClose: resolve } }).close();
    }));
  });

  test("works for more programs at once than a browser opens connections", async () => {
    const code = await page.evaluate(async () => {
      const started = Array.from({ length: 12 }, () => new Promise((resolve) => {
        ddClient.extension.host.cli.exec("tool", ["wait"], { stream: { onOutput: resolve } });
      }));
      await Promise.all(started);
      return (await ddClient.extension.host.cli.exec("tool", ["json"])).code;
    });
    assert.equal(code, 0);
  });
});

describe("docker", () => {
  test("is run with its arguments", async () => {
    const { stdout } = await page.evaluate(() => ddClient.docker.cli.exec("ps", ["--all", "a b"]));
    assert.equal(stdout, "docker ps|--all|a b|\n");
  });

  test("gets arguments without the quotes that were meant for a shell", async () => {
    const { stdout } = await page.evaluate(() =>
      ddClient.docker.cli.exec("ps", ["--format", '"{{json .}}"', "'{{.ID}}'", `"a" "b"`]));
    assert.equal(stdout, `docker ps|--format|{{json .}}|{{.ID}}|"a" "b"|\n`);
  });

  test("lists containers and images", async () => {
    const lists = await page.evaluate(async () => [
      await ddClient.docker.listContainers({ all: true }),
      await ddClient.docker.listImages(),
    ]);
    assert.deepEqual(lists, [
      [{ Request: "GET /containers/json?all=true HTTP/1.1" }],
      [{ Request: "GET /images/json HTTP/1.1" }],
    ]);
  });
});

describe("the rest of the API", () => {
  test("describes the machine and the extension", async () => {
    const { platform, arch } = process;
    const facts = await page.evaluate(() => ({ ...ddClient.host, image: ddClient.extension.image }));
    assert.deepEqual([facts.platform, facts.arch, facts.image], [platform, arch, "me/tool:1.2.3"]);
    assert.notEqual(facts.hostname, "");
  });

  test("warns in the console about missing members, once for each", async () => {
    const missing = await page.evaluate(() => [
      ddClient.extension.vm, ddClient.toastSuccess, ddClient.docker.listNetworks, ddClient.docker.listNetworks,
    ]);
    assert.deepEqual(missing, [undefined, undefined, undefined, undefined]);
    assert.deepEqual(page.consoleLines, [
      "ddClient.extension.vm is not available: the configuration has no table `vm`",
      "ddClient.toastSuccess is not available in the preview: it is deprecated, use ddClient.desktopUI.toast.success",
      "ddClient.docker.listNetworks is not available in the preview",
    ]);
    await page.evaluate(async () => JSON.stringify(await ddClient.docker));
    assert.equal(page.consoleLines.length, 3, "members that promises and JSON look for are ignored");
  });

  test("shows accessible toasts", async () => {
    for (const kind of ["success", "warning", "error"]) {
      await page.evaluate((kind) => ddClient.desktopUI.toast[kind](`<b>${kind}</b>`), kind);
      await page.getByRole("status").getByText(`<b>${kind}</b>`).waitFor();
    }
    await page.evaluate(() => ddClient.desktopUI.navigate.viewContainer("abc"));
    await page.getByText("In Docker Desktop, this opens viewContainer(abc).").waitFor();
    await assertAccessible(page);
  });

  test("asks for paths", async () => {
    page.once("dialog", (dialog) => dialog.accept("/tmp"));
    const open = () => ddClient.desktopUI.dialog.showOpenDialog({ properties: ["openDirectory"] });
    assert.deepEqual(await page.evaluate(open), { canceled: false, filePaths: ["/tmp"] });
    page.once("dialog", (dialog) => dialog.dismiss());
    assert.deepEqual(await page.evaluate(open), { canceled: true, filePaths: [] });
  });

  test("opens http: and https: URLs only", async () => {
    const popup = page.waitForEvent("popup");
    await page.evaluate((url) => ddClient.host.openExternal(url), `http://127.0.0.1:1/`);
    await popup;
    await assert.rejects(page.evaluate(() => ddClient.host.openExternal("file:///etc/passwd")), /file:/);
  });
});

describe("the session", () => {
  test("removes its token from the address, and keeps it for other tabs", async () => {
    assert.equal(page.url(), `${origin}/`);
    await page.reload();
    assert.equal((await tool("json")).code, 0);
    page = await open(context, `${origin}/`);
    assert.equal((await tool("json")).code, 0);
  });

  test("explains how to open the page if the token is missing", async () => {
    const other = await browser.newContext();
    const page = await open(other, `${origin}/`);
    await page.getByRole("alert").getByText("Open the address that").waitFor();
    const failure = await page.evaluate(() => ddClient.extension.host.cli.exec("tool", []).catch(String));
    assert.match(failure, /The token of this page is missing or invalid/);
    await assertAccessible(page);
    await other.close();
  });

  test("shows the compiler's errors, and reloads the page when they are fixed", async () => {
    const source = `${PROJECT}/host-bins/tool/src/main.rs`;
    const good = await readFile(source);
    await writeFile(source, "fn main() {\n    nonsense;\n}");
    const panel = page.getByRole("alert");
    await panel.getByText("cannot find value `nonsense`").waitFor();
    await assertAccessible(page);
    await writeFile(source, 'fn main() { println!("fixed") }');
    await page.getByRole("status").getByText("Rebuilt: tool").waitFor();
    assert.equal(await panel.isVisible(), false);
    assert.equal((await tool()).stdout, "fixed\n");
    await writeFile(source, good);
    await eventually(async () => assert.equal((await tool("json")).stdout, '{"a":["b",1]}\n'));
  });
});

describe("a page of another origin", () => {
  let server;
  let foreign;
  const receivedHeaders = [];

  before(async () => {
    server = createServer((request, response) => {
      receivedHeaders.push(request.headers);
      response.setHeader("Content-Type", "text/html");
      response.end("<!doctype html><title>Other</title>");
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  after(() => server.close());
  // In the browser that shows the preview.
  beforeEach(async () => {
    foreign = await open(context, `http://127.0.0.1:${server.address().port}/`);
  });

  test("reads nothing and starts nothing, even with the token", async () => {
    const token = new URL(ADDRESS).hash.replace("#token=", "");
    const outcomes = await foreign.evaluate(async ([origin, host, token]) => {
      const headers = { "X-Preview-Token": token };
      const post = { method: "POST", body: "{}" };
      const outcome = (promise) => promise.then((it) => it.status ?? it, () => "rejected");
      const loaded = (element, url) => outcome(new Promise((resolve, reject) => {
        Object.assign(element, { onload: () => resolve("loaded"), onerror: reject, src: url });
        document.body.append(element);
      }));
      const socket = () => new Promise((resolve, reject) => {
        const socket = new WebSocket(`ws://${host}/`);
        Object.assign(socket, { onopen: () => resolve("open"), onerror: reject });
      });
      return [
        await outcome(fetch(`${origin}/`)),
        await outcome(fetch(`${origin}/@preview/tab`, { ...post, headers })),
        await outcome(fetch(`${origin}/@preview/exec`, post)),
        await outcome(fetch(`${origin}/@preview/exec`, { ...post, mode: "no-cors" })),
        await loaded(document.createElement("script"), `${origin}/@preview/client.js`),
        await outcome(socket()),
        window.ddClient,
      ];
    }, [origin, host, token]);
    assert.deepEqual(outcomes.map((it) => it ?? undefined), [...Array(6).fill("rejected"), undefined]);
  });

  test("can't show the preview in a frame, and receives no token from the browser", async () => {
    await foreign.evaluate((url) => {
      const frame = Object.assign(document.createElement("iframe"), { src: url });
      document.body.append(frame);
      return new Promise((resolve) => { frame.onload = resolve; });
    }, `${origin}/`);
    const framed = foreign.frames()[1];
    assert.equal(await framed.evaluate(() => window.ddClient).catch(() => undefined), undefined);
    assert.ok(receivedHeaders.every(({ cookie, referer }) => !cookie && !/token/.test(referer ?? "")));
  });

  test("is rejected when its host name resolves to the preview (DNS rebinding)", async () => {
    const answer = await foreign.goto(`http://evil.example:${port}/`);
    assert.equal(answer.status(), 421);
    assert.equal(await foreign.evaluate(() => window.ddClient), undefined);
  });
});

test("when the preview stops, its page shows a message and pending calls reject", async () => {
  await page.evaluate(() => new Promise((resolve) => {
    const { exec } = ddClient.extension.host.cli;
    window.waiting = exec("tool", ["wait"]).catch(({ message, signal }) => message ?? signal);
    exec("tool", ["wait"], { stream: { onOutput: resolve } });
  }));
  process.kill(Number(process.env.PREVIEW_PID), "SIGINT");
  await page.getByRole("alert").getByText("Start `cargo xtask preview` again").waitFor();
  assert.match(await page.evaluate(() => window.waiting), /The preview has stopped|SIGTERM/);
});
