// `window.ddClient` as a page finds it, in a real browser, with real programs behind it.
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

/** What `run` in the page rejects with. */
const rejected = (run) =>
  page.evaluate(`(${run})().then(() => undefined, (error) => ({ ...error, message: error.message }))`);

describe("exec", () => {
  test("resolves with the result and its ways to read it", async () => {
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

  test("rejects with a reason where there is no such program", async () => {
    const failure = await rejected(() => ddClient.extension.host.cli.exec("sh", ["-c", "true"]));
    assert.equal(failure.code, "ENOENT");
    assert.match(failure.message, /`sh` is none of this extension's host binaries: `tool`/);
  });

  test("gives the program its folder and its variables", async () => {
    const printed = await page.evaluate(async () => {
      const { exec } = ddClient.extension.host.cli;
      const options = { cwd: "/", env: { IT: "is", NOT: undefined } };
      return [await exec("tool", ["folder"], options), await exec("tool", ["variable", "IT"], options)]
        .map(({ stdout }) => stdout);
    });
    assert.deepEqual(printed, ["/\n", "is\n"]);
  });

  test("refuses what is no list of texts before anything is run", async () => {
    await assert.rejects(page.evaluate(() => ddClient.extension.host.cli.exec("tool", "lines")), /list of texts/);
    await assert.rejects(page.evaluate(() => ddClient.extension.host.cli.exec(["tool"], [])), /TypeError/);
  });
});

describe("exec with a stream", () => {
  const streamed = (args, options = {}) =>
    page.evaluate(([args, options]) => new Promise((resolve) => {
      const told = [];
      ddClient.extension.host.cli.exec("tool", args, {
        stream: {
          ...options,
          onOutput: (data) => told.push(data),
          onError: (error) => told.push({ error: error.message }),
          onClose: (code) => resolve([...told, code]),
        },
      });
    }), [args, options]);

  test("calls back once for each line where it is asked to", async () => {
    const told = await streamed(["pieces"], { splitOutputLines: true });
    assert.deepEqual(told, [{ stdout: "one ü" }, { stdout: "two" }, { stderr: "three" }, 0]);
  });

  test("calls back as output comes, characters whole", async () => {
    const told = await streamed(["pieces"]);
    assert.equal(told.map(({ stdout }) => stdout ?? "").join(""), "one ü\r\ntwo\n");
    assert.ok(told.length > 3, "in pieces");
  });

  test("tells of errors, and how it has ended", async () => {
    assert.deepEqual((await streamed(["fail"])).at(-1), 3);
    const [error, code] = await page.evaluate(() => new Promise((resolve) => {
      const told = [];
      ddClient.extension.host.cli.exec("none", [], {
        stream: { onError: ({ message }) => told.push(message), onClose: (code) => resolve([...told, code]) },
      });
    }));
    assert.match(error, /none of this extension's host binaries/);
    assert.equal(code, -1);
  });

  test("ends when it is closed", async () => {
    const code = await page.evaluate(() => new Promise((resolve) => {
      const running = ddClient.extension.host.cli.exec("tool", ["wait"], {
        stream: { onOutput: () => running.close(), onClose: resolve },
      });
    }));
    assert.equal(code, -1);
    // Before it has begun, too.
    await page.evaluate(() => new Promise((resolve) => {
      ddClient.extension.host.cli.exec("tool", ["wait"], { stream: { onClose: resolve } }).close();
    }));
  });

  test("has as many at once as it likes", async () => {
    const told = await page.evaluate(async () => {
      const begun = Array.from({ length: 12 }, () => new Promise((resolve) => {
        ddClient.extension.host.cli.exec("tool", ["wait"], { stream: { onOutput: resolve } });
      }));
      await Promise.all(begun);
      return (await ddClient.extension.host.cli.exec("tool", ["json"])).code;
    });
    assert.equal(told, 0);
  });
});

describe("docker", () => {
  test("is run with its arguments", async () => {
    const { stdout } = await page.evaluate(() => ddClient.docker.cli.exec("ps", ["--all", "a b"]));
    assert.equal(stdout, "docker ps|--all|a b|\n");
  });

  test("gets no quotes that were meant for a shell", async () => {
    const { stdout } = await page.evaluate(() =>
      ddClient.docker.cli.exec("ps", ["--format", '"{{json .}}"', "'{{.ID}}'", `"a" "b"`]));
    assert.equal(stdout, `docker ps|--format|{{json .}}|{{.ID}}|"a" "b"|\n`);
  });

  test("is asked for containers and images", async () => {
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
  test("tells of the machine", async () => {
    const { platform, arch } = process;
    const told = await page.evaluate(() => ({ ...ddClient.host, image: ddClient.extension.image }));
    assert.deepEqual([told.platform, told.arch, told.image], [platform, arch, "me/tool:1.2.3"]);
    assert.notEqual(told.hostname, "");
  });

  test("says in the console what is missing, instead of failing strangely", async () => {
    const missing = await page.evaluate(() => [
      ddClient.extension.vm, ddClient.toastSuccess, ddClient.docker.listNetworks, ddClient.docker.listNetworks,
    ]);
    assert.deepEqual(missing, [undefined, undefined, undefined, undefined]);
    assert.deepEqual(page.said, [
      "ddClient.extension.vm is not part of the preview, and not in Docker Desktop: the configuration has no table `vm`",
      "ddClient.toastSuccess is not part of the preview: it is deprecated, use ddClient.desktopUI.toast.success",
      "ddClient.docker.listNetworks is not part of the preview",
    ]);
    await page.evaluate(async () => JSON.stringify(await ddClient.docker));
    assert.equal(page.said.length, 3, "promises and JSON look for members that nobody misses");
  });

  test("shows toasts that can be read and heard", async () => {
    for (const kind of ["success", "warning", "error"]) {
      await page.evaluate((kind) => ddClient.desktopUI.toast[kind](`<b>${kind}</b>`), kind);
      await page.getByRole("status").getByText(`<b>${kind}</b>`).waitFor();
    }
    await page.evaluate(() => ddClient.desktopUI.navigate.viewContainer("abc"));
    await page.getByText("Docker Desktop would go to viewContainer(abc).").waitFor();
    await assertAccessible(page);
  });

  test("asks for paths", async () => {
    page.once("dialog", (dialog) => dialog.accept("/tmp"));
    const open = () => ddClient.desktopUI.dialog.showOpenDialog({ properties: ["openDirectory"] });
    assert.deepEqual(await page.evaluate(open), { canceled: false, filePaths: ["/tmp"] });
    page.once("dialog", (dialog) => dialog.dismiss());
    assert.deepEqual(await page.evaluate(open), { canceled: true, filePaths: [] });
  });

  test("opens pages of the web, and nothing else", async () => {
    const popup = page.waitForEvent("popup");
    await page.evaluate((url) => ddClient.host.openExternal(url), `http://127.0.0.1:1/`);
    await popup;
    await assert.rejects(page.evaluate(() => ddClient.host.openExternal("file:///etc/passwd")), /file:/);
  });
});

describe("the session", () => {
  test("keeps its token out of the address, and for further tabs", async () => {
    assert.equal(page.url(), `${origin}/`);
    await page.reload();
    assert.equal((await tool("json")).code, 0);
    page = await open(context, `${origin}/`);
    assert.equal((await tool("json")).code, 0);
  });

  test("says where to go without one", async () => {
    const other = await browser.newContext();
    const stranger = await open(other, `${origin}/`);
    await stranger.getByRole("alert").getByText("Open the address that").waitFor();
    const failure = await stranger.evaluate(() => ddClient.extension.host.cli.exec("tool", []).catch(String));
    assert.match(failure, /does not belong to the preview that runs now/);
    await assertAccessible(stranger);
    await other.close();
  });

  test("shows what the compiler says, and loads the page again when it is content", async () => {
    const source = `${PROJECT}/host-bins/tool/src/main.rs`;
    const good = await readFile(source);
    await writeFile(source, "fn main() {\n    nonsense;\n}");
    const panel = page.getByRole("alert");
    await panel.getByText("cannot find value `nonsense`").waitFor();
    await assertAccessible(page);
    await writeFile(source, 'fn main() { println!("anew") }');
    await page.getByRole("status").getByText("Built anew: tool").waitFor();
    assert.equal(await panel.isVisible(), false);
    assert.equal((await tool()).stdout, "anew\n");
    await writeFile(source, good);
    await eventually(async () => assert.equal((await tool("json")).stdout, '{"a":["b",1]}\n'));
  });
});

describe("a page of another origin", () => {
  let server;
  let stranger;
  const got = [];

  before(async () => {
    server = createServer((request, response) => {
      got.push(request.headers);
      response.setHeader("Content-Type", "text/html");
      response.end("<!doctype html><title>Other</title>");
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  after(() => server.close());
  // The same browser that shows the preview.
  beforeEach(async () => {
    stranger = await open(context, `http://127.0.0.1:${server.address().port}/`);
  });

  test("reads nothing and starts nothing, even if it knew the token", async () => {
    const token = new URL(ADDRESS).hash.replace("#token=", "");
    const outcomes = await stranger.evaluate(async ([origin, host, token]) => {
      const headers = { "X-Preview-Token": token };
      const post = { method: "POST", body: "{}" };
      const outcome = (promise) => promise.then((it) => it.status ?? it, () => "refused");
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
    assert.deepEqual(outcomes.map((it) => it ?? undefined), [...Array(6).fill("refused"), undefined]);
  });

  test("can't show the preview in a frame, and gets no secret from the browser", async () => {
    await stranger.evaluate((url) => {
      const frame = Object.assign(document.createElement("iframe"), { src: url });
      document.body.append(frame);
      return new Promise((resolve) => { frame.onload = resolve; });
    }, `${origin}/`);
    const framed = stranger.frames()[1];
    assert.equal(await framed.evaluate(() => window.ddClient).catch(() => undefined), undefined);
    assert.ok(got.every(({ cookie, referer }) => !cookie && !/token/.test(referer ?? "")));
  });

  test("is not taken for the preview's own when its name leads there", async () => {
    const answer = await stranger.goto(`http://evil.example:${port}/`);
    assert.equal(answer.status(), 421);
    assert.equal(await stranger.evaluate(() => window.ddClient), undefined);
  });
});

test("when the preview ends, its page says so and nothing waits for it", async () => {
  await page.evaluate(() => new Promise((resolve) => {
    const { exec } = ddClient.extension.host.cli;
    window.waiting = exec("tool", ["wait"]).catch(({ message, signal }) => message ?? signal);
    exec("tool", ["wait"], { stream: { onOutput: resolve } });
  }));
  process.kill(Number(process.env.PREVIEW_PID), "SIGINT");
  await page.getByRole("alert").getByText("Start `cargo xtask preview` again").waitFor();
  assert.match(await page.evaluate(() => window.waiting), /The preview has ended|SIGTERM/);
});
