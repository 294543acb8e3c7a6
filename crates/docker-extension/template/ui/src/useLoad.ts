import { useCallback, useEffect, useState } from "react";
import { type Failure, toFailure } from "./failure";

export type LoadState<T> =
  | { kind: "loading" }
  | { kind: "loaded"; value: T }
  | { kind: "failed"; failure: Failure };

/** Calls `load`, which must be the same function in each render, now and when `reload` is called. */
export function useLoad<T>(load: () => Promise<T>): [state: LoadState<T>, reload: () => void] {
  const [state, setState] = useState<LoadState<T>>({ kind: "loading" });
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    // A slow answer must not replace a newer one.
    let isCurrent = true;
    const update = (next: LoadState<T>) => {
      if (isCurrent) setState(next);
    };
    update({ kind: "loading" });
    load().then(
      (value) => update({ kind: "loaded", value }),
      (reason: unknown) => update({ kind: "failed", failure: toFailure(reason) }),
    );
    return () => {
      isCurrent = false;
    };
  }, [load, attempt]);

  const reload = useCallback(() => setAttempt((number) => number + 1), []);
  return [state, reload];
}
