/**
 * What `hostports list` prints. The other side of this contract is
 * `host-bins/hostports/src/report.rs`, which tells what the fields mean.
 */

const SCHEMA_VERSION = 1;

export interface Listener {
  protocol: string;
  address: string;
  port: number;
  pid: number;
  process: string;
}

/** Throws an error whose message is meant for the user. */
export function parseReport(output: string): Listener[] {
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
  return report.listeners.map((listener: unknown, index) => {
    if (!isListener(listener)) {
      throw malformed(`listener ${index + 1} is incomplete`);
    }
    return listener;
  });
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
    isNatural(value.pid) &&
    typeof value.process === "string"
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isNatural(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
