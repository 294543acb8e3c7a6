/** Filters and sorts the rows. */
import { isConflict, type PortRow } from "./row";

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
  sort: Sort;
}

export const FIRST_VIEW: View = {
  query: "",
  group: "all",
  protocol: undefined,
  sort: { by: "port", isDescending: false },
};

export function isFiltered({ query, group, protocol }: View): boolean {
  return query.trim() !== "" || group !== "all" || protocol !== undefined;
}

const IN_GROUP: Record<Group, (row: PortRow) => boolean> = {
  all: () => true,
  processes: ({ holder }) => holder.kind === "process",
  containers: ({ holder, needs }) => holder.kind === "container" || needs.length > 0,
  conflicts: isConflict,
};

/** The number of rows in each group, without the other filters. */
export function counts(rows: PortRow[]): Record<Group, number> {
  const count = (group: Group) => rows.filter(IN_GROUP[group]).length;
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
    case "process":
      return holder.process.name ?? "Unknown process";
    case "container":
      return holder.container.name;
    case "none":
      return "Free";
  }
}

function searched(row: PortRow): string {
  const { port, protocol, addresses, holder, needs } = row;
  const words: unknown[] = [port, protocol, ...addresses, holderName(row)];
  if (holder.kind === "process") words.push(holder.process.pid, holder.process.path);
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

function comparing({ by, isDescending }: Sort): (a: PortRow, b: PortRow) => number {
  const sign = isDescending ? -1 : 1;
  return (a, b) =>
    sign * COMPARE[by](a, b) ||
    COMPARE.port(a, b) ||
    COMPARE.protocol(a, b) ||
    COLLATOR.compare(a.key, b.key);
}
