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
  it("reads the output of hostports", () => {
    const output =
      '{"schema_version":2,"listeners":[' +
      '{"protocol":"tcp","address":"127.0.0.1","port":5432,"pid":812,"process":"postgres"},' +
      '{"protocol":"udp","address":"::","port":5353}],"unseen":["Some are hidden."]}\n';

    expect(parseReport(output)).toEqual({
      listeners: [postgres, { protocol: "udp", address: "::", port: 5353 }],
      unseen: ["Some are hidden."],
    });
  });

  it("reads an empty list", () => {
    expect(parseReport(report([]))).toEqual({ listeners: [], unseen: [] });
  });

  it("ignores unknown keys", () => {
    const { listeners } = parseReport(report([{ ...postgres, user: "dba" }]));
    expect(listeners).toMatchObject([postgres]);
  });

  it("suggests an update if the program is newer", () => {
    expect(() => parseReport(report("anything", 3))).toThrow(
      /newer than this page.*version 3.*up to 2/,
    );
  });

  it.each([
    ["no output", "", "is not JSON"],
    ["a shell's error", "zsh: command not found: hostports", "is not JSON"],
    ["a truncated report", report([postgres]).slice(0, -10), "is not JSON"],
    ["null", "null", "is not a report"],
    ["a report without version", '{"listeners":[]}', "is not a report"],
    ["a version that is not a number", report([], "1"), "is not a report"],
    ["a report without listeners", '{"schema_version":2}', "no list of listeners"],
    [
      "a listener without address",
      report([postgres, { ...postgres, address: undefined }]),
      "listener 2 is incomplete",
    ],
    [
      "a port that is not a number",
      report([{ ...postgres, port: "5432" }]),
      "listener 1 is incomplete",
    ],
    ["a listener that is not an object", report([null]), "listener 1 is incomplete"],
  ])("rejects %s", (_, output, reason) => {
    expect(() => parseReport(output)).toThrow(reason);
  });
});
