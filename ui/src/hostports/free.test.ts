import { describe, expect, it, vi } from "vitest";
import { Failure } from "../docker/program";
import { Scripted } from "../testing";
import { freePorts, parseFreePorts, searchFreePorts } from "./free";

/** Like the program, on a computer where these ports are in use. */
function computer(...inUse: number[]) {
  return new Scripted((command) => {
    const [, , from, , count] = command.split(" ").map(Number);
    const ports = [];
    for (let port = from ?? 0; ports.length < (count ?? 0); port++) {
      if (port > 65_535) throw new Failure("only some free ports");
      if (!inUse.includes(port)) ports.push(port);
    }
    return JSON.stringify({ schema_version: 2, ports });
  });
}

const NONE: ReadonlySet<number> = new Set();
const find = async (
  hostports: Scripted,
  wanted: Record<string, number>,
  taken = NONE,
  known: Record<string, number> = {},
) => {
  const found = await freePorts(
    hostports,
    new Map(Object.entries(wanted)),
    taken,
    new Map(Object.entries(known)),
  );
  return Object.fromEntries(found);
};

describe("each conflict", () => {
  it("gets a different free port, also if they are for the same port", async () => {
    const hostports = computer(8080, 8081, 8083);
    expect(await find(hostports, { a: 8080, b: 8080, c: 8081, d: 9000 })).toEqual({
      a: 8082,
      b: 8084,
      c: 8085,
      d: 9001,
    });
    expect(hostports.commands).toHaveLength(2);
  });

  it("gets a different free port if there are many", async () => {
    const wanted = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`${index}`, 80]));
    const found = Object.values(await find(computer(80), wanted));
    expect(new Set(found).size).toBe(100);
    expect(Math.max(...found)).toBe(180);
  });

  it("gets a port that no container needs", async () => {
    const needed = new Set(Array.from({ length: 1000 }, (_, index) => 8081 + index));
    const hostports = computer(8080);
    expect(await find(hostports, { a: 8080 }, needed)).toEqual({ a: 9081 });
    expect(hostports.commands).toHaveLength(1);
    const scattered = new Set([...needed].map((port) => 8080 + 2 * (port - 8080)));
    expect(await find(computer(8080), { a: 8081, b: 8082 }, scattered)).toEqual({ a: 8083, b: 8085 });
  });

  it("keeps its port as long as that is free", async () => {
    const hostports = computer(8080);
    const known = { a: 8085, gone: 8086 };
    expect(await find(hostports, { a: 8080 }, NONE, known)).toEqual({ a: 8085 });
    expect(hostports.commands).toEqual([]);
    expect(await find(hostports, { a: 8080 }, new Set([8085]), known)).toEqual({ a: 8081 });
  });

  it("gets a port above 1024 if no higher one is free", async () => {
    expect(await find(computer(65_535), { a: 65_535, b: 65_534 })).toEqual({ b: 1024, a: 1025 });
    expect(await find(computer(65_534, 65_535), { a: 65_530 })).toEqual({ a: 1024 });
  });
});

it("the search stops if the program always returns the same port", async () => {
  const hostports = new Scripted(() => '{"schema_version":2,"ports":[8081]}');
  await expect(find(hostports, { a: 8080 }, new Set([8081]))).rejects.toThrow("reserved");
  expect(hostports.commands.length).toBeLessThan(100);
});

it.each(["", "null", "{}", '{"ports":[]}', '{"ports":["8081"]}'])("rejects %j", (output) => {
  expect(() => parseFreePorts(output)).toThrow("no free port");
});

describe("the search", () => {
  const wanted = new Map([["a", 8080]]);

  it("reports changes only, and drops a port as soon as it is taken", async () => {
    const report = vi.fn();
    const search = searchFreePorts(computer(8080), report);
    search.update(wanted, NONE);
    await vi.waitFor(() => expect(report).toHaveBeenLastCalledWith(new Map([["a", 8081]])));
    search.update(wanted, NONE);
    expect(report).toHaveBeenCalledTimes(1);
    search.update(wanted, new Set([8081]));
    expect(report).toHaveBeenLastCalledWith(new Map());
    await vi.waitFor(() => expect(report).toHaveBeenLastCalledWith(new Map([["a", 8082]])));
  });

  it("runs one program at a time, and ends with the page", async () => {
    const hostports = computer(8080);
    const report = vi.fn();
    const search = searchFreePorts(hostports, report);
    for (let change = 0; change < 10; change++) search.update(wanted, NONE);
    expect(hostports.commands).toHaveLength(1);
    search.stop();
    await new Promise((resolve) => setTimeout(resolve));
    expect(hostports.commands).toHaveLength(1);
    expect(report).not.toHaveBeenCalled();
  });

  it("finds nothing while the program fails, and tries again after a while", async () => {
    let isBroken = true;
    const report = vi.fn();
    const hostports = new Scripted(() => {
      if (isBroken) throw new Failure("no");
      return '{"ports":[9000]}';
    });
    vi.useFakeTimers();
    const search = searchFreePorts(hostports, report, 5000);
    search.update(wanted, NONE);
    await vi.advanceTimersByTimeAsync(4999);
    expect(report).not.toHaveBeenCalled();
    isBroken = false;
    await vi.advanceTimersByTimeAsync(1);
    expect(report).toHaveBeenLastCalledWith(new Map([["a", 9000]]));
    isBroken = true;
    search.update(new Map([["b", 70]]), NONE);
    await vi.advanceTimersByTimeAsync(0);
    const { length } = hostports.commands;
    search.stop();
    await vi.runAllTimersAsync();
    expect(hostports.commands).toHaveLength(length);
    vi.useRealTimers();
  });
});
