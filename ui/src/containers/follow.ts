import { asFailure, Failure, type Program } from "../docker/program";
import { type Container, parseContainers } from "./container";

/** What is known of the containers. */
export type Containers =
  | { state: "loading" }
  | { state: "shown"; containers: Container[] }
  | { state: "failed"; failure: Failure };

/** What changes who holds or wants a port. */
const EVENTS = ["create", "start", "die", "destroy", "rename", "update", "pause", "unpause"];

/** Compose starts many containers at once: they are read when it has been quiet for so long. */
const QUIET_MILLISECONDS = 200;
const RETRY_MILLISECONDS = 5000;

/**
 * What is written in one go, so that it fits into the buffer of whoever runs Docker for us, and the
 * command line into that of Windows.
 */
const CONTAINERS_AT_ONCE = 25;

/** Tells which containers there are, from now on. Returns what ends it. */
export function followContainers(
  docker: Program,
  tell: (known: Containers) => void,
  retry = RETRY_MILLISECONDS,
): () => void {
  let isOver = false;
  let closeStream = () => {};
  let timer: ReturnType<typeof setTimeout> | undefined;
  // A number for each time that it is read: the last one is right.
  let reading = 0;

  async function read() {
    const number = ++reading;
    let known: Containers;
    try {
      known = { state: "shown", containers: await readContainers(docker) };
    } catch (reason) {
      known = { state: "failed", failure: asFailure(reason) };
    }
    if (!isOver && number === reading) tell(known);
  }

  function later(milliseconds: number, what: () => void) {
    clearTimeout(timer);
    timer = setTimeout(what, milliseconds);
  }

  function follow() {
    void read();
    const filters = ["type=container", ...EVENTS.map((event) => `event=${event}`)];
    closeStream = docker.stream(["events", ...filters.flatMap((it) => ["--filter", it])], {
      onLine: () => later(QUIET_MILLISECONDS, () => void read()),
      // Docker was stopped, or isn't there: it is tried again.
      onEnd: () => later(retry, follow),
    });
  }

  follow();
  return () => {
    isOver = true;
    clearTimeout(timer);
    closeStream();
  };
}

async function readContainers(docker: Program): Promise<Container[]> {
  const output = await docker.run(["ps", "--all", "--quiet", "--no-trunc"]);
  const ids = output.split(/\s+/).filter(Boolean);
  const containers: Container[] = [];
  for (let begin = 0; begin < ids.length; begin += CONTAINERS_AT_ONCE) {
    const some = ids.slice(begin, begin + CONTAINERS_AT_ONCE);
    containers.push(
      ...parseContainers(await docker.run(["inspect", "--type", "container", ...some])),
    );
  }
  return containers;
}
