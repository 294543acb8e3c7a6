/**
 * What `hostports list` prints. The other side of this contract is
 * `host-bins/hostports/src/listener.rs`, which tells what the fields mean.
 */

const SCHEMA_VERSION = 2;

export interface Listener {
  protocol: string;
  address: string;
  port: number;
  /** Missing, like its name, where the user may not see the process. */
  pid?: number;
  process?: string;
}

export interface Report {
  listeners: Listener[];
  /** Sentences that tell the user what could not be seen. */
  unseen: string[];
}

/** Throws an error whose message is meant for the user. */
export function parseReport(output: string): Report {
  const report = parseJson(output);
  if (!isRecord(report) || !isNatural(report.schema_version)) {
    throw malformed("it isn't a report");
  }
  if (report.schema_version > SCHEMA_VERSION) {
    throw new Error(
      `The hostports program is newer than this page: it reports in version ${report.schema_version}, ` +
        `the page understands up to ${SCHEMA_VERSION}. Update the extension.`,
    );
  }
  if (!Array.isArray(report.listeners)) {
    throw malformed("it has no list of listeners");
  }
  const listeners = report.listeners.map((listener: unknown, index) => {
    if (!isListener(listener)) {
      throw malformed(`listener ${index + 1} is incomplete`);
    }
    return listener;
  });
  const unseen = Array.isArray(report.unseen) ? report.unseen : [];
  return { listeners, unseen: unseen.filter((sentence) => typeof sentence === "string") };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed("it isn't JSON");
  }
}

function malformed(reason: string): Error {
  return new Error(`The hostports program's output can't be read: ${reason}.`);
}

function isListener(value: unknown): value is Listener {
  return (
    isRecord(value) &&
    typeof value.protocol === "string" &&
    typeof value.address === "string" &&
    isNatural(value.port) &&
    (value.pid === undefined || isNatural(value.pid)) &&
    (value.process === undefined || typeof value.process === "string")
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isNatural(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
