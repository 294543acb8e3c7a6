import { asFailure, type Failure, type Program } from "../docker/program";
import { changed, parseChange, parseReport, type Report } from "./report";

/** What is known of the host's ports. */
export type HostPorts =
  | { state: "loading" }
  /** `isLive`: changes are told as they happen; else it is asked again and again. */
  | { state: "shown"; report: Report; isLive: boolean }
  | { state: "failed"; failure: Failure };

/** How long until it is tried again, where nobody tells of changes. */
const PAUSE_MILLISECONDS = 3000;

/**
 * Tells what holds the host's ports, from now on: what `hostports watch` says, and while that can't
 * be had, what `hostports list` says. It gives up never. Returns what ends it.
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
    const close = hostports.stream(["watch"], {
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
    });
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
