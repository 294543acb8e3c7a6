/** Filters and sorts the rows. */
import { enumeration } from "./enumeration";
import { isConflict, type PortRow, type Process } from "./row";

export const GROUPS = ["all", "processes", "containers", "conflicts"] as const;
export type Group = (typeof GROUPS)[number];

export type Column = "port" | "protocol" | "holder" | "address";

export interface Sort {
  by: Column;
  isDescending: boolean;
}

export interface View {
  query: string;
  group: Group;
  /** Undefined means all. */
  protocol: string | undefined;
  /** Undefined means that conflicts come first. */
  sort: Sort | undefined;
}

export const FIRST_VIEW: View = {
  query: "",
  group: "all",
  protocol: undefined,
  sort: undefined,
};

/** The order after the title of a column was clicked: ascending, descending, conflicts first. */
export function nextSort(sort: Sort | undefined, by: Column): Sort | undefined {
  if (sort?.by !== by) return { by, isDescending: false };
  return sort.isDescending ? undefined : { by, isDescending: true };
}

export function isFiltered({ query, group, protocol }: View): boolean {
  return query.trim() !== "" || group !== "all" || protocol !== undefined;
}

const IN_GROUP: Record<Group, (row: PortRow) => boolean> = {
  all: () => true,
  processes: ({ holder }) => holder.kind === "processes",
  containers: ({ holder, needs }) => holder.kind === "container" || needs.length > 0,
  conflicts: isConflict,
};

/** The number of different ports. A port can have several rows, one for each address. */
export function countPorts(rows: PortRow[]): number {
  return new Set(rows.map(({ protocol, port }) => `${port} ${protocol}`)).size;
}

/** The number of ports in each group, without the other filters. */
export function counts(rows: PortRow[]): Record<Group, number> {
  const count = (group: Group) => countPorts(rows.filter(IN_GROUP[group]));
  return {
    all: count("all"),
    processes: count("processes"),
    containers: count("containers"),
    conflicts: count("conflicts"),
  };
}

export function select(rows: PortRow[], { query, group, protocol, sort }: View): PortRow[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return rows
    .filter(IN_GROUP[group])
    .filter((row) => protocol === undefined || row.protocol === protocol)
    .filter((row) => {
      const text = searched(row);
      return words.every((word) => text.includes(word));
    })
    .sort(comparing(sort));
}

/** The name that the table shows. */
export function holderName({ holder }: PortRow): string {
  switch (holder.kind) {
    case "processes":
      return enumeration(processNames(holder.processes));
    case "container":
      return holder.container.name;
    case "none":
      return "Free";
  }
}

function processNames(processes: Process[]): string[] {
  const names = new Set(processes.map(({ name }) => name ?? "Unknown process"));
  return names.size > 0 ? [...names] : ["Unknown process"];
}

function searched(row: PortRow): string {
  const { port, protocol, addresses, holder, needs } = row;
  const words: unknown[] = [port, protocol, ...addresses, holderName(row)];
  if (holder.kind === "processes") {
    for (const { pid, name, path } of holder.processes) words.push(pid, name, path);
  }
  if (holder.kind === "container") words.push(holder.container.image);
  for (const { container } of needs) words.push(container.name, container.image, container.state);
  return words.join(" ").toLowerCase();
}

const COLLATOR = new Intl.Collator(undefined, { sensitivity: "base", numeric: true });

const COMPARE: Record<Column, (a: PortRow, b: PortRow) => number> = {
  port: (a, b) => a.port - b.port,
  protocol: (a, b) => COLLATOR.compare(a.protocol, b.protocol),
  holder: (a, b) => COLLATOR.compare(holderName(a), holderName(b)),
  address: (a, b) => COLLATOR.compare(a.addresses.join(), b.addresses.join()),
};

const conflictsFirst = (a: PortRow, b: PortRow) => Number(isConflict(b)) - Number(isConflict(a));

function comparing(sort: Sort | undefined): (a: PortRow, b: PortRow) => number {
  const sign = sort?.isDescending ? -1 : 1;
  const first = sort ? COMPARE[sort.by] : conflictsFirst;
  return (a, b) =>
    sign * first(a, b) ||
    COMPARE.port(a, b) ||
    COMPARE.protocol(a, b) ||
    COLLATOR.compare(a.key, b.key);
}
