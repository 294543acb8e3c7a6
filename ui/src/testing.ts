import type { Failure, Program, StreamReader } from "./docker/program";

/** A fake program that records its commands. */
export class Scripted implements Program {
  readonly commands: string[] = [];
  /** The open streams. */
  readonly streams: StreamReader[] = [];
  /** The limits of all streams for their silence. */
  readonly silences: (number | undefined)[] = [];

  constructor(private readonly answer: (command: string) => string) {}

  async run(args: string[]): Promise<string> {
    const command = args.join(" ");
    this.commands.push(command);
    return this.answer(command);
  }

  stream(args: string[], reader: StreamReader, silence?: number): () => void {
    this.commands.push(args.join(" "));
    this.silences.push(silence);
    this.streams.push(reader);
    return () => this.forget(reader);
  }

  print(line: string): void {
    for (const reader of [...this.streams]) reader.onLine(line);
  }

  end(failure?: Failure): void {
    for (const reader of [...this.streams]) {
      this.forget(reader);
      reader.onEnd(failure);
    }
  }

  private forget(reader: StreamReader): void {
    const index = this.streams.indexOf(reader);
    if (index >= 0) this.streams.splice(index, 1);
  }
}
