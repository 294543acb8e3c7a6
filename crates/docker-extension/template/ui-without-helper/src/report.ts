/** What the tab shows: the containers that Docker has. */
import type { DockerDesktop } from "./docker";
import { Failure, messageOf } from "./failure";

export const CAPTION = "Containers on this computer";
export const COLUMNS = ["Container", "Image", "State"] as const;
export const EMPTY = "There are no containers.";

export type Row = Record<(typeof COLUMNS)[number], string>;

/** Throws a {@link Failure}. */
export async function loadRows(docker: DockerDesktop): Promise<Row[]> {
  let containers: unknown;
  try {
    containers = await docker.docker.listContainers({ all: true });
  } catch (reason) {
    throw new Failure("Docker can't list the containers", messageOf(reason));
  }
  return parseContainers(containers);
}

/** Throws a {@link Failure}. */
export function parseContainers(containers: unknown): Row[] {
  if (!Array.isArray(containers)) throw invalid("it is not a list");
  return containers.map(parseContainer);
}

function parseContainer(value: unknown): Row {
  if (!isRecord(value)) throw invalid("a container is not an object");
  const { Names: names, Image: image, State: state } = value;
  const name: unknown = Array.isArray(names) ? names[0] : undefined;
  if (typeof name !== "string" || typeof image !== "string" || typeof state !== "string") {
    throw invalid("a container is incomplete");
  }
  return { Container: name.replace(/^\//, ""), Image: image, State: state };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(reason: string): Failure {
  return new Failure("The list is invalid", `Docker's answer can't be used: ${reason}.`);
}
