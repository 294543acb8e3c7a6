/** Merges the ports of processes and containers into one table. */
import type { Binding, Container } from "../containers/container";
import type { Listener } from "../hostports/report";
import { ipv4First, overlap } from "./address";

/** A process of the host. */
export interface Process {
  pid?: number;
  name?: string;
  path?: string;
}

export type Holder =
  /** Several processes may share a socket. There are none if the user may not see them. */
  | { kind: "processes"; processes: Process[] }
  | { kind: "container"; container: Container; containerPort: number }
  | { kind: "none" };

/** A container that is not running, and needs the port when it is started. */
export interface Need {
  container: Container;
  containerPort: number;
}

/** A use of a port: by processes or a container, or by none while a container needs it. */
export interface PortRow {
  key: string;
  protocol: string;
  port: number;
  addresses: string[];
  holder: Holder;
  needs: Need[];
}

/** Whether a container needs a port that is in use. */
export function isConflict({ holder, needs }: PortRow): boolean {
  return holder.kind !== "none" && needs.length > 0;
}

/** Identifies the port of a container in all rows. */
export function needKey({ protocol, port }: PortRow, { container, containerPort }: Need): string {
  return `${container.id} ${containerPort} ${protocol} ${port}`;
}

/** The ports with a conflict, each as often as it is needed, by {@link needKey}. */
export function contested(rows: PortRow[]): Map<string, number> {
  return new Map(
    rows
      .filter(isConflict)
      .flatMap((row) => row.needs.map((need) => [needKey(row, need), row.port] as const)),
  );
}

export function portRows(listeners: Listener[], containers: Container[]): PortRow[] {
  const rows = processRows(listeners);
  for (const container of containers.filter(({ isRunning }) => isRunning)) {
    for (const binding of container.bindings) publish(rows, container, binding);
  }
  for (const container of containers.filter(({ isRunning }) => !isRunning)) {
    for (const binding of container.bindings) need(rows, container, binding);
  }
  return [...rows.values()];
}

/** By key. */
type Rows = Map<string, PortRow>;

/** The processes that share a port. They have all these addresses together. */
interface Sharing {
  protocol: string;
  port: number;
  addresses: Set<string>;
  /** By {@link identity}. */
  processes: Map<string, Process>;
}

/**
 * A process with several addresses is one row, and so are the processes that share a socket: a server and
 * its workers, or everything that listens to multicast.
 */
function processRows(listeners: Listener[]): Rows {
  const ofPort = new Map<string, Sharing[]>();
  for (const { protocol, port, address, pid, process: name, path } of listeners) {
    const process = {
      ...(pid !== undefined && { pid }),
      ...(name !== undefined && { name }),
      ...(path !== undefined && { path }),
    };
    const id = identity(process);
    const all = ofPort.get(`${port} ${protocol}`) ?? [];
    const isRelated = (it: Sharing) => it.addresses.has(address) || it.processes.has(id);
    const related = all.filter(isRelated);
    const merged: Sharing = {
      protocol,
      port,
      addresses: new Set([...related.flatMap((it) => [...it.addresses]), address]),
      processes: new Map([...related.flatMap((it) => [...it.processes]), [id, process]]),
    };
    ofPort.set(`${port} ${protocol}`, [...all.filter((it) => !isRelated(it)), merged]);
  }
  const rows: Rows = new Map();
  for (const { protocol, port, addresses, processes } of [...ofPort.values()].flat()) {
    const known = [...processes]
      .filter(([id]) => id !== UNKNOWN)
      .map(([, process]) => process)
      .sort((a, b) => (a.pid ?? 0) - (b.pid ?? 0));
    const [first = {}] = known;
    const key = `${port} ${protocol} process ${identity(first)}`;
    add(rows, {
      key,
      protocol,
      port,
      addresses: [...addresses].sort(ipv4First),
      holder: { kind: "processes", processes: known },
      needs: [],
    });
  }
  return rows;
}

const UNKNOWN = "";

function identity({ pid, name }: Process): string {
  return String(pid ?? name ?? UNKNOWN);
}

function add(rows: Rows, row: PortRow): PortRow {
  const known = rows.get(row.key);
  if (!known) {
    rows.set(row.key, row);
    return row;
  }
  known.addresses = [...new Set([...known.addresses, ...row.addresses])];
  return known;
}

/** A program of Docker listens on a published port. The row shows the container instead of it. */
function publish(rows: Rows, container: Container, binding: Binding) {
  for (const row of sharing(rows, binding)) {
    if (row.holder.kind === "processes" && isForwarder(row.holder.processes, row, binding)) {
      rows.delete(row.key);
    }
  }
  const { protocol, port, address, containerPort } = binding;
  const key = `${port} ${protocol} container ${container.id}`;
  const holder: Holder = { kind: "container", container, containerPort };
  add(rows, { key, protocol, port, addresses: [address], holder, needs: [] });
}

/** `com.docker.backend`, `vpnkit`, `docker-proxy`; the last one runs as root, so it is often not visible. */
function isForwarder(processes: Process[], { addresses }: PortRow, { address }: Binding): boolean {
  return (
    processes.length === 0 ||
    processes.some(({ name }) => name === undefined || /docker|vpnkit/i.test(name)) ||
    addresses.includes(address)
  );
}

function need(rows: Rows, container: Container, binding: Binding) {
  const { protocol, port, address, containerPort } = binding;
  const held = sharing(rows, binding).filter(({ holder }) => holder.kind !== "none");
  const free = (): PortRow => {
    const key = `${port} ${protocol} none`;
    return add(rows, {
      key,
      protocol,
      port,
      addresses: [address],
      holder: { kind: "none" },
      needs: [],
    });
  };
  for (const row of held.length > 0 ? held : [free()]) {
    const isKnown = row.needs.some(
      (it) => it.container.id === container.id && it.containerPort === containerPort,
    );
    if (!isKnown) row.needs.push({ container, containerPort });
  }
}

function sharing(rows: Rows, { protocol, port, address }: Binding): PortRow[] {
  return [...rows.values()].filter(
    (row) =>
      row.protocol === protocol &&
      row.port === port &&
      row.addresses.some((other) => overlap(address, other)),
  );
}
