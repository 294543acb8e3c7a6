import { Box, Chip, Stack, TableCell, TableRow, Typography } from "@mui/material";
import { alpha } from "@mui/material/styles";
import { memo, type ReactNode } from "react";
import { connectAddress, reach } from "../ports/address";
import { type Holder, isConflict, type PortRow, type Need } from "../ports/row";
import { holderName } from "../ports/view";
import { CopyButton } from "./CopyButton";
import { ContainerIcon, FreeIcon, ProcessIcon } from "./icons";

interface PortTableRowProps {
  row: PortRow;
  /** A free port to suggest instead of this one, if one is known. */
  freePort: number | undefined;
}

/** Every change creates all rows again, but most of them have the same contents as before. */
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
        <CopyButton text={connectAddress(row.addresses, row.port)} />
      </TableCell>
      <TableCell>{row.protocol.toUpperCase()}</TableCell>
      <TableCell>
        <Stack direction="row" spacing={1.25}>
          <HolderIcon kind={row.holder.kind} />
          <Box sx={{ minWidth: 0 }}>
            <Box sx={{ fontWeight: row.holder.kind === "none" ? 400 : 500 }}>
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
        {!hasConflict && row.needs.map((need) => <NeedDetails key={need.container.id} need={need} />)}
      </TableCell>
    </TableRow>
  );
}

function HolderIcon({ kind }: { kind: Holder["kind"] }) {
  const Icon = { process: ProcessIcon, container: ContainerIcon, none: FreeIcon }[kind];
  return <Icon fontSize="small" color={kind === "container" ? "primary" : "action"} />;
}

function HolderDetails({ holder }: { holder: Holder }) {
  switch (holder.kind) {
    case "container":
      return (
        <Detail>
          {holder.container.image}, container port {holder.containerPort}
        </Detail>
      );
    case "none":
      return <Detail>Nothing uses this port.</Detail>;
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
      {row.needs.map((need) => (
        <div key={need.container.id}>
          <b>{need.container.name}</b> ({need.container.state}) can't start while{" "}
          <b>{holderName(row)}</b> uses port {row.port}.
          {freePort !== undefined && (
            <Detail>
              {freePort} is free: publish {freePort}:{need.containerPort}{" "}
              <CopyButton text={`${freePort}:${need.containerPort}`} />
            </Detail>
          )}
        </div>
      ))}
    </Stack>
  );
}

function NeedDetails({ need: { container, containerPort } }: { need: Need }) {
  return (
    <div>
      {container.name} ({container.state})
      <Detail>
        {container.image}, container port {containerPort}
      </Detail>
    </div>
  );
}

/** With a `title`, the text is cut to one line. */
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
