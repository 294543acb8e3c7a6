import type { v1 } from "@docker/extension-api-client-types";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { DockerDesktop } from "./client";
import { dockerCli, Failure, hostports } from "./program";

type Stream = Required<v1.ExecStreamOptions>;

/** Docker Desktop calls a stream's methods later. */
type Answer = (stream: Stream) => void;

const printing =
  (stdout: string): Answer =>
  ({ onOutput, onClose }) => {
    onOutput({ stdout });
    onClose(0);
  };
const failing =
  (reason: unknown): Answer =>
  ({ onError }) =>
    onError(reason);
const exiting =
  (code: number, stderr: string): Answer =>
  ({ onOutput, onClose }) => {
    onOutput({ stderr });
    onClose(code);
  };

/** A fake Docker Desktop that records its commands. */
function desktop(answer: Answer = () => {}, { platform = "darwin", close = () => {} } = {}) {
  const commands: unknown[] = [];
  const streams: Stream[] = [];
  let closed = 0;
  const exec = (command: string, args: string[], { stream }: { stream: Stream }) => {
    commands.push([command, ...args]);
    streams.push(stream);
    queueMicrotask(() => answer(stream));
    return {
      close() {
        closed++;
        close();
      },
    };
  };
  const docker = {
    host: { platform },
    extension: { host: { cli: { exec } } },
    docker: { cli: { exec } },
  };
  return {
    docker: docker as unknown as DockerDesktop,
    commands,
    streams,
    closed: () => closed,
  };
}

const failure = (run: Promise<unknown>) =>
  run.then(
    () => undefined,
    (reason: unknown) => reason,
  );

describe("a program", () => {
  it("has the suffix .exe on Windows, and docker is not part of its own arguments", async () => {
    const { docker, commands } = desktop(printing("{}"), { platform: "win32" });
    expect(await hostports(docker).run(["list"])).toBe("{}");
    await dockerCli(docker).run(["ps", "--all"]);
    expect(commands).toEqual([
      ["hostports.exe", "list"],
      ["ps", "--all"],
    ]);
  });

  it("returns its whole output, however it is split", async () => {
    const { docker } = desktop(({ onOutput, onClose }) => {
      onOutput({ stdout: '{"a"' });
      onOutput({ stderr: "a warning" });
      onOutput({ stdout: ":1}\n" });
      onClose(0);
    });
    expect(await hostports(docker).run(["list"])).toBe('{"a":1}\n');
  });

  it.each([
    ["by Node", failing(Object.assign(new Error("spawn /x/hostports ENOENT"), { code: "ENOENT" }))],
    ["by a shell", exiting(127, "/bin/sh: hostports: not here")],
    ["by another shell", exiting(1, "zsh: command not found: hostports")],
    ["by Windows", exiting(1, "'hostports.exe' is not recognized as an internal command")],
    ["by Go", failing('exec: "hostports": executable file not found in $PATH')],
  ])("is reported as missing %s", async (_, answer) => {
    const { docker } = desktop(answer);
    expect(await failure(hostports(docker).run([]))).toMatchObject({ kind: "missing" });
  });

  it("is reported as missing if the extension has no host binaries", async () => {
    const { docker } = desktop();
    const without = { ...docker, extension: {} } as unknown as DockerDesktop;
    expect(await failure(hostports(without).run([]))).toMatchObject({ kind: "missing" });
    expect(
      await new Promise((onEnd) => hostports(without).stream([], { onLine() {}, onEnd })),
    ).toMatchObject({ kind: "missing" });
  });

  it.each([
    [exiting(1, " no rights\n"), "no rights"],
    [failing(new Error("it broke")), "it broke"],
    [failing("it broke"), "it broke"],
    [exiting(9, ""), "hostports failed without a message (exit status 9)."],
    [failing(undefined), "hostports failed without a message."],
  ])("fails with a message, whatever Docker Desktop reports: %#", async (answer, message) => {
    const thrown = await failure(hostports(desktop(answer).docker).run([]));
    expect(thrown).toBeInstanceOf(Failure);
    expect(thrown).toMatchObject({ message, kind: "failed" });
  });

  it("that can't be started fails with a message", async () => {
    const { docker } = desktop();
    const exec = () => {
      throw new Error("no backend");
    };
    const broken = { ...docker, docker: { cli: { exec } } } as unknown as DockerDesktop;
    expect(await failure(dockerCli(broken).run(["ps"]))).toMatchObject({ message: "no backend" });
  });

  describe("that hangs", () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    it.each([
      ["without output", () => {}],
      ["after half of its output", ({ onOutput }: Stream) => onOutput({ stdout: '{"sch' })],
    ])("is ended, and fails with a message: %s", async (_, answer) => {
      const { docker, closed } = desktop(answer);
      const thrown = failure(hostports(docker).run(["list"]));
      await vi.runAllTimersAsync();
      expect(await thrown).toMatchObject({
        message: "hostports did not respond within 15 seconds, so it was ended.",
      });
      expect(closed()).toBe(1);
    });

    it("has this message even if Docker Desktop reports the end immediately", async () => {
      const close = () => streams[0]?.onClose(-1);
      const { docker, streams } = desktop(() => {}, { close });
      const thrown = failure(hostports(docker).run(["list"]));
      await vi.runAllTimersAsync();
      expect(await thrown).toMatchObject({ message: expect.stringContaining("15 seconds") });
    });

    it("is not ended if it has answered", async () => {
      const { docker, closed } = desktop(printing("{}"));
      await hostports(docker).run(["list"]);
      await vi.runAllTimersAsync();
      expect(closed()).toBe(0);
    });
  });
});

describe("a stream", () => {
  function open({ leaveAfter = Infinity, silence = undefined as number | undefined } = {}) {
    const calls: unknown[] = [];
    const { docker, streams, closed } = desktop();
    const reader = {
      onLine(line: string) {
        calls.push(line);
        if (calls.length === leaveAfter) close();
      },
      onEnd: (reason: Failure | undefined) => calls.push(reason?.message ?? "success"),
    };
    const close = hostports(docker).stream(["watch"], reader, silence);
    return { calls, closed, stream: streams[0] as Stream };
  }
  function read(script: Answer, leaveAfter?: number) {
    const { calls, closed, stream } = open({ ...(leaveAfter && { leaveAfter }) });
    script(stream);
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

  describe("with a limit for its silence", () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    it("is ended if there is no output for that time", async () => {
      const { calls, closed } = open({ silence: 10_000 });
      await vi.runAllTimersAsync();
      expect(calls).toEqual(["hostports did not respond within 10 seconds, so it was ended."]);
      expect(closed()).toBe(1);
    });

    it("is kept while there is output, even if it is blank", async () => {
      const { calls, closed, stream } = open({ silence: 10_000 });
      for (let second = 0; second < 60; second += 3) {
        stream.onOutput({ stdout: " " });
        await vi.advanceTimersByTimeAsync(3000);
      }
      stream.onClose(0);
      await vi.runAllTimersAsync();
      expect(calls).toEqual(["success"]);
      expect(closed()).toBe(0);
    });
  });

  it("without a limit may be silent", async () => {
    vi.useFakeTimers();
    const { calls, closed } = open();
    await vi.runAllTimersAsync();
    vi.useRealTimers();
    expect([calls, closed()]).toEqual([[], 0]);
  });
});
