import { describe, expect, it } from "vitest";
import { parseReport } from "./report";

const bin = { path: "/usr/bin", exists: true, files: 12 };
const report = (directories: unknown, schema_version: unknown = 1) =>
  JSON.stringify({ schema_version, directories });

describe("parseReport", () => {
  it("reads existing, missing and unreadable directories", () => {
    const missing = { path: "/opt/bin", exists: false, files: null };
    const unreadable = { path: "/root/bin", exists: true, files: null };
    expect(parseReport(report([bin, missing, unreadable]))).toEqual([
      { Directory: "/usr/bin", Files: "12" },
      { Directory: "/opt/bin", Files: "missing" },
      { Directory: "/root/bin", Files: "unreadable" },
    ]);
  });

  it("reads an empty report", () => {
    expect(parseReport(report([]))).toEqual([]);
  });

  it("ignores unknown keys", () => {
    expect(parseReport(report([{ ...bin, owner: "root" }]))).toHaveLength(1);
  });

  it.each([
    ["no output", "", "not JSON"],
    ["truncated output", report([bin]).slice(0, -5), "not JSON"],
    ["JSON that is not an object", "[]", "not a report"],
    ["a newer version", report([], 2), "version 1 is expected, not 2"],
    ["a missing list", report(undefined), "no list of directories"],
    ["a directory that is not an object", report([null]), "not an object"],
    ["a directory without path", report([{ ...bin, path: undefined }]), "incomplete"],
    ["a number of files that is a text", report([{ ...bin, files: "12" }]), "incomplete"],
  ])("rejects %s", (_, output, reason) => {
    expect(() => parseReport(output)).toThrow(reason);
  });
});
