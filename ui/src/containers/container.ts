/** The ports of containers, from the output of `docker inspect`. */
import { Failure } from "../docker/program";
import { isRecord, isText } from "../json";

/** A port of the host that is published for a port of a container. */
export interface Binding {
  protocol: string;
  /** Empty means all addresses. */
  address: string;
  port: number;
  containerPort: number;
}

export interface Container {
  id: string;
  name: string;
  image: string;
  /** Docker's name: `running`, `exited`, `created`, … */
  state: string;
  /** A running container uses its bindings; any other needs them when it is started. */
  isRunning: boolean;
  bindings: Binding[];
}

/** Parses the output of `docker inspect`. Throws a {@link Failure}. */
export function parseContainers(output: string): Container[] {
  let values: unknown;
  try {
    values = JSON.parse(output);
  } catch {
    values = undefined;
  }
  if (!Array.isArray(values)) {
    throw new Failure("The output of `docker inspect` is not a list of containers.");
  }
  return values.flatMap((value) => {
    const container = parseContainer(value);
    return container ? [container] : [];
  });
}

function parseContainer(value: unknown): Container | undefined {
  if (!isRecord(value) || !isText(value.Id)) return undefined;
  const state = record(value.State);
  const isRunning = state.Running === true;
  // For a running container, this includes the ports that Docker has chosen.
  const bindings = isRunning
    ? record(value.NetworkSettings).Ports
    : record(value.HostConfig).PortBindings;
  return {
    id: value.Id,
    name: isText(value.Name) ? value.Name.replace(/^\//, "") : value.Id.slice(0, 12),
    image: text(record(value.Config).Image),
    state: text(state.Status),
    isRunning,
    bindings: Object.entries(record(bindings)).flatMap(([key, list]) => parseBindings(key, list)),
  };
}

/** `"80/tcp": [{ "HostIp": "", "HostPort": "8080" }]`; the list is null if the port is not published. */
function parseBindings(key: string, list: unknown): Binding[] {
  const [, containerPort, protocol] = /^(\d+)\/(\w+)$/.exec(key) ?? [];
  if (!containerPort || !protocol || !Array.isArray(list)) return [];
  return list.flatMap((value) => {
    const { HostIp, HostPort } = record(value);
    // With an empty text, 0 or a range, Docker chooses a free port.
    const port = isText(HostPort) && /^\d+$/.test(HostPort) ? Number(HostPort) : 0;
    if (port === 0) return [];
    return [{ protocol, address: text(HostIp), port, containerPort: Number(containerPort) }];
  });
}

function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function text(value: unknown): string {
  return isText(value) ? value : "";
}
