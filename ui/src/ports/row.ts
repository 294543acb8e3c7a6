/** Merges the ports of processes and containers into one table. */
import type { Binding, Container } from "../containers/container";
import type { Listener } from "../hostports/report";
import { overlap } from "./address";

/** A process of the host. It is empty if the user may not see it. */
export interface Process {
  pid?: number;
  name?: string;
  path?: string;
}

export type Holder =
  | { kind: "process"; process: Process }
  | { kind: "container"; container: Container; containerPort: number }
  | { kind: "none" };

/** A container that is not running, and needs the port when it is started. */
export interface Need {
  container: Container;
  containerPort: number;
}

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

/** By key. A process that listens on IPv4 and IPv6 is one row. */
type Rows = Map<string, PortRow>;

function processRows(listeners: Listener[]): Rows {
  const rows: Rows = new Map();
  for (const { protocol, port, address, pid, process: name, path } of listeners) {
    const process = {
      ...(pid !== undefined && { pid }),
      ...(name !== undefined && { name }),
      ...(path !== undefined && { path }),
    };
    const key = `${port} ${protocol} process ${pid ?? name ?? ""}`;
    add(rows, {
      key,
      protocol,
      port,
      addresses: [address],
      holder: { kind: "process", process },
      needs: [],
    });
  }
  return rows;
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
    if (row.holder.kind === "process" && isForwarder(row.holder.process, row, binding)) {
      rows.delete(row.key);
    }
  }
  const { protocol, port, address, containerPort } = binding;
  const key = `${port} ${protocol} container ${container.id}`;
  const holder: Holder = { kind: "container", container, containerPort };
  add(rows, { key, protocol, port, addresses: [address], holder, needs: [] });
}

/** `com.docker.backend`, `vpnkit`, `docker-proxy`; the last one runs as root, so it is often not visible. */
function isForwarder({ name }: Process, { addresses }: PortRow, { address }: Binding): boolean {
  return name === undefined || /docker|vpnkit/i.test(name) || addresses.includes(address);
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
    if (!row.needs.some((it) => it.container.id === container.id)) {
      row.needs.push({ container, containerPort });
    }
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
