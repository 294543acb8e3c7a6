import type { v1 } from "@docker/extension-api-client-types";
import { describe, expect, it } from "vitest";
import type { DockerDesktop } from "./client";
import { dockerCli, Failure, hostports } from "./program";

type Stream = v1.ExecStreamOptions;

/** A Docker Desktop that answers so, and keeps what it was asked. */
function desktop(answer: (stream: Stream | undefined) => unknown, platform = "darwin") {
  const asked: unknown[] = [];
  let closed = 0;
  const exec = (command: string, args: string[], options?: { stream: Stream }) => {
    asked.push([command, ...args]);
    const answered = answer(options?.stream);
    return options ? { close: () => closed++ } : answered;
  };
  const docker = {
    host: { platform },
    extension: { host: { cli: { exec } } },
    docker: { cli: { exec } },
  };
  return { docker: docker as unknown as DockerDesktop, asked, closed: () => closed };
}

const failure = (run: Promise<unknown>) =>
  run.then(
    () => undefined,
    (reason: unknown) => reason,
  );

describe("a program", () => {
  it("is called as the platform calls it, and Docker without its name", async () => {
    const { docker, asked } = desktop(() => Promise.resolve({ stdout: "{}" }), "win32");
    expect(await hostports(docker).run(["list"])).toBe("{}");
    await dockerCli(docker).run(["ps", "--all"]);
    expect(asked).toEqual([
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
  ])("is told to be missing %s", async (_, reason) => {
    const { docker } = desktop(() => Promise.reject(reason));
    expect(await failure(hostports(docker).run([]))).toMatchObject({ kind: "missing" });
  });

  it("is missing where the extension was installed without any", async () => {
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
    [{ code: 9, stderr: "", stdout: "" }, "hostports ended without giving a reason (exit code 9)."],
    [undefined, "hostports ended without giving a reason."],
  ])("fails with a reason, whatever Docker Desktop throws: %o", async (reason, message) => {
    const { docker } = desktop(() => Promise.reject(reason));
    const thrown = await failure(hostports(docker).run([]));
    expect(thrown).toBeInstanceOf(Failure);
    expect(thrown).toMatchObject({ message, kind: "failed" });
  });
});

describe("a stream", () => {
  function read(script: (stream: Required<Stream>) => void, leaveAfter = Infinity) {
    const told: unknown[] = [];
    let began: Stream | undefined;
    const { docker, closed } = desktop((stream) => {
      began = stream;
    });
    const close = hostports(docker).stream(["watch"], {
      onLine(line) {
        told.push(line);
        if (told.length === leaveAfter) close();
      },
      onEnd: (reason) => told.push(reason?.message ?? "ended well"),
    });
    script(began as Required<Stream>);
    return { told, closed: closed() };
  }

  it("hands on whole lines, however they were cut, and no keep-alive", () => {
    const { told } = read(({ onOutput, onClose }) => {
      onOutput({ stdout: '{"a":' });
      onOutput({ stdout: "1}\n   \n" });
      onOutput({ stderr: "a warning" });
      onOutput({ stdout: '  {"b":2}\r\n{"c":3}' });
      onClose(0);
    });
    expect(told).toEqual(['{"a":1}', '  {"b":2}\r', '{"c":3}', "ended well"]);
  });

  it("ends once, with what the program complained about", () => {
    const { told } = read(({ onOutput, onError, onClose }) => {
      onOutput({ stderr: "no rights" });
      onClose(1);
      onError(new Error("again"));
      onClose(1);
    });
    expect(told).toEqual(["no rights"]);
  });

  it("says nothing any more when it was left, not even the rest of what has come", () => {
    const { told, closed } = read(({ onOutput, onClose }) => {
      onOutput({ stdout: "1\n2\n3\n" });
      onClose(-1);
    }, 2);
    expect(told).toEqual(["1", "2"]);
    expect(closed).toBe(1);
  });
});
