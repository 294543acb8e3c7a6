import { expect, it } from "vitest";
import { splitEnd } from "./shorten";

it.each([
  ["/usr/bin/node", "/usr/bin", "/node"],
  ["C:\\Program Files\\nodejs\\node.exe", "C:\\Program Files\\nodejs", "\\node.exe"],
  ["/opt/tool/", "/opt", "/tool/"],
  ["registry.acme.dev/shop/web:1.4", "registry.acme.dev/shop", "/web:1.4"],
  ["node", "", "node"],
  ["/node", "", "/node"],
  ["", "", ""],
])("the end of %j is its last component", (path, beginning, end) => {
  expect(splitEnd(path)).toEqual([beginning, end]);
});

it("a long end is cut, but never within a character", () => {
  const [beginning, end] = splitEnd(`/opt/${"🐳".repeat(40)}`);
  expect(beginning).toBe(`/opt/${"🐳".repeat(8)}`);
  expect(end).toBe("🐳".repeat(32));
});
