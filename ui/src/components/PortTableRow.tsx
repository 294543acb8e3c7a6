import { Box, Chip, Stack, TableCell, TableRow, Typography } from "@mui/material";
import { alpha } from "@mui/material/styles";
import { memo, type ReactNode } from "react";
import { dialled, reach } from "../ports/address";
import { type Holder, isConflict, type PortRow, type Want } from "../ports/row";
import { holderName } from "../ports/view";
import { CopyButton } from "./CopyButton";
import { ContainerIcon, NobodyIcon, ProcessIcon } from "./icons";

interface PortTableRowProps {
  row: PortRow;
  /** To be taken in the place of this one, if that is known. */
  freePort: number | undefined;
}

/** Rows are made anew with each change, and nearly all say what they have said before. */
export const PortTableRow = memo(
  Row,
  (before, after) =>
    before.freePort === after.freePort && JSON.stringify(before.row) === JSON.stringify(after.row),
);

function Row({ row, freePort }: PortTableRowProps) {
  const hasConflict = isConflict(row);
  return (
    <TableRow
      hover
      sx={{
        "& > td": { verticalAlign: "top", overflowWrap: "anywhere" },
        "&:last-child > td": { borderBottom: 0 },
        ...(hasConflict && {
          backgroundColor: ({ palette }) => alpha(palette.warning.main, 0.09),
          "& > td:first-of-type": {
            boxShadow: ({ palette }) => `inset 4px 0 ${palette.warning.main}`,
          },
        }),
      }}
    >
      <TableCell>
        <Box component="span" sx={{ fontWeight: 600, fontVariantNumeric: "tabular-nums" }}>
          {row.port}
        </Box>{" "}
        <CopyButton text={dialled(row.addresses, row.port)} />
      </TableCell>
      <TableCell>{row.protocol.toUpperCase()}</TableCell>
      <TableCell>
        <Stack direction="row" spacing={1.25}>
          <HolderIcon kind={row.holder.kind} />
          <Box sx={{ minWidth: 0 }}>
            <Box sx={{ fontWeight: row.holder.kind === "nobody" ? 400 : 500 }}>
              {holderName(row)}
            </Box>
            <HolderDetails holder={row.holder} />
          </Box>
        </Stack>
      </TableCell>
      <TableCell>
        {reach(row.addresses)}
        <Detail>{row.addresses.map((address) => address || "all addresses").join(", ")}</Detail>
      </TableCell>
      <TableCell>
        {hasConflict && <Conflict row={row} freePort={freePort} />}
        {!hasConflict && row.wants.map((want) => <Wish key={want.container.id} want={want} />)}
      </TableCell>
    </TableRow>
  );
}

function HolderIcon({ kind }: { kind: Holder["kind"] }) {
  const Icon = { process: ProcessIcon, container: ContainerIcon, nobody: NobodyIcon }[kind];
  return <Icon fontSize="small" color={kind === "container" ? "primary" : "action"} />;
}

function HolderDetails({ holder }: { holder: Holder }) {
  switch (holder.kind) {
    case "container":
      return (
        <Detail>
          {holder.container.image}, its port {holder.containerPort}
        </Detail>
      );
    case "nobody":
      return <Detail>The port is free.</Detail>;
    case "process": {
      const { pid, path } = holder.process;
      if (pid === undefined) return <Detail>It belongs to another user or to the system.</Detail>;
      return (
        <Detail title={path}>
          PID {pid} <CopyButton text={String(pid)} /> {path}
        </Detail>
      );
    }
  }
}

function Conflict({ row, freePort }: { row: PortRow; freePort: number | undefined }) {
  return (
    <Stack spacing={0.75} sx={{ alignItems: "flex-start" }}>
      <Chip size="small" color="warning" label="Conflict" />
      {row.wants.map((want) => (
        <div key={want.container.id}>
          <b>{want.container.name}</b> ({want.container.state}) can't start while{" "}
          <b>{holderName(row)}</b> holds {row.port}.
          {freePort !== undefined && (
            <Detail>
              {freePort} is free: publish {freePort}:{want.containerPort}{" "}
              <CopyButton text={`${freePort}:${want.containerPort}`} />
            </Detail>
          )}
        </div>
      ))}
    </Stack>
  );
}

function Wish({ want: { container, containerPort } }: { want: Want }) {
  return (
    <div>
      {container.name} ({container.state})
      <Detail>
        {container.image}, its port {containerPort}
      </Detail>
    </div>
  );
}

/** One line where it is long, with all of it as `title`. */
function Detail({ title, children }: { title?: string | undefined; children: ReactNode }) {
  return (
    <Typography
      component="div"
      variant="body2"
      color="text.secondary"
      noWrap={title !== undefined}
      title={title}
    >
      {children}
    </Typography>
  );
}
