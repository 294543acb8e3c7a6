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
  /** Returns the output. Throws a {@link Failure}, also if the program takes too long: then it is ended. */
  run(args: string[]): Promise<string>;
  /**
   * Reads the output as it arrives. Returns a function that ends the program and all calls.
   *
   * `silence` is the number of milliseconds without output after which the program is ended, with a
   * failure. Blank output counts. Without `silence` the program may wait forever.
   */
  stream(args: string[], reader: StreamReader, silence?: number): () => void;
}

/**
 * The time that a program has for its whole answer. On a loaded machine, and when macOS or antivirus software
 * checks a program before its first start, an answer takes seconds.
 */
const RUN_MILLISECONDS = 15_000;

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
  const start = (args: string[]) => (options: v1.ExecStreamOptions) =>
    cli().exec(...place(args), { stream: options });
  return {
    run: (args) => collect(name, start(args)),
    stream: (args, reader, silence) => stream(name, start(args), reader, silence),
  };
}

type Start = (options: v1.ExecStreamOptions) => v1.ExecProcess;

/** The number of characters of a program's stderr that are kept. */
const ERRORS_KEPT = 2000;

interface OutputReader {
  /** Called for each piece of stdout. */
  onOutput(text: string): void;
  /** Called once, as the last call. `failure` is undefined if the program succeeded. */
  onEnd(failure: Failure | undefined): void;
}

/** A program that was started. */
interface Running {
  /** Ends the program and all calls, without `onEnd`. */
  close(): void;
  /** Ends the program if this isn't called again within the time. */
  endAfter(milliseconds: number): void;
}

/** Without a stream, Docker Desktop offers no way to end a program. */
function run(name: string, start: Start, reader: OutputReader): Running {
  let isOver = false;
  let errors = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stop = () => {};
  const finish = () => {
    isOver = true;
    clearTimeout(timer);
  };
  const end = (failure: Failure | undefined) => {
    if (isOver) return;
    finish();
    reader.onEnd(failure);
  };
  try {
    const process = start({
      // It is not documented whether Docker Desktop passes on a last line without a line break, so lines
      // are split here.
      splitOutputLines: false,
      onOutput({ stdout, stderr }) {
        if (isOver) return;
        if (stdout) reader.onOutput(stdout);
        if (stderr) errors = (errors + stderr).slice(-ERRORS_KEPT);
      },
      onError(reason) {
        end(failureOf(name, reason));
      },
      onClose(code) {
        end(code === 0 ? undefined : failureOf(name, { code, stderr: errors }));
      },
    });
    stop = () => process.close();
  } catch (reason) {
    end(failureOf(name, reason));
  }
  return {
    close() {
      if (isOver) return;
      finish();
      stop();
    },
    endAfter(milliseconds) {
      clearTimeout(timer);
      if (isOver) return;
      timer = setTimeout(() => {
        finish();
        stop();
        reader.onEnd(tooLong(name, milliseconds));
      }, milliseconds);
    },
  };
}

function collect(name: string, start: Start): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    run(name, start, {
      onOutput(text) {
        output += text;
      },
      onEnd: (failure) => (failure ? reject(failure) : resolve(output)),
    }).endAfter(RUN_MILLISECONDS);
  });
}

function stream(
  name: string,
  start: Start,
  { onLine, onEnd }: StreamReader,
  silence: number | undefined,
): () => void {
  let isClosed = false;
  let rest = "";
  let running: Running | undefined;
  const read = (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      // `onLine` may close the stream.
      if (!isClosed && line.trim() !== "") onLine(line);
    }
  };
  const wait = () => {
    if (silence !== undefined) running?.endAfter(silence);
  };
  running = run(name, start, {
    onOutput(text) {
      wait();
      read(text);
    },
    onEnd(failure) {
      read("\n");
      if (!isClosed) onEnd(failure);
    },
  });
  wait();
  return () => {
    isClosed = true;
    running?.close();
  };
}

function tooLong(name: string, milliseconds: number): Failure {
  const seconds = Math.round(milliseconds / 1000);
  return new Failure(`${name} did not respond within ${seconds} seconds, so it was ended.`);
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
