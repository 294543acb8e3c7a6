import { describe, expect, it } from "vitest";
import { parseReport } from "./report";

const postgres = {
  protocol: "tcp",
  address: "127.0.0.1",
  port: 5432,
  pid: 812,
  process: "postgres",
};
const report = (listeners: unknown, schema_version: unknown = 2) =>
  JSON.stringify({ schema_version, listeners });

describe("parseReport", () => {
  it("reads what hostports prints", () => {
    const output =
      '{"schema_version":2,"listeners":[' +
      '{"protocol":"tcp","address":"127.0.0.1","port":5432,"pid":812,"process":"postgres"},' +
      '{"protocol":"udp","address":"::","port":5353}],"unseen":["Some are hidden."]}\n';

    expect(parseReport(output)).toEqual({
      listeners: [postgres, { protocol: "udp", address: "::", port: 5353 }],
      unseen: ["Some are hidden."],
    });
  });

  it("reads a computer that listens on nothing", () => {
    expect(parseReport(report([]))).toEqual({ listeners: [], unseen: [] });
  });

  it("accepts fields that it does not know", () => {
    const { listeners } = parseReport(report([{ ...postgres, user: "dba" }]));
    expect(listeners).toMatchObject([postgres]);
  });

  it("asks for an update when the program is newer", () => {
    expect(() => parseReport(report("anything", 3))).toThrow(
      /newer than this page.*version 3.*up to 2/,
    );
  });

  it.each([
    ["nothing", "", "isn't JSON"],
    ["a shell's complaint", "zsh: command not found: hostports", "isn't JSON"],
    ["a truncated report", report([postgres]).slice(0, -10), "isn't JSON"],
    ["null", "null", "isn't a report"],
    ["a report without version", '{"listeners":[]}', "isn't a report"],
    ["a version that is no number", report([], "1"), "isn't a report"],
    ["a report without listeners", '{"schema_version":2}', "no list of listeners"],
    [
      "a listener without address",
      report([postgres, { ...postgres, address: undefined }]),
      "listener 2 is incomplete",
    ],
    [
      "a port that is no number",
      report([{ ...postgres, port: "5432" }]),
      "listener 1 is incomplete",
    ],
    ["a listener that is no object", report([null]), "listener 1 is incomplete"],
  ])("refuses %s", (_, output, reason) => {
    expect(() => parseReport(output)).toThrow(reason);
  });
});
