import { describe, expect, it } from "vitest";
import { parseReport } from "./hostports";

const postgres = {
  protocol: "tcp",
  address: "127.0.0.1",
  port: 5432,
  pid: 812,
  process: "postgres",
};
const report = (listeners: unknown, schema_version: unknown = 1) =>
  JSON.stringify({ schema_version, listeners });

describe("parseReport", () => {
  it("reads what hostports prints", () => {
    const output =
      '{"schema_version":1,"listeners":[' +
      '{"protocol":"tcp","address":"127.0.0.1","port":5432,"pid":812,"process":"postgres"},' +
      '{"protocol":"tcp","address":"::","port":8080,"pid":4,"process":"System"}]}\n';

    expect(parseReport(output)).toEqual([
      postgres,
      { protocol: "tcp", address: "::", port: 8080, pid: 4, process: "System" },
    ]);
  });

  it("reads a computer that listens on nothing", () => {
    expect(parseReport(report([]))).toEqual([]);
  });

  it("accepts fields that it does not know", () => {
    expect(parseReport(report([{ ...postgres, user: "dba" }]))).toMatchObject([postgres]);
  });

  it("asks for an update when the program is newer", () => {
    expect(() => parseReport(report("anything", 2))).toThrow(
      /newer than this page.*version 2.*up to 1/,
    );
  });

  it.each([
    ["nothing", "", "isn't JSON"],
    ["a shell's complaint", "zsh: command not found: hostports", "isn't JSON"],
    ["a truncated report", report([postgres]).slice(0, -10), "isn't JSON"],
    ["null", "null", "isn't a report"],
    ["a report without version", '{"listeners":[]}', "isn't a report"],
    ["a version that is no number", report([], "1"), "isn't a report"],
    ["a report without listeners", '{"schema_version":1}', "no list of listeners"],
    [
      "a listener without process",
      report([postgres, { ...postgres, process: undefined }]),
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
