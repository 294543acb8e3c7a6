import { expect, it } from "vitest";
import { enumeration } from "./enumeration";

it.each([
  [[], ""],
  [["a"], "a"],
  [["a", "b"], "a and b"],
  [["a", "b", "c"], "a, b and c"],
  [["a", "b", "c", "d"], "a, b and 2 more"],
])("the words %j are enumerated", (words, expected) => {
  expect(enumeration(words)).toBe(expected);
});
