import { expect, it } from "vitest";
import { Scripted } from "../testing";
import { freePortAbove, parseFreePort } from "./free";

const answer = (command: string) =>
  JSON.stringify({ schema_version: 2, ports: [Number(command.slice(12))] });

it("the next free port is one that no container needs", async () => {
  const hostports = new Scripted(answer);
  expect(await freePortAbove(hostports, 8080, (port) => port < 8083)).toBe(8083);
  expect(hostports.commands).toEqual(["free --from 8081", "free --from 8082", "free --from 8083"]);
});

it("after the highest port, the search continues at 1024", async () => {
  expect(await freePortAbove(new Scripted(answer), 65_535, () => false)).toBe(1024);
});

it("the search stops if the program always returns the same port", async () => {
  const hostports = new Scripted(() => answer("free --from 8080"));
  await expect(freePortAbove(hostports, 8080, () => true)).rejects.toThrow("reserved");
  expect(hostports.commands.length).toBeLessThan(100);
});

it.each(["", "null", "{}", '{"ports":[]}', '{"ports":["8081"]}'])("rejects %j", (output) => {
  expect(() => parseFreePort(output)).toThrow("no free port");
});
