/** Finds free ports with `hostports free`, which binds them to be sure. */
import { Failure, type Program } from "../docker/program";
import { isNatural, isRecord } from "../json";

const LOWEST = 1024;
const HIGHEST = 65_535;

/** The ports of one run of the program. Nearby conflicts share it. */
const BATCH_SIZE = 16;

/** The runs of the program for one port, if all ports that it returns are taken. */
const ATTEMPTS = 16;

/** The ports that need a replacement, by any key. The same port may have several keys. */
export type Wanted = ReadonlyMap<string, number>;

/** A different free port for each key. */
export type FreePorts = ReadonlyMap<string, number>;

/** The part of `known` that still holds: the key is wanted, and nothing has taken its port. */
export function stillFree(known: FreePorts, wanted: Wanted, taken: ReadonlySet<number>): FreePorts {
  return new Map([...known].filter(([key, port]) => wanted.has(key) && !taken.has(port)));
}

/**
 * Finds a free port above each wanted port, which isn't in `taken` and isn't found for another key. Keeps
 * those of `known` that still hold. After the highest port, the search continues at 1024. Throws a
 * {@link Failure}.
 */
export async function freePorts(
  hostports: Program,
  wanted: Wanted,
  taken: ReadonlySet<number>,
  known: FreePorts,
): Promise<FreePorts> {
  const found = new Map(stillFree(known, wanted, taken));
  const used = new Set([...taken, ...found.values()]);
  const missing = [...wanted].filter(([key]) => !found.has(key)).sort(([, a], [, b]) => a - b);
  let batch: Batch = { from: 0, ports: [] };

  async function next(port: number): Promise<number> {
    let from = port + 1;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      while (used.has(from)) from++;
      const known = batch.from <= from ? batch.ports : [];
      const free = known.find((it) => it >= from && !used.has(it));
      if (free !== undefined) return free;
      const start = Math.max(from, (known.at(-1) ?? 0) + 1);
      batch = await listFrom(hostports, start > HIGHEST ? LOWEST : start);
      from = batch.from;
    }
    throw new Failure("The next free ports are all reserved for containers.");
  }

  for (const [key, port] of missing) {
    const free = await next(port);
    found.set(key, free);
    used.add(free);
  }
  return found;
}

/** All free ports between `from` and the last of them. */
interface Batch {
  from: number;
  ports: number[];
}

async function listFrom(hostports: Program, from: number): Promise<Batch> {
  const count = Math.min(BATCH_SIZE, HIGHEST - from + 1);
  const list = (start: number) =>
    hostports.run(["free", "--from", String(start), "--count", String(count)]);
  try {
    return { from, ports: parseFreePorts(await list(from)) };
  } catch (reason) {
    if (from === LOWEST) throw reason;
    // Not enough ports are free above it.
    return { from: LOWEST, ports: parseFreePorts(await list(LOWEST)) };
  }
}

export function parseFreePorts(output: string): number[] {
  const ports = listed(output).filter((it) => isNatural(it) && it <= HIGHEST) as number[];
  if (ports.length === 0) {
    throw new Failure("The output of `hostports free` contains no free port.");
  }
  return ports;
}

function listed(output: string): unknown[] {
  try {
    const value: unknown = JSON.parse(output);
    return isRecord(value) && Array.isArray(value.ports) ? value.ports : [];
  } catch {
    return [];
  }
}

export interface FreePortSearch {
  /** Searches for what is missing. */
  update(wanted: Wanted, taken: ReadonlySet<number>): void;
  stop(): void;
}

const RETRY_MILLISECONDS = 5000;

/**
 * Reports a free port for each wanted one, one search at a time. Ports that aren't found are missing, and are
 * searched again after a while.
 */
export function searchFreePorts(
  hostports: Program,
  report: (known: FreePorts) => void,
  retry = RETRY_MILLISECONDS,
): FreePortSearch {
  let isOver = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isSearching = false;
  let pending: [Wanted, ReadonlySet<number>] | undefined;
  let known: FreePorts = new Map();

  function tell(next: FreePorts) {
    const isSame =
      next.size === known.size && [...next].every(([key, port]) => known.get(key) === port);
    known = next;
    if (!isSame && !isOver) report(known);
  }

  async function search() {
    if (isSearching) return;
    isSearching = true;
    while (pending && !isOver) {
      const [wanted, taken] = pending;
      pending = undefined;
      try {
        tell(await freePorts(hostports, wanted, taken, known));
      } catch {
        // The conflicts are shown without a suggestion.
        if (!pending && !isOver) timer = setTimeout(() => update(wanted, taken), retry);
      }
    }
    isSearching = false;
  }

  function update(wanted: Wanted, taken: ReadonlySet<number>) {
    clearTimeout(timer);
    tell(stillFree(known, wanted, taken));
    pending = [wanted, taken];
    void search();
  }

  return {
    update,
    stop() {
      isOver = true;
      clearTimeout(timer);
    },
  };
}
