import type { v1 } from "@docker/extension-api-client-types";
import { describe, expect, it } from "vitest";
import type { DockerDesktop } from "./client";
import { dockerCli, Failure, hostports } from "./program";

type Stream = v1.ExecStreamOptions;

/** A fake Docker Desktop that records its commands. */
function desktop(answer: (stream: Stream | undefined) => unknown, platform = "darwin") {
  const commands: unknown[] = [];
  let closed = 0;
  const exec = (command: string, args: string[], options?: { stream: Stream }) => {
    commands.push([command, ...args]);
    const answered = answer(options?.stream);
    return options ? { close: () => closed++ } : answered;
  };
  const docker = {
    host: { platform },
    extension: { host: { cli: { exec } } },
    docker: { cli: { exec } },
  };
  return { docker: docker as unknown as DockerDesktop, commands, closed: () => closed };
}

const failure = (run: Promise<unknown>) =>
  run.then(
    () => undefined,
    (reason: unknown) => reason,
  );

describe("a program", () => {
  it("has the suffix .exe on Windows, and docker is not part of its own arguments", async () => {
    const { docker, commands } = desktop(() => Promise.resolve({ stdout: "{}" }), "win32");
    expect(await hostports(docker).run(["list"])).toBe("{}");
    await dockerCli(docker).run(["ps", "--all"]);
    expect(commands).toEqual([
      ["hostports.exe", "list"],
      ["ps", "--all"],
    ]);
  });

  it.each([
    ["by Node", Object.assign(new Error("spawn /x/hostports ENOENT"), { code: "ENOENT" })],
    ["by a shell", { code: 127, stderr: "/bin/sh: hostports: not here", stdout: "" }],
    ["by another shell", { code: 1, stderr: "zsh: command not found: hostports", stdout: "" }],
    ["by Windows", { code: 1, stderr: "'hostports.exe' is not recognized as an internal command" }],
    ["by Go", 'exec: "hostports": executable file not found in $PATH'],
  ])("is reported as missing %s", async (_, reason) => {
    const { docker } = desktop(() => Promise.reject(reason));
    expect(await failure(hostports(docker).run([]))).toMatchObject({ kind: "missing" });
  });

  it("is reported as missing if the extension has no host binaries", async () => {
    const { docker } = desktop(() => undefined);
    const without = { ...docker, extension: {} } as unknown as DockerDesktop;
    expect(await failure(hostports(without).run([]))).toMatchObject({ kind: "missing" });
    expect(
      await new Promise((onEnd) => hostports(without).stream([], { onLine() {}, onEnd })),
    ).toMatchObject({ kind: "missing" });
  });

  it.each([
    [{ code: 1, stderr: " no rights\n", stdout: "" }, "no rights"],
    [new Error("it broke"), "it broke"],
    ["it broke", "it broke"],
    [{ code: 9, stderr: "", stdout: "" }, "hostports failed without a message (exit status 9)."],
    [undefined, "hostports failed without a message."],
  ])("fails with a message, whatever Docker Desktop throws: %o", async (reason, message) => {
    const { docker } = desktop(() => Promise.reject(reason));
    const thrown = await failure(hostports(docker).run([]));
    expect(thrown).toBeInstanceOf(Failure);
    expect(thrown).toMatchObject({ message, kind: "failed" });
  });
});

describe("a stream", () => {
  function read(script: (stream: Required<Stream>) => void, leaveAfter = Infinity) {
    const calls: unknown[] = [];
    let started: Stream | undefined;
    const { docker, closed } = desktop((stream) => {
      started = stream;
    });
    const close = hostports(docker).stream(["watch"], {
      onLine(line) {
        calls.push(line);
        if (calls.length === leaveAfter) close();
      },
      onEnd: (reason) => calls.push(reason?.message ?? "success"),
    });
    script(started as Required<Stream>);
    return { calls, closed: closed() };
  }

  it("passes whole lines on, however they are split, without blank ones", () => {
    const { calls } = read(({ onOutput, onClose }) => {
      onOutput({ stdout: '{"a":' });
      onOutput({ stdout: "1}\n   \n" });
      onOutput({ stderr: "a warning" });
      onOutput({ stdout: '  {"b":2}\r\n{"c":3}' });
      onClose(0);
    });
    expect(calls).toEqual(['{"a":1}', '  {"b":2}\r', '{"c":3}', "success"]);
  });

  it("ends once, with the program's error", () => {
    const { calls } = read(({ onOutput, onError, onClose }) => {
      onOutput({ stderr: "no rights" });
      onClose(1);
      onError(new Error("again"));
      onClose(1);
    });
    expect(calls).toEqual(["no rights"]);
  });

  it("passes nothing on after it is closed, not even lines that have arrived", () => {
    const { calls, closed } = read(({ onOutput, onClose }) => {
      onOutput({ stdout: "1\n2\n3\n" });
      onClose(-1);
    }, 2);
    expect(calls).toEqual(["1", "2"]);
    expect(closed).toBe(1);
  });
});
