/** One table of what holds the host's ports and what wants them. */
import type { Binding, Container } from "../containers/container";
import type { Listener } from "../hostports/report";
import { overlap } from "./address";

/** A process of the host; nothing is known of one that may not be seen. */
export interface Process {
  pid?: number;
  name?: string;
  path?: string;
}

export type Holder =
  | { kind: "process"; process: Process }
  | { kind: "container"; container: Container; containerPort: number }
  | { kind: "nobody" };

/** A container that does not run, and asks for the port when it is started. */
export interface Want {
  container: Container;
  containerPort: number;
}

export interface PortRow {
  key: string;
  protocol: string;
  port: number;
  addresses: string[];
  holder: Holder;
  wants: Want[];
}

/** Something holds the port that a container wants. */
export function isConflict({ holder, wants }: PortRow): boolean {
  return holder.kind !== "nobody" && wants.length > 0;
}

/** What is seen on the host, and what Docker says, as one. */
export function portRows(listeners: Listener[], containers: Container[]): PortRow[] {
  const rows = processRows(listeners);
  for (const container of containers.filter(({ isRunning }) => isRunning)) {
    for (const binding of container.bindings) publish(rows, container, binding);
  }
  for (const container of containers.filter(({ isRunning }) => !isRunning)) {
    for (const binding of container.bindings) want(rows, container, binding);
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
      wants: [],
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

/** What holds a published port on the host is a program of Docker's: the container is shown for it. */
function publish(rows: Rows, container: Container, binding: Binding) {
  for (const row of sharing(rows, binding)) {
    if (row.holder.kind === "process" && isForwarder(row.holder.process, row, binding)) {
      rows.delete(row.key);
    }
  }
  const { protocol, port, address, containerPort } = binding;
  const key = `${port} ${protocol} container ${container.id}`;
  const holder: Holder = { kind: "container", container, containerPort };
  add(rows, { key, protocol, port, addresses: [address], holder, wants: [] });
}

/** `com.docker.backend`, `vpnkit`, `docker-proxy`; the last one is root's, and so often not seen. */
function isForwarder({ name }: Process, { addresses }: PortRow, { address }: Binding): boolean {
  return name === undefined || /docker|vpnkit/i.test(name) || addresses.includes(address);
}

function want(rows: Rows, container: Container, binding: Binding) {
  const { protocol, port, address, containerPort } = binding;
  const held = sharing(rows, binding).filter(({ holder }) => holder.kind !== "nobody");
  const free = (): PortRow => {
    const key = `${port} ${protocol} nobody`;
    return add(rows, {
      key,
      protocol,
      port,
      addresses: [address],
      holder: { kind: "nobody" },
      wants: [],
    });
  };
  for (const row of held.length > 0 ? held : [free()]) {
    if (!row.wants.some((it) => it.container.id === container.id)) {
      row.wants.push({ container, containerPort });
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
