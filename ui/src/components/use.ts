/** Hooks that watch the host and Docker while a component is mounted. */
import { useCallback, useEffect, useMemo, useState } from "react";
import { type Containers, followContainers } from "../containers/follow";
import type { Program } from "../docker/program";
import { followHostPorts, type HostPorts } from "../hostports/follow";
import { freePortAbove } from "../hostports/free";
import { isConflict, type PortRow } from "../ports/row";

/** The host's ports, and a function that lists them again immediately. */
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

/** A free port for each port with a conflict, as far as they are known. */
export function useFreePorts(hostports: Program, rows: PortRow[]): ReadonlyMap<number, number> {
  const [found, setFound] = useState<ReadonlyMap<number, number>>(new Map());
  const taken = useMemo(() => new Set(rows.map(({ port }) => port)), [rows]);

  useEffect(() => {
    let isLeft = false;
    const contested = new Set(rows.filter(isConflict).map(({ port }) => port));
    for (const port of contested) {
      const known = found.get(port);
      if (known !== undefined && !taken.has(known)) continue;
      freePortAbove(hostports, port, (it) => taken.has(it)).then(
        (free) => {
          if (!isLeft) setFound((before) => new Map(before).set(port, free));
        },
        // The conflict is shown without a suggestion.
        () => {},
      );
    }
    return () => {
      isLeft = true;
    };
  }, [hostports, rows, taken, found]);

  return found;
}
