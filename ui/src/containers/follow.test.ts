import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Failure } from "../docker/program";
import { Scripted } from "../testing";
import { type Containers, followContainers } from "./follow";

const RETRY = 5000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A Docker that has so many containers. */
function follow(ids: () => string[]) {
  const docker = new Scripted((asked) => {
    const [command, , , ...rest] = asked.split(" ");
    return command === "ps" ? ids().join("\n") : JSON.stringify(rest.map((Id) => ({ Id })));
  });
  const told: Containers[] = [];
  const stop = followContainers(docker, (known) => told.push(known), RETRY);
  const last = () => {
    const known = told.at(-1);
    return known?.state === "shown" ? known.containers.map(({ id }) => id) : known;
  };
  return { docker, told, last, stop };
}

it("containers are read at once, and when Docker says that something has changed", async () => {
  let ids = ["one"];
  const { docker, told, last } = follow(() => ids);
  await vi.advanceTimersByTimeAsync(0);
  expect(last()).toEqual(["one"]);

  ids = ["one", "two"];
  for (let event = 0; event < 5; event++) docker.print("container start");
  await vi.advanceTimersByTimeAsync(1000);
  expect(last()).toEqual(["one", "two"]);
  expect(told).toHaveLength(2);
});

it("hundreds are read in portions", async () => {
  const ids = Array.from({ length: 60 }, (_, number) => `id${number}`);
  const { docker, last } = follow(() => ids);
  await vi.advanceTimersByTimeAsync(0);
  expect(last()).toEqual(ids);
  expect(docker.asked.filter((asked) => asked.startsWith("inspect"))).toHaveLength(3);
});

it("a Docker that is stopped is told of, and found when it is back", async () => {
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

it("nothing is asked any more when the page is left", async () => {
  const { docker, told, stop } = follow(() => []);
  docker.end();
  stop();
  await vi.advanceTimersByTimeAsync(10 * RETRY);
  expect(told).toEqual([]);
  expect(docker.streams).toEqual([]);
});
