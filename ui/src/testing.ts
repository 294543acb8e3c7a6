import type { Failure, Program, StreamReader } from "./docker/program";

/** A program as a script has it, and what it was asked. */
export class Scripted implements Program {
  readonly asked: string[] = [];
  /** Those of the streams that are open. */
  readonly streams: StreamReader[] = [];

  constructor(private readonly answer: (asked: string) => string) {}

  async run(args: string[]): Promise<string> {
    const asked = args.join(" ");
    this.asked.push(asked);
    return this.answer(asked);
  }

  stream(args: string[], reader: StreamReader): () => void {
    this.asked.push(args.join(" "));
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
