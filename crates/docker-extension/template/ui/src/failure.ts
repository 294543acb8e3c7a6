/** An error that is shown to the user: the title states the fault, the message why or what to do. */
export class Failure extends Error {
  constructor(
    readonly title: string,
    message: string,
  ) {
    super(message);
    this.name = "Failure";
  }
}

export function toFailure(reason: unknown): Failure {
  return reason instanceof Failure ? reason : new Failure("Something failed", messageOf(reason));
}

/** Docker Desktop rejects with an `Error`, with a string, or with the result of a command. */
export function messageOf(reason: unknown): string {
  if (typeof reason === "string") return reason.trim();
  const { stderr, message, code } = Object(reason) as Record<string, unknown>;
  for (const text of [stderr, message]) {
    if (typeof text === "string" && text.trim() !== "") return text.trim();
  }
  return code === undefined ? "The reason is unknown." : `The exit status is ${String(code)}.`;
}
