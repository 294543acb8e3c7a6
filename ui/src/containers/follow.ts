import { asFailure, Failure, type Program } from "../docker/program";
import { type Container, parseContainers } from "./container";

/** The list of containers, if it is known. */
export type Containers =
  | { state: "loading" }
  | { state: "shown"; containers: Container[] }
  | { state: "failed"; failure: Failure };

/** Events that can change which container uses or needs a port. */
const EVENTS = ["create", "start", "die", "destroy", "rename", "update", "pause", "unpause"];

/** Compose starts many containers at once: they are listed when there was no event for this time. */
const QUIET_MILLISECONDS = 200;
const RETRY_MILLISECONDS = 5000;

/**
 * The number of containers in one `docker inspect`. It keeps the output below the limit of Docker Desktop's
 * buffer, and the command line below that of Windows.
 */
const BATCH_SIZE = 25;

/** Reports the list of containers and its changes. Returns a function that stops it. */
export function followContainers(
  docker: Program,
  report: (known: Containers) => void,
  retry = RETRY_MILLISECONDS,
): () => void {
  let isOver = false;
  let closeStream = () => {};
  let timer: ReturnType<typeof setTimeout> | undefined;
  // The number of the latest read: the results of earlier ones are ignored.
  let reading = 0;

  async function read() {
    const number = ++reading;
    let known: Containers;
    try {
      known = { state: "shown", containers: await readContainers(docker) };
    } catch (reason) {
      known = { state: "failed", failure: asFailure(reason) };
    }
    if (isOver || number !== reading) return;
    report(known);
    // An event that tells that Docker answers again may never come, for example if it hangs.
    if (known.state === "failed") later(retry, follow);
  }

  function later(milliseconds: number, action: () => void) {
    clearTimeout(timer);
    timer = setTimeout(action, milliseconds);
  }

  function follow() {
    closeStream();
    void read();
    const filters = ["type=container", ...EVENTS.map((event) => `event=${event}`)];
    closeStream = docker.stream(["events", ...filters.flatMap((it) => ["--filter", it])], {
      onLine: () => later(QUIET_MILLISECONDS, () => void read()),
      // Docker was stopped or is missing.
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
  for (let start = 0; start < ids.length; start += BATCH_SIZE) {
    const batch = ids.slice(start, start + BATCH_SIZE);
    containers.push(
      ...parseContainers(await docker.run(["inspect", "--type", "container", ...batch])),
    );
  }
  return containers;
}
