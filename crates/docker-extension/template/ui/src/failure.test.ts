import { expect, it } from "vitest";
import { Failure, messageOf, toFailure } from "./failure";

it("a failure is shown as it is, everything else with its message", () => {
  const failure = new Failure("A", "b");
  expect(toFailure(failure)).toBe(failure);
  expect(toFailure(new Error("broken"))).toMatchObject({ message: "broken" });
});

it.each([
  [" text \n", "text"],
  [new Error("broken"), "broken"],
  [{ stderr: "no permission\n", code: 1 }, "no permission"],
  [{ stderr: "", code: 9 }, "The exit status is 9."],
  [undefined, "The reason is unknown."],
])("the message of %o is %j", (reason, message) => {
  expect(messageOf(reason)).toBe(message);
});
