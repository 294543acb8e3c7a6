/**
 * Parses the output of `hostports list` and `hostports watch`. `host-bins/hostports/src/listener.rs`
 * documents the keys.
 */
import { Failure } from "../docker/program";
import { isNatural, isRecord, isText } from "../json";

const SCHEMA_VERSION = 2;

/** A socket that uses a port. */
export interface Listener {
  protocol: string;
  address: string;
  port: number;
  /** `pid`, `process` and `path` are missing if the user may not see the process. */
  pid?: number;
  process?: string;
  path?: string;
}

export interface Report {
  listeners: Listener[];
  /** Sentences for the user about missing information. */
  unseen: string[];
}

/** A line of `hostports watch`. */
export type Change =
  { event: "snapshot"; report: Report } | { event: "opened" | "closed"; listener: Listener };

/** Parses the output of `list`. Throws a {@link Failure}. */
export function parseReport(output: string): Report {
  return report(document(output));
}

/** Parses a line of `watch`. Returns undefined for an unknown event. Throws a {@link Failure}. */
export function parseChange(line: string): Change | undefined {
  const change = document(line);
  switch (change.event) {
    case "snapshot":
      return { event: "snapshot", report: report(change) };
    case "opened":
    case "closed":
      return { event: change.event, listener: listener(change.listener, "the listener") };
    default:
      return undefined;
  }
}

/** The report after a change. */
export function changed(report: Report, change: Change): Report {
  if (change.event === "snapshot") return change.report;
  const others = report.listeners.filter((listener) => !isSame(listener, change.listener));
  const listeners = change.event === "opened" ? [...others, change.listener] : others;
  return { ...report, listeners };
}

function isSame(one: Listener, other: Listener): boolean {
  return (
    one.port === other.port &&
    one.protocol === other.protocol &&
    one.address === other.address &&
    one.pid === other.pid &&
    one.process === other.process &&
    one.path === other.path
  );
}

function document(text: string): Record<string, unknown> {
  const value = parseJson(text);
  if (!isRecord(value) || !isNatural(value.schema_version)) {
    throw malformed("it is not a report");
  }
  if (value.schema_version > SCHEMA_VERSION) {
    throw new Failure(
      `The program hostports is newer than this page: its output has version ${value.schema_version}, ` +
        `but the page supports versions up to ${SCHEMA_VERSION}. Update the extension.`,
    );
  }
  return value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed("it is not JSON");
  }
}

function report({ listeners, unseen }: Record<string, unknown>): Report {
  if (!Array.isArray(listeners)) {
    throw malformed("it has no list of listeners");
  }
  return {
    listeners: listeners.map((value, index) => listener(value, `listener ${index + 1}`)),
    unseen: Array.isArray(unseen) ? unseen.filter(isText) : [],
  };
}

function listener(value: unknown, name: string): Listener {
  if (!isRecord(value)) throw malformed(`${name} is incomplete`);
  const { protocol, address, port, pid, process, path } = value;
  if (!isText(protocol) || !isText(address) || !isNatural(port) || port > 65_535) {
    throw malformed(`${name} is incomplete`);
  }
  return {
    protocol,
    address,
    port,
    ...(isNatural(pid) && { pid }),
    ...(isText(process) && { process }),
    ...(isText(path) && { path }),
  };
}

function malformed(reason: string): Failure {
  return new Failure(`The output of the program hostports is invalid: ${reason}.`);
}
