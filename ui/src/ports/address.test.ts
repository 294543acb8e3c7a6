import { expect, it } from "vitest";
import { dialled, overlap, reach } from "./address";

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
])("%j and %j share a port: %s", (one, other, isShared) => {
  expect(overlap(one, other)).toBe(isShared);
  expect(overlap(other, one)).toBe(isShared);
});

it("people are told who can reach it", () => {
  expect(reach(["127.0.0.1", "::"])).toBe("All networks");
  expect(reach([""])).toBe("All networks");
  expect(reach(["127.0.0.53", "::1"])).toBe("This computer only");
  expect(reach(["192.168.0.2"])).toBe("One network");
});

it("what is copied can be typed where addresses go", () => {
  expect(dialled(["0.0.0.0"], 80)).toBe("localhost:80");
  expect(dialled(["192.168.0.2", "::1"], 80)).toBe("localhost:80");
  expect(dialled(["127.0.0.53"], 53)).toBe("127.0.0.53:53");
  expect(dialled(["fe80::1"], 80)).toBe("[fe80::1]:80");
});
