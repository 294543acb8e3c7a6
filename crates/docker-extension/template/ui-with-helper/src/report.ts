/** What the tab shows: the directories in which the user's machine looks for programs. */
import type { DockerDesktop } from "./docker";
import { Failure } from "./failure";
import { runHelper } from "./helper";

/** The version of the output that this file understands; see `search_path.rs` of the host binary. */
const SCHEMA_VERSION = 1;

export const CAPTION = "Directories in which this computer looks for programs";
export const COLUMNS = ["Directory", "Files"] as const;
export const EMPTY = "The variable PATH contains no directory.";

export type Row = Record<(typeof COLUMNS)[number], string>;

/** Throws a {@link Failure}. */
export async function loadRows(docker: DockerDesktop): Promise<Row[]> {
  return parseReport(await runHelper(docker, ["search-path"]));
}

/** Throws a {@link Failure}. */
export function parseReport(output: string): Row[] {
  const report = parseJson(output);
  if (!isRecord(report)) throw invalid("it is not a report");
  if (report.schema_version !== SCHEMA_VERSION) {
    throw invalid(`version ${SCHEMA_VERSION} is expected, not ${String(report.schema_version)}`);
  }
  if (!Array.isArray(report.directories)) throw invalid("it has no list of directories");
  return report.directories.map(parseDirectory);
}

function parseDirectory(value: unknown): Row {
  if (!isRecord(value)) throw invalid("a directory is not an object");
  const { path, exists, files } = value;
  const isCount = typeof files === "number" || files === null;
  if (typeof path !== "string" || typeof exists !== "boolean" || !isCount) {
    throw invalid("a directory is incomplete");
  }
  return { Directory: path, Files: exists ? (files?.toLocaleString() ?? "unreadable") : "missing" };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid("it is not JSON");
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(reason: string): Failure {
  return new Failure("The report is invalid", `The host binary's output can't be used: ${reason}.`);
}
