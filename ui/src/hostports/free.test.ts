import { expect, it } from "vitest";
import { Scripted } from "../testing";
import { freePortAbove, parseFreePort } from "./free";

const answer = (asked: string) =>
  JSON.stringify({ schema_version: 2, ports: [Number(asked.slice(12))] });

it("the next free port is one that nobody else wants", async () => {
  const hostports = new Scripted(answer);
  expect(await freePortAbove(hostports, 8080, (port) => port < 8083)).toBe(8083);
  expect(hostports.asked).toEqual(["free --from 8081", "free --from 8082", "free --from 8083"]);
});

it("above the highest port it goes on with those that need no rights", async () => {
  expect(await freePortAbove(new Scripted(answer), 65_535, () => false)).toBe(1024);
});

it("a program that always knows the same one is not asked for ever", async () => {
  const hostports = new Scripted(() => answer("free --from 8080"));
  await expect(freePortAbove(hostports, 8080, () => true)).rejects.toThrow("spoken for");
  expect(hostports.asked.length).toBeLessThan(100);
});

it.each(["", "null", "{}", '{"ports":[]}', '{"ports":["8081"]}'])("refuses %j", (output) => {
  expect(() => parseFreePort(output)).toThrow("can't be read");
});
