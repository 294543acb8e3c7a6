import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Failure } from "../docker/program";
import { Scripted } from "../testing";
import { followHostPorts, type HostPorts } from "./follow";

const PAUSE = 1000;
const web = { protocol: "tcp", address: "127.0.0.1", port: 8080, pid: 7, process: "web" };
const line = (content: object, schema_version = 2) =>
  JSON.stringify({ schema_version, ...content });
const snapshot = (listeners: object[]) => line({ event: "snapshot", listeners, unseen: [] });
const list = (listeners: object[]) => line({ listeners, unseen: [] });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function follow(answer: (command: string) => string = () => list([])) {
  const hostports = new Scripted(answer);
  const states: HostPorts[] = [];
  const stop = followHostPorts(hostports, (known) => states.push(known), PAUSE);
  const last = () => {
    const known = states.at(-1);
    return known?.state === "shown"
      ? { ports: known.report.listeners.map(({ port }) => port), isLive: known.isLive }
      : known;
  };
  return { hostports, states, last, stop };
}

describe("the list of ports", () => {
  it("starts with the snapshot and changes with each event", () => {
    const { hostports, last } = follow();
    hostports.print(snapshot([web]));
    expect(last()).toEqual({ ports: [8080], isLive: true });
    hostports.print(line({ event: "opened", listener: { ...web, port: 9000 } }));
    hostports.print(line({ event: "opened", listener: { ...web, port: 9000 } }));
    expect(last()).toEqual({ ports: [8080, 9000], isLive: true });
    hostports.print(line({ event: "closed", listener: web }));
    expect(last()).toEqual({ ports: [9000], isLive: true });
  });

  it("ignores unknown events", () => {
    const { hostports, states } = follow();
    hostports.print(snapshot([web]));
    hostports.print(line({ event: "moved" }));
    expect(states).toHaveLength(1);
  });

  it.each([
    ["ends", (hostports: Scripted) => hostports.end()],
    ["fails", (hostports: Scripted) => hostports.end(new Failure("no"))],
    ["prints half a line", (hostports: Scripted) => hostports.print('{"schema')],
  ])("is refreshed by polling if the stream %s, until there is a new stream", async (_, break_) => {
    const { hostports, last } = follow(() => list([web]));
    break_(hostports);
    await vi.advanceTimersByTimeAsync(0);
    expect(last()).toEqual({ ports: [8080], isLive: false });
    expect(hostports.streams).toEqual([]);
    await vi.advanceTimersByTimeAsync(PAUSE);
    expect(hostports.commands).toEqual(["watch", "list", "watch"]);
    hostports.print(snapshot([]));
    expect(last()).toEqual({ ports: [], isLive: true });
  });

  it("fails if the program is missing, and recovers when it is back", async () => {
    let isThere = false;
    const { hostports, last } = follow(() => {
      if (!isThere) throw new Failure("gone", "missing");
      return list([web]);
    });
    hostports.end(new Failure("gone", "missing"));
    await vi.advanceTimersByTimeAsync(0);
    expect(last()).toMatchObject({ state: "failed", failure: { kind: "missing" } });
    isThere = true;
    await vi.advanceTimersByTimeAsync(PAUSE);
    hostports.end();
    await vi.advanceTimersByTimeAsync(0);
    expect(last()).toEqual({ ports: [8080], isLive: false });
  });

  it("is not left waiting for a stream or a list that says nothing", async () => {
    const tooLong = new Failure("it did not respond");
    const { hostports, last } = follow(() => {
      throw tooLong;
    });
    expect(hostports.silences).toEqual([expect.any(Number)]);
    hostports.end(tooLong);
    await vi.advanceTimersByTimeAsync(0);
    expect(last()).toEqual({ state: "failed", failure: tooLong });
    await vi.advanceTimersByTimeAsync(PAUSE);
    expect(hostports.commands).toEqual(["watch", "list", "watch"]);
  });

  it("fails if the program is newer, and suggests an update", async () => {
    const { hostports, last } = follow(() => line({ listeners: [] }, 3));
    hostports.print(line({ event: "snapshot", listeners: [] }, 3));
    await vi.advanceTimersByTimeAsync(0);
    expect(last()).toMatchObject({
      failure: { message: expect.stringMatching(/Update the extension/) },
    });
  });

  it("is not requested after the page is closed", async () => {
    const { hostports, states, stop } = follow();
    hostports.end();
    stop();
    await vi.advanceTimersByTimeAsync(10 * PAUSE);
    expect([states, hostports.commands]).toEqual([[], ["watch", "list"]]);

    const other = follow();
    other.hostports.print(snapshot([]));
    other.stop();
    expect(other.hostports.streams).toEqual([]);
  });
});
