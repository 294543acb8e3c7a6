/** What `docker inspect` says of containers, as far as ports go. */
import { Failure } from "../docker/program";
import { isRecord, isText } from "../json";

/** A port of the host that leads to one of a container. */
export interface Binding {
  protocol: string;
  /** Empty: all addresses. */
  address: string;
  port: number;
  containerPort: number;
}

export interface Container {
  id: string;
  name: string;
  image: string;
  /** In Docker's words: `running`, `exited`, `created`, … */
  state: string;
  /** It holds its bindings; else it wants them when it is started. */
  isRunning: boolean;
  bindings: Binding[];
}

/** Reads what `docker inspect` prints. Throws a {@link Failure}. */
export function parseContainers(output: string): Container[] {
  let values: unknown;
  try {
    values = JSON.parse(output);
  } catch {
    values = undefined;
  }
  if (!Array.isArray(values)) {
    throw new Failure("What Docker says of the containers can't be read.");
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
  // While it runs, Docker has chosen a port where none was asked for.
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

/** `"80/tcp": [{ "HostIp": "", "HostPort": "8080" }]`; the list is null where a port isn't published. */
function parseBindings(key: string, list: unknown): Binding[] {
  const [, containerPort, protocol] = /^(\d+)\/(\w+)$/.exec(key) ?? [];
  if (!containerPort || !protocol || !Array.isArray(list)) return [];
  return list.flatMap((value) => {
    const { HostIp, HostPort } = record(value);
    // Nothing or 0 lets Docker choose one that is free, and so does a range.
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
