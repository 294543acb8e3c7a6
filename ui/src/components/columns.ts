import type { Column } from "../ports/view";

type TableColumn =
  | { name: Column; title: string; isSortable: true }
  | { name: "needs"; title: string; isSortable: false };

export const COLUMNS: readonly TableColumn[] = [
  { name: "port", title: "Port", isSortable: true },
  { name: "protocol", title: "Protocol", isSortable: true },
  { name: "holder", title: "Used by", isSortable: true },
  { name: "address", title: "Reachable from", isSortable: true },
  { name: "needs", title: "Needed by", isSortable: false },
];
