/** What is followed while it is shown, and left when it is not. */
import { useCallback, useEffect, useMemo, useState } from "react";
import { type Containers, followContainers } from "../containers/follow";
import type { Program } from "../docker/program";
import { followHostPorts, type HostPorts } from "../hostports/follow";
import { freePortAbove } from "../hostports/free";
import { isConflict, type PortRow } from "../ports/row";

/** What holds the host's ports, and what asks anew at once. */
export function useHostPorts(hostports: Program): [HostPorts, retry: () => void] {
  const [known, setKnown] = useState<HostPorts>({ state: "loading" });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => followHostPorts(hostports, setKnown), [hostports, attempt]);
  const retry = useCallback(() => {
    setKnown({ state: "loading" });
    setAttempt((number) => number + 1);
  }, []);
  return [known, retry];
}

export function useContainers(docker: Program): Containers {
  const [known, setKnown] = useState<Containers>({ state: "loading" });
  useEffect(() => followContainers(docker, setKnown), [docker]);
  return known;
}

/** A free port for each that is taken and wanted; what isn't known yet is missing. */
export function useFreePorts(hostports: Program, rows: PortRow[]): ReadonlyMap<number, number> {
  const [found, setFound] = useState<ReadonlyMap<number, number>>(new Map());
  const taken = useMemo(() => new Set(rows.map(({ port }) => port)), [rows]);

  useEffect(() => {
    let isLeft = false;
    const wanted = new Set(rows.filter(isConflict).map(({ port }) => port));
    for (const port of wanted) {
      const known = found.get(port);
      if (known !== undefined && !taken.has(known)) continue;
      freePortAbove(hostports, port, (it) => taken.has(it)).then(
        (free) => {
          if (!isLeft) setFound((before) => new Map(before).set(port, free));
        },
        // The conflict is shown without it.
        () => {},
      );
    }
    return () => {
      isLeft = true;
    };
  }, [hostports, rows, taken, found]);

  return found;
}
