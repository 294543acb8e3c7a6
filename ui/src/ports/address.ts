/** Which addresses of the host share a port. */

const ALL_IPV4 = "0.0.0.0";
const ALL_IPV6 = "::";

const isIpv6 = (address: string) => address.includes(":");

/** Whether nothing else can be bound to a port on `one` while it is held on `other`; empty: all. */
export function overlap(one: string, other: string): boolean {
  return one === other || covers(one, other) || covers(other, one);
}

function covers(wide: string, address: string): boolean {
  // `::` takes IPv4 as well, unless it was told not to, which can't be seen.
  if (wide === "" || wide === ALL_IPV6) return true;
  return wide === ALL_IPV4 && !isIpv6(address);
}

/** For people: who can reach it. */
export function reach(addresses: string[]): string {
  if (addresses.some((it) => it === "" || it === ALL_IPV4 || it === ALL_IPV6))
    return "All networks";
  if (addresses.every(isLoopback)) return "This computer only";
  return "One network";
}

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

/** What to type to reach it from this computer. */
export function dialled(addresses: string[], port: number): string {
  const isReachedAsLocalhost = (it: string) =>
    it === "" || it === ALL_IPV4 || it === ALL_IPV6 || it === "127.0.0.1" || it === "::1";
  const [first = ""] = addresses;
  if (addresses.length === 0 || addresses.some(isReachedAsLocalhost)) return `localhost:${port}`;
  return isIpv6(first) ? `[${first}]:${port}` : `${first}:${port}`;
}
