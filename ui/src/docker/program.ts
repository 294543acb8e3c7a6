/** Runs programs through Docker Desktop, whose ways to say that one has failed are many. */
import type { v1 } from "@docker/extension-api-client-types";
import type { DockerDesktop } from "./client";

/** `missing`: there is no such program. `failed`: it ran, or could not be run. */
type FailureKind = "missing" | "failed";

/** An error whose message is meant for the user. */
export class Failure extends Error {
  readonly kind: FailureKind;

  constructor(message: string, kind: FailureKind = "failed") {
    super(message);
    this.name = "Failure";
    this.kind = kind;
  }
}

/** Something was thrown, by whomever: always a {@link Failure} afterwards. */
export function asFailure(reason: unknown): Failure {
  if (reason instanceof Failure) return reason;
  return new Failure(reason instanceof Error ? reason.message : String(reason));
}

export interface StreamReader {
  /** Called once for each whole line of its output. */
  onLine(line: string): void;
  /** Called once, and nothing is called after it; `failure` is undefined where it ended well. */
  onEnd(failure: Failure | undefined): void;
}

export interface Program {
  /** What it prints. Throws a {@link Failure}. */
  run(args: string[]): Promise<string>;
  /** Reads what it prints as it comes. Returns what ends it; after that nothing is called. */
  stream(args: string[], reader: StreamReader): () => void;
}

/** The host binary that this extension brings. */
export function hostports(docker: DockerDesktop): Program {
  const name = docker.host.platform === "win32" ? "hostports.exe" : "hostports";
  const cli = () => {
    // Not there where the extension's image brought no host binaries.
    const { host } = docker.extension;
    if (!host) throw new Failure("This extension was installed without its programs.", "missing");
    return host.cli;
  };
  return program(name, cli, (args) => [name, args]);
}

/** Docker's own command line. */
export function dockerCli(docker: DockerDesktop): Program {
  // The first argument is what Docker Desktop calls the command.
  return program(
    "docker",
    () => docker.docker.cli,
    ([command = "", ...args]) => [command, args],
  );
}

function program(
  name: string,
  cli: () => { exec: v1.Exec },
  place: (args: string[]) => [command: string, args: string[]],
): Program {
  return {
    async run(args) {
      try {
        return (await cli().exec(...place(args))).stdout;
      } catch (reason) {
        throw failureOf(name, reason);
      }
    },
    stream(args, reader) {
      return stream(name, (options) => cli().exec(...place(args), { stream: options }), reader);
    },
  };
}

/** How much of what a program complains about is kept, in characters. */
const ERRORS_KEPT = 2000;

function stream(
  name: string,
  start: (options: v1.ExecStreamOptions) => v1.ExecProcess,
  { onLine, onEnd }: StreamReader,
): () => void {
  let isOver = false;
  let errors = "";
  let rest = "";
  const end = (failure: Failure | undefined) => {
    if (isOver) return;
    isOver = true;
    onEnd(failure);
  };
  const read = (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      // A line may be the last that somebody wants to hear of.
      if (!isOver && line.trim() !== "") onLine(line);
    }
  };
  try {
    const running = start({
      // Cut at any place: whether Docker Desktop hands on a last line that nothing ends is not
      // documented.
      splitOutputLines: false,
      onOutput({ stdout, stderr }) {
        if (stdout) read(stdout);
        if (stderr) errors = (errors + stderr).slice(-ERRORS_KEPT);
      },
      onError(reason) {
        end(failureOf(name, reason));
      },
      onClose(code) {
        read("\n");
        end(code === 0 ? undefined : failureOf(name, { code, stderr: errors }));
      },
    });
    return () => {
      isOver = true;
      running.close();
    };
  } catch (reason) {
    end(failureOf(name, reason));
    return () => {};
  }
}

/**
 * Docker Desktop rejects with the result of a command, or with an error where it could not start it:
 * Node's, or that of a shell.
 */
function failureOf(name: string, reason: unknown): Failure {
  if (reason instanceof Failure) return reason;
  const { code, stderr, message } = Object(reason) as Record<string, unknown>;
  const told = [stderr, message, typeof reason === "string" ? reason : undefined];
  const text = told.find((it): it is string => typeof it === "string" && it.trim() !== "");
  const isMissing =
    code === "ENOENT" ||
    code === 127 ||
    /\bENOENT\b|command not found|is not recognized as|no such file or directory.*\bexec|executable file not found/i.test(
      text ?? "",
    );
  if (isMissing) return new Failure(`The program ${name} can't be found.`, "missing");
  const fallback = typeof code === "number" ? ` (exit code ${code})` : "";
  return new Failure(text?.trim() ?? `${name} ended without giving a reason${fallback}.`);
}
