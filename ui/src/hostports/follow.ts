import { asFailure, type Failure, type Program, type StreamReader } from "../docker/program";
import { changed, parseChange, parseReport, type Report } from "./report";

/** The host's ports, if they are known. */
export type HostPorts =
  | { state: "loading" }
  /** `isLive`: changes arrive immediately. Otherwise the ports are listed every few seconds. */
  | { state: "shown"; report: Report; isLive: boolean }
  | { state: "failed"; failure: Failure };

/** The time between two attempts to start `hostports watch`. */
const PAUSE_MILLISECONDS = 3000;

/** `hostports watch` prints something every 3 seconds. After this time without output, it hangs. */
const SILENCE_MILLISECONDS = 10_000;

/**
 * Reports the host's ports and their changes with `hostports watch`. While that fails, it polls
 * `hostports list`. Returns a function that stops it.
 */
export function followHostPorts(
  hostports: Program,
  tell: (known: HostPorts) => void,
  pause = PAUSE_MILLISECONDS,
): () => void {
  let isOver = false;
  let closeStream = () => {};
  let timer: ReturnType<typeof setTimeout> | undefined;

  function watch() {
    let report: Report | undefined;
    let isLost = false;
    const lose = () => {
      if (isLost) return;
      isLost = true;
      closeStream();
      void list();
    };
    closeStream = () => {};
    const reader: StreamReader = {
      onLine(line) {
        try {
          const change = parseChange(line);
          if (isLost || !change) return;
          if (!report && change.event !== "snapshot") return;
          report = changed(report ?? { listeners: [], unseen: [] }, change);
          tell({ state: "shown", report, isLive: true });
        } catch {
          lose();
        }
      },
      onEnd: lose,
    };
    const close = hostports.stream(["watch"], reader, SILENCE_MILLISECONDS);
    closeStream = close;
    if (isLost || isOver) close();
  }

  async function list() {
    let known: HostPorts;
    try {
      known = {
        state: "shown",
        report: parseReport(await hostports.run(["list"])),
        isLive: false,
      };
    } catch (reason) {
      known = { state: "failed", failure: asFailure(reason) };
    }
    if (isOver) return;
    tell(known);
    timer = setTimeout(watch, pause);
  }

  watch();
  return () => {
    isOver = true;
    clearTimeout(timer);
    closeStream();
  };
}
