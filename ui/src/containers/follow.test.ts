import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Failure } from "../docker/program";
import { Scripted } from "../testing";
import { type Containers, followContainers } from "./follow";

const RETRY = 5000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Follows a fake Docker with these containers. */
function follow(ids: () => string[]) {
  const docker = new Scripted((line) => {
    const [command, , , ...rest] = line.split(" ");
    return command === "ps" ? ids().join("\n") : JSON.stringify(rest.map((Id) => ({ Id })));
  });
  const states: Containers[] = [];
  const stop = followContainers(docker, (known) => states.push(known), RETRY);
  const last = () => {
    const known = states.at(-1);
    return known?.state === "shown" ? known.containers.map(({ id }) => id) : known;
  };
  return { docker, states, last, stop };
}

it("containers are listed immediately, and again after events", async () => {
  let ids = ["one"];
  const { docker, states, last } = follow(() => ids);
  await vi.advanceTimersByTimeAsync(0);
  expect(last()).toEqual(["one"]);

  ids = ["one", "two"];
  for (let event = 0; event < 5; event++) docker.print("container start");
  await vi.advanceTimersByTimeAsync(1000);
  expect(last()).toEqual(["one", "two"]);
  expect(states).toHaveLength(2);
});

it("many containers are inspected in batches", async () => {
  const ids = Array.from({ length: 60 }, (_, number) => `id${number}`);
  const { docker, last } = follow(() => ids);
  await vi.advanceTimersByTimeAsync(0);
  expect(last()).toEqual(ids);
  expect(docker.commands.filter((command) => command.startsWith("inspect"))).toHaveLength(3);
});

it("a stopped Docker is reported, and containers are listed when it is back", async () => {
  let isRunning = false;
  const { docker, last } = follow(() => {
    if (!isRunning) throw new Failure("no daemon");
    return ["one"];
  });
  docker.end(new Failure("no daemon"));
  await vi.advanceTimersByTimeAsync(0);
  expect(last()).toMatchObject({ state: "failed", failure: { message: "no daemon" } });
  isRunning = true;
  await vi.advanceTimersByTimeAsync(RETRY);
  expect(last()).toEqual(["one"]);
  expect(docker.streams).toHaveLength(1);
});

it("after a failure containers are listed again, even if Docker sends no event", async () => {
  let isHanging = true;
  const { docker, last } = follow(() => {
    if (isHanging) throw new Failure("it did not respond");
    return ["one"];
  });
  await vi.advanceTimersByTimeAsync(0);
  expect(last()).toMatchObject({ state: "failed" });
  isHanging = false;
  await vi.advanceTimersByTimeAsync(RETRY);
  expect(last()).toEqual(["one"]);
  expect(docker.streams).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(10 * RETRY);
  expect(docker.commands.filter((command) => command.startsWith("ps"))).toHaveLength(2);
});

it("no command runs after the page is closed", async () => {
  const { docker, states, stop } = follow(() => []);
  docker.end();
  stop();
  await vi.advanceTimersByTimeAsync(10 * RETRY);
  expect(states).toEqual([]);
  expect(docker.streams).toEqual([]);
});
