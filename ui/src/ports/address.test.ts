import { expect, it } from "vitest";
import { connectAddress, overlap, reach } from "./address";

it.each([
  ["", "127.0.0.1", true],
  ["", "::1", true],
  ["0.0.0.0", "192.168.0.2", true],
  ["0.0.0.0", "::", true],
  ["0.0.0.0", "::1", false],
  ["::", "127.0.0.1", true],
  ["127.0.0.1", "127.0.0.1", true],
  ["127.0.0.1", "192.168.0.2", false],
  ["127.0.0.1", "::1", false],
])("%j and %j overlap: %s", (one, other, isOverlap) => {
  expect(overlap(one, other)).toBe(isOverlap);
  expect(overlap(other, one)).toBe(isOverlap);
});

it("addresses are described by the networks that can reach them", () => {
  expect(reach(["127.0.0.1", "::"])).toBe("All networks");
  expect(reach([""])).toBe("All networks");
  expect(reach(["127.0.0.53", "::1"])).toBe("This computer only");
  expect(reach(["192.168.0.2"])).toBe("One network");
});

it("the copied address connects to the port", () => {
  expect(connectAddress(["0.0.0.0"], 80)).toBe("localhost:80");
  expect(connectAddress(["192.168.0.2", "::1"], 80)).toBe("localhost:80");
  expect(connectAddress(["127.0.0.53"], 53)).toBe("127.0.0.53:53");
  expect(connectAddress(["fe80::1"], 80)).toBe("[fe80::1]:80");
});
