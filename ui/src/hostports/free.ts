import { Failure, type Program } from "../docker/program";
import { isNatural, isRecord } from "../json";

const LOWEST = 1024;
const HIGHEST = 65_535;

/** How often it is asked for another one: each time it is a program that runs. */
const ATTEMPTS = 32;

/**
 * The first port above `port` that nothing holds, and that is not spoken for. It is found by
 * `hostports free`, which tries to bind it. Throws a {@link Failure}.
 */
export async function freePortAbove(
  hostports: Program,
  port: number,
  isSpokenFor: (port: number) => boolean,
): Promise<number> {
  let from = port + 1;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (from > HIGHEST) from = LOWEST;
    const free = parseFreePort(await hostports.run(["free", "--from", String(from)]));
    if (!isSpokenFor(free)) return free;
    from = free + 1;
  }
  throw new Failure("The next free ports are all spoken for.");
}

export function parseFreePort(output: string): number {
  const [port] = listed(output);
  if (!isNatural(port)) {
    throw new Failure("What the hostports program says of free ports can't be read.");
  }
  return port;
}

function listed(output: string): unknown[] {
  try {
    const value: unknown = JSON.parse(output);
    return isRecord(value) && Array.isArray(value.ports) ? value.ports : [];
  } catch {
    return [];
  }
}
