import { Failure, type Program } from "../docker/program";
import { isNatural, isRecord } from "../json";

const LOWEST = 1024;
const HIGHEST = 65_535;

/** Each attempt runs the program once. */
const ATTEMPTS = 32;

/**
 * The first free port above `port` for which `isTaken` is false. `hostports free` finds free ports by
 * binding them. After the highest port, the search continues at the lowest. Throws a {@link Failure}.
 */
export async function freePortAbove(
  hostports: Program,
  port: number,
  isTaken: (port: number) => boolean,
): Promise<number> {
  let from = port + 1;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (from > HIGHEST) from = LOWEST;
    const free = parseFreePort(await hostports.run(["free", "--from", String(from)]));
    if (!isTaken(free)) return free;
    from = free + 1;
  }
  throw new Failure("The next free ports are all reserved for containers.");
}

export function parseFreePort(output: string): number {
  const [port] = listed(output);
  if (!isNatural(port)) {
    throw new Failure("The output of `hostports free` contains no free port.");
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
