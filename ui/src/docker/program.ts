/** Runs programs through Docker Desktop, and converts its different errors to a {@link Failure}. */
import type { v1 } from "@docker/extension-api-client-types";
import type { DockerDesktop } from "./client";

/** `missing`: the program does not exist. `failed`: it failed, or could not be run. */
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

export function asFailure(reason: unknown): Failure {
  if (reason instanceof Failure) return reason;
  return new Failure(reason instanceof Error ? reason.message : String(reason));
}

export interface StreamReader {
  /** Called once for each whole line of its output. */
  onLine(line: string): void;
  /** Called once, as the last call. `failure` is undefined if the program succeeded. */
  onEnd(failure: Failure | undefined): void;
}

export interface Program {
  /** Returns the output. Throws a {@link Failure}. */
  run(args: string[]): Promise<string>;
  /** Reads the output as it arrives. Returns a function that ends the program and all calls. */
  stream(args: string[], reader: StreamReader): () => void;
}

/** The host binary of this extension. */
export function hostports(docker: DockerDesktop): Program {
  const name = docker.host.platform === "win32" ? "hostports.exe" : "hostports";
  const cli = () => {
    // `host` is undefined if the extension's image has no host binaries.
    const { host } = docker.extension;
    if (!host) throw new Failure("The extension was installed without host binaries.", "missing");
    return host.cli;
  };
  return program(name, cli, (args) => [name, args]);
}

/** Docker's command line. */
export function dockerCli(docker: DockerDesktop): Program {
  // Docker Desktop takes the first argument separately, as the command.
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

/** The number of characters of a program's stderr that are kept. */
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
      // `onLine` may close the stream.
      if (!isOver && line.trim() !== "") onLine(line);
    }
  };
  try {
    const running = start({
      // It is not documented whether Docker Desktop passes on a last line without a line break, so lines
      // are split here.
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
 * Docker Desktop rejects with the result of a command. If the command could not be started, it rejects
 * with the error of Node.js, of a shell, or of Go.
 */
function failureOf(name: string, reason: unknown): Failure {
  if (reason instanceof Failure) return reason;
  const { code, stderr, message } = Object(reason) as Record<string, unknown>;
  const texts = [stderr, message, typeof reason === "string" ? reason : undefined];
  const text = texts.find((it): it is string => typeof it === "string" && it.trim() !== "");
  const isMissing =
    code === "ENOENT" ||
    code === 127 ||
    /\bENOENT\b|command not found|is not recognized as|no such file or directory.*\bexec|executable file not found/i.test(
      text ?? "",
    );
  if (isMissing) return new Failure(`The program ${name} was not found.`, "missing");
  const status = typeof code === "number" ? ` (exit status ${code})` : "";
  return new Failure(text?.trim() ?? `${name} failed without a message${status}.`);
}
