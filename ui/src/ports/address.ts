/** Addresses of the host. */

const ALL_IPV4 = "0.0.0.0";
const ALL_IPV6 = "::";

const isIpv6 = (address: string) => address.includes(":");

/** Orders addresses. */
export function ipv4First(one: string, other: string): number {
  return Number(isIpv6(one)) - Number(isIpv6(other)) || (one < other ? -1 : 1);
}

/** Whether a port that is in use on `one` can't be bound on `other`. Empty means all addresses. */
export function overlap(one: string, other: string): boolean {
  return one === other || covers(one, other) || covers(other, one);
}

function covers(wide: string, address: string): boolean {
  // `::` includes IPv4, except with the option IPV6_V6ONLY, which is not visible here.
  if (wide === "" || wide === ALL_IPV6) return true;
  return wide === ALL_IPV4 && !isIpv6(address);
}

/** A text for the user. */
export function reach(addresses: string[]): string {
  if (addresses.some((it) => it === "" || it === ALL_IPV4 || it === ALL_IPV6))
    return "All networks";
  if (addresses.every(isLoopback)) return "This computer only";
  return "One network";
}

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

/** The address at which this computer reaches the port. */
export function connectAddress(addresses: string[], port: number): string {
  const isReachedAsLocalhost = (it: string) =>
    it === "" || it === ALL_IPV4 || it === ALL_IPV6 || it === "127.0.0.1" || it === "::1";
  const [first = ""] = addresses;
  if (addresses.length === 0 || addresses.some(isReachedAsLocalhost)) return `localhost:${port}`;
  return isIpv6(first) ? `[${first}]:${port}` : `${first}:${port}`;
}
