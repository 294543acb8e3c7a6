// `window.ddClient` in a real browser, with real programs.
import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
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

  test("gives host binaries the PATH of a desktop application, unless the page sets another", async () => {
    const path = await page.evaluate(async () => {
      const { exec } = ddClient.extension.host.cli;
      const set = { env: { PATH: "/opt/bin" } };
      return [await exec("tool", ["variable", "PATH"]), await exec("tool", ["variable", "PATH"], set)]
        .map(({ stdout }) => stdout.trim());
    });
    const expected = process.platform === "darwin" ? "/usr/bin:/bin:/usr/sbin:/sbin"
      : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    assert.deepEqual(path, [expected, "/opt/bin"]);
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
    const { stdout } = await page.evaluate(() => ddClient.docker.cli.exec("ps", ["--all", "ab"]));
    assert.equal(stdout, "docker ps|--all|ab|\n");
  });

  const printed = (args, options) => page.evaluate(async ([args, options]) => {
    const { exec } = ddClient.docker.cli;
    if (!options) return (await exec("run", args)).stdout;
    return new Promise((resolve) => {
      let all = "";
      exec("run", args, { stream: { onOutput: ({ stdout }) => { all += stdout ?? ""; }, onClose: () => resolve(all) } });
    });
  }, [args, options]);

  test("gets the words that Docker Desktop's shell makes of the arguments", async () => {
    for (const [args, words] of [
      [["--format", '"{{json .}}"', "'{{.ID}}'"], ["--format", "{{json .}}", "{{.ID}}"]],
      // https://github.com/docker/extensions-sdk/issues/303
      [["--mount", 'type=bind,source="/a b",target=/c', "sh", "-c", '"cat /c"'],
        ["--mount", "type=bind,source=/a b,target=/c", "sh", "-c", "cat /c"]],
      [["a b", "", '""', "c\\ d", `"a" "b"`], ["a", "b", "", "c d", "a", "b"]],
      [["'one\ntwo'", '"three\nfour"', `"it's \\"it\\""`], ["one\ntwo", "three\nfour", `it's "it"`]],
    ]) {
      assert.equal(await printed(args), `docker run|${words.join("|")}|\n`);
    }
  });

  test("gets the words of a Windows shell on Windows", async () => {
    const client = new URL("../../../docker-extension/src/preview/client/shell_words.js", import.meta.url);
    const shellWords = new Function(`${await readFile(client, "utf8")}; return shellWords;`)();
    const words = shellWords("run", ['"a b"', "C:\\d", "'x y'", '"\\"q\\""', '""'], true);
    assert.deepEqual(words, ["run", "a b", "C:\\d", "'x", "y'", '"q"', ""]);
    assert.throws(() => shellWords("run", ['"a\nb"'], true), /a line break ends the command/);
  });

  test("gets the arguments unchanged with a stream, which needs no shell", async () => {
    const args = ["a b", "", '"c"', "one\ntwo", "$HOME;", "\\"];
    assert.equal(await printed(args, { stream: {} }), `docker run|${args.join("|")}|\n`);
  });

  test("is not run with arguments that end the command in the shell", async () => {
    await assert.rejects(printed(["one\ntwo"]), /a line break ends the command in the shell; put the argument in quotes/);
    const caught = await page.evaluate(() => ddClient.docker.cli.exec("run", ['"one']).catch(({ message }) => message));
    assert.equal(caught, 'the quote " is not closed');
    assert.deepEqual(page.consoleLines, []);
    assert.equal(await printed(["$(id)", "a&b", "'$c'"]), "docker run|$(id)|a&b|$c|\n");
    assert.match(page.consoleLines[0], /Docker Desktop passes `docker run .*` to a shell, which interprets \$\(\)&/);
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
    await assertAccessible(page);
  });

  test("shows what each function for navigation would open, and rejects if it does not exist", async () => {
    const expected = {
      viewContainers: "the list of containers",
      viewContainer: "the container abc",
      viewContainerLogs: "the logs of container abc",
      viewContainerInspect: "the details of container abc",
      viewContainerTerminal: "a terminal in container abc",
      viewContainerStats: "the statistics of container abc",
      viewImages: "the list of images",
      viewImage: "the image abc with the tag latest",
      viewVolumes: "the list of volumes",
      viewVolume: "the volume abc",
    };
    for (const [name, shown] of Object.entries(expected)) {
      await page.evaluate((name) => ddClient.desktopUI.navigate[name]("abc", "latest"), name);
      await page.getByRole("status").getByText(`Docker Desktop would open ${shown} here.`, { exact: true }).waitFor();
    }
    const failure = (name, ...args) => page.evaluate(([name, args]) => (
      ddClient.desktopUI.navigate[name](...args).then(() => undefined, ({ message }) => message)), [name, args]);
    assert.equal(await failure("viewContainerLogs", "gone"), "viewContainerLogs: no container is named gone");
    assert.equal(await failure("viewImage", "gone", "1"), "viewImage: no image is named gone");
    assert.match(await failure("viewVolume"), /viewVolume: the argument `volume` is missing/);
    assert.match(await failure("viewImage", "abc", ""), /viewImage: the argument `tag` is ""/);
    await page.evaluate(() => ddClient.desktopUI.navigate.viewContainer("ab"));
    assert.ok(page.consoleLines.some((line) => line.includes("expects the full id abc, not ab")), page.consoleLines);
  });

  describe("showOpenDialog", () => {
    const files = `${PROJECT}/files`;
    before(async () => {
      await mkdir(`${files}/inner`, { recursive: true });
      for (const name of ["a.json", "b.JSON", "c.txt", ".hidden"]) await writeFile(`${files}/${name}`, "");
    });

    let result;
    const show = async (options) => {
      // Not awaited here: it waits for the user.
      await page.evaluate((options) => {
        window.result = ddClient.desktopUI.dialog.showOpenDialog(options);
        window.result.catch(() => {});
      }, options);
      result = () => page.evaluate(() => window.result);
      return page.getByRole("dialog");
    };
    const names = (dialog) => dialog.getByRole("group", { name: "Entries" }).getByRole("button").evaluateAll(
      (buttons) => buttons.map((button) => button.getAttribute("aria-label")));

    test("returns the path of a file, and filters by extension", async () => {
      const dialog = await show({
        title: "Open a <report>", buttonLabel: "Import", defaultPath: files,
        filters: [{ name: "Reports", extensions: ["json"] }, { name: "All", extensions: ["*"] }],
      });
      await dialog.getByRole("heading", { name: "Open a <report>" }).waitFor();
      await dialog.getByRole("button", { name: "file a.json" }).waitFor();
      assert.deepEqual(await names(dialog), ["directory inner", "file a.json", "file b.JSON"]);
      await assertAccessible(page);
      await page.emulateMedia({ colorScheme: "dark" });
      await assertAccessible(page);
      await page.emulateMedia({ colorScheme: "light" });
      await dialog.getByLabel("Files").selectOption({ label: "All (*.*)" });
      await dialog.getByRole("button", { name: "file c.txt" }).click();
      await dialog.getByRole("button", { name: "file a.json" }).click();
      await dialog.getByRole("button", { name: "Import" }).click();
      assert.deepEqual(await result(), { canceled: false, filePaths: [`${files}/a.json`] });
      assert.equal(await dialog.count(), 0);
    });

    test("returns several files with multiSelections", async () => {
      const dialog = await show({ properties: ["openFile", "multiSelections", "showHiddenFiles"], defaultPath: files });
      await dialog.getByRole("button", { name: "file .hidden" }).click();
      await dialog.getByRole("button", { name: "file c.txt" }).click();
      await dialog.getByRole("button", { name: "file a.json" }).click();
      await dialog.getByRole("button", { name: "file a.json" }).click();
      await dialog.getByRole("button", { name: "Open" }).click();
      assert.deepEqual(await result(), { canceled: false, filePaths: [`${files}/.hidden`, `${files}/c.txt`] });
    });

    test("returns directories, without showing files", async () => {
      let dialog = await show({ properties: ["openDirectory", "multiSelections"], defaultPath: files });
      await dialog.getByRole("button", { name: "directory inner" }).click();
      assert.deepEqual(await names(dialog), ["directory inner"]);
      await dialog.getByRole("button", { name: "Open" }).click();
      assert.deepEqual(await result(), { canceled: false, filePaths: [`${files}/inner`] });
      // The directory itself, and one that is not below it.
      dialog = await show({ properties: ["openDirectory"], defaultPath: `${files}/inner` });
      await dialog.getByRole("button", { name: "Up" }).click();
      await dialog.getByRole("button", { name: "directory inner" }).waitFor();
      await dialog.getByRole("button", { name: "Open" }).click();
      assert.deepEqual(await result(), { canceled: false, filePaths: [files] });
    });

    test("accepts a path that is typed, and says why one is wrong", async () => {
      const dialog = await show({ defaultPath: "/nowhere" });
      // The home directory, in which everything may be hidden.
      await dialog.getByRole("button", { name: "Up", disabled: false }).waitFor();
      const path = dialog.getByRole("textbox");
      await path.fill(`${files}/none`);
      await path.press("Enter");
      await dialog.getByRole("alert").getByText(`${files}/none does not exist`).waitFor();
      await path.fill(`${files}/../files/a.json`);
      await path.press("Enter");
      assert.deepEqual(await result(), { canceled: false, filePaths: [`${files}/a.json`] });
    });

    test("reports that it was cancelled, and rejects invalid options", async () => {
      await (await show()).getByRole("button", { name: "Cancel" }).click();
      assert.deepEqual(await result(), { canceled: true, filePaths: [] });
      await (await show({})).waitFor();
      await page.keyboard.press("Escape");
      assert.deepEqual(await result(), { canceled: true, filePaths: [] });
      await show({ properties: "openFile" });
      await assert.rejects(result(), /`properties` must be an array/);
      await (await show({ properties: ["openFiles"] })).getByRole("button", { name: "Cancel" }).click();
      assert.match(page.consoleLines.at(-1), /`openFiles` is not a property/);
    });
  });

  test("opens http: and https: URLs only, and reports all others", async () => {
    const popup = page.waitForEvent("popup");
    await page.evaluate((url) => ddClient.host.openExternal(url), `${origin}/`);
    const opened = await popup;
    await opened.waitForURL(`${origin}/`);
    assert.equal(await opened.evaluate(() => window.opener), null);
    await opened.close();
    for (const [url, reason] of [
      ["docs.docker.com", '"docs.docker.com" is not a URL'],
      ["", '"" is not a URL'],
      [undefined, '"undefined" is not a URL'],
      ["file:///etc/passwd", '"file:///etc/passwd" must start with http: or https:, not file:'],
      ["javascript:alert(1)", "must start with http: or https:, not javascript:"],
    ]) {
      const message = await page.evaluate((url) => {
        try {
          ddClient.host.openExternal(url);
        } catch (error) {
          return error.message;
        }
      }, url);
      assert.ok(message.includes(reason), message);
      await page.getByRole("status").getByText(reason).waitFor();
    }
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
    assert.equal(await page.getByText("Building the host binaries").count(), 0, "the build has ended");
    // No toast covers the panel.
    await page.evaluate(() => ddClient.desktopUI.toast.warning("a toast"));
    const [toast, box] = [await page.getByText("a toast").boundingBox(), await panel.boundingBox()];
    assert.ok(toast.y + toast.height <= box.y, `${JSON.stringify(toast)} covers ${JSON.stringify(box)}`);
    await assertAccessible(page);
    await writeFile(source, 'fn main() { println!("fixed") }');
    await page.getByRole("status").getByText("Rebuilt: tool").waitFor();
    assert.equal(await panel.isVisible(), false);
    assert.equal((await tool()).stdout, "fixed\n");
    await writeFile(source, good);
    await eventually(async () => assert.equal((await tool("json")).stdout, '{"a":["b",1]}\n'));
  });
});

describe("the panel", () => {
  // The preview reloads the page.
  const write = async (name, text) => {
    const reloaded = page.waitForEvent("load");
    await writeFile(`${PROJECT}/ui/${name}`, text);
    await reloaded;
  };

  test("shows uncaught errors and rejections with their lines, which the page does not handle", async () => {
    const source = "\n\nfunction run() {\n  throw new RangeError('too far');\n}\nsetTimeout(run);\n";
    await write("broken.js", source);
    await page.evaluate(() => {
      addEventListener("error", (event) => { if (event.error === "handled") event.preventDefault(); });
      setTimeout(() => { throw "handled"; });
      document.body.append(Object.assign(document.createElement("script"), { src: "broken.js" }));
    });
    const panel = page.getByRole("alert");
    await panel.getByText("Uncaught error").waitFor();
    const text = await panel.innerText();
    assert.match(text, /RangeError: too far\n  at broken\.js:4:9 \(run\)\n/);
    assert.match(text, /4 \|   throw new RangeError\('too far'\);\n *\|         \^/);
    assert.doesNotMatch(text, /handled/);
    await page.evaluate(() => {
      Promise.reject(Object.assign(new Error("later"), { cause: "earlier" }));
      ddClient.extension.host.cli.exec("tool", ["fail"]);
    });
    await panel.getByText("Error: later").waitFor();
    await panel.getByText("caused by earlier").waitFor();
    await panel.getByText("`tool fail` failed with exit status 3: no").waitFor();
    await panel.getByText("3 errors in the page").waitFor();
    await panel.getByText("Unhandled promise rejection: Error: later").waitFor();
    await assertAccessible(page);
    await panel.getByRole("button", { name: "Hide" }).click();
    assert.equal(await panel.isVisible(), false);
    await page.reload();
    assert.equal(await panel.isVisible(), false);
  });

  test("shows which script of the page, or which of its imports, can't be loaded", async () => {
    await write("main.js", 'import "./part.js";\n');
    await write("part.js", 'export { a } from "./gone.js";\n');
    const add = (script) => page.evaluate((script) => (
      document.body.append(Object.assign(document.createElement("script"), script))), script);
    await add({ type: "module", src: "main.js" });
    const panel = page.getByRole("alert");
    await panel.getByText("A script can't be loaded").waitFor();
    await panel.getByText(/gone\.js: status 404.*\n  imported by part\.js/).waitFor();
    await add({ src: "none.js" });
    await panel.getByText("none.js: status 404").waitFor();
    // It loads, but is not valid.
    await write("gone.js", "export const b = 1;\n");
    await add({ type: "module", src: "main.js" });
    await panel.getByText(/SyntaxError: .*'a'\n  at part\.js:1:10/).waitFor();
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

test("the query and the fragment of the page are kept, and the token is removed", async () => {
  const address = new URL(ADDRESS);
  address.search = "?v=1.2";
  const other = await open(context, `${address}#/home`);
  const shown = await other.evaluate(() => location.search + location.hash);
  assert.equal(shown, "?v=1.2#/home");
  const result = await other.evaluate(() => ddClient.extension.host.cli.exec("tool", ["json"]));
  assert.equal(result.code, 0);
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
  await page.evaluate(() => { ddClient.docker.listImages(); });
  await page.waitForTimeout(500);
  assert.equal(await page.getByText("Unhandled promise rejection").count(), 0, "the panel gives the reason already");
});
