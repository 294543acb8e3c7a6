/** Hooks that watch the host and Docker while a component is mounted. */
import { useCallback, useEffect, useRef, useState } from "react";
import { type Containers, followContainers } from "../containers/follow";
import type { Program } from "../docker/program";
import { followHostPorts, type HostPorts } from "../hostports/follow";
import { type FreePorts, type FreePortSearch, searchFreePorts } from "../hostports/free";
import { contested, type PortRow } from "../ports/row";

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

/** A different free port for each conflict, as far as they are known, by {@link needKey}. */
export function useFreePorts(hostports: Program, rows: PortRow[]): FreePorts {
  const [known, setKnown] = useState<FreePorts>(new Map());
  const search = useRef<FreePortSearch>(undefined);
  useEffect(() => {
    search.current = searchFreePorts(hostports, setKnown);
    return () => search.current?.stop();
  }, [hostports]);
  useEffect(() => {
    search.current?.update(contested(rows), new Set(rows.map(({ port }) => port)));
  }, [hostports, rows]);
  return known;
}
