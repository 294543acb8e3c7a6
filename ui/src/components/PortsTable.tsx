import {
  Paper,
  Skeleton,
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableHead,
  TableRow,
  TableSortLabel,
} from "@mui/material";
import type { PortRow } from "../ports/row";
import type { Column, Sort } from "../ports/view";
import { PortTableRow } from "./PortTableRow";

const COLUMNS: { column?: Column; title: string; width: string }[] = [
  { column: "port", title: "Port", width: "11%" },
  { column: "protocol", title: "Protocol", width: "9%" },
  { column: "holder", title: "Used by", width: "34%" },
  { column: "address", title: "Reachable from", width: "19%" },
  { title: "Needed by", width: "27%" },
];

interface PortsTableProps {
  rows: PortRow[];
  sort: Sort;
  /** A free port for each port with a conflict. */
  freePorts: ReadonlyMap<number, number>;
  onSort: (sort: Sort) => void;
}

export function PortsTable({ rows, sort, freePorts, onSort }: PortsTableProps) {
  return (
    <Frame
      head={COLUMNS.map(({ column, title, width }) => (
        <TableCell
          key={title}
          width={width}
          {...(sort.by === column && { sortDirection: sort.isDescending ? "desc" : "asc" })}
        >
          {column ? (
            <TableSortLabel
              active={sort.by === column}
              direction={sort.by === column && sort.isDescending ? "desc" : "asc"}
              onClick={() =>
                onSort({ by: column, isDescending: sort.by === column && !sort.isDescending })
              }
            >
              {title}
            </TableSortLabel>
          ) : (
            title
          )}
        </TableCell>
      ))}
    >
      {rows.map((row) => (
        <PortTableRow key={row.key} row={row} freePort={freePorts.get(row.port)} />
      ))}
    </Frame>
  );
}

const SKELETON_ROWS = [70, 45, 60, 50, 65, 40, 55, 60];

/** A placeholder until the ports are known. */
export function LoadingTable() {
  return (
    <Frame
      head={COLUMNS.map(({ title, width }) => (
        <TableCell key={title} width={width}>
          {title}
        </TableCell>
      ))}
      isBusy
    >
      {SKELETON_ROWS.map((width, row) => (
        <TableRow key={row}>
          {COLUMNS.map(({ title }) => (
            <TableCell key={title}>
              <Skeleton width={`${width}%`} />
            </TableCell>
          ))}
        </TableRow>
      ))}
    </Frame>
  );
}

interface FrameProps {
  head: React.ReactNode;
  isBusy?: boolean;
  children: React.ReactNode;
}

function Frame({ head, isBusy = false, children }: FrameProps) {
  return (
    <TableContainer component={Paper} variant="outlined">
      <Table
        size="small"
        aria-label="Ports of this computer"
        aria-busy={isBusy}
        sx={{ tableLayout: "fixed", minWidth: 760 }}
      >
        <TableHead>
          <TableRow>{head}</TableRow>
        </TableHead>
        <TableBody>{children}</TableBody>
      </Table>
    </TableContainer>
  );
}
