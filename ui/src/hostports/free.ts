import { Failure, type Program } from "../docker/program";
import { isNatural, isRecord } from "../json";

const LOWEST = 1024;
const HIGHEST = 65_535;

/**
 * The first port above `port` that nothing holds, and that is not spoken for. It is found by
 * `hostports free`, which tries to bind it. Throws a {@link Failure}.
 */
export async function freePortAbove(
  hostports: Program,
  port: number,
  isSpokenFor: (port: number) => boolean,
): Promise<number> {
  for (let from = port + 1; ;) {
    if (from > HIGHEST) from = LOWEST;
    const free = parseFreePort(await hostports.run(["free", "--from", String(from)]));
    if (!isSpokenFor(free)) return free;
    from = free + 1;
  }
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
