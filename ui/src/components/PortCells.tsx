import { Box, Stack } from "@mui/material";
import { memo } from "react";
import type { FreePorts } from "../hostports/free";
import { connectAddress, reach } from "../ports/address";
import { enumeration } from "../ports/enumeration";
import { type Holder, needKey, type PortRow, type Process } from "../ports/row";
import { holderName } from "../ports/view";
import { CopyButton } from "./CopyButton";
import { Detail } from "./Detail";
import { ContainerIcon, FreeIcon, ProcessIcon } from "./icons";
import { Needs } from "./Needs";
import { Shortened } from "./Shortened";

interface PortCellsProps {
  row: PortRow;
  freePorts: FreePorts;
}

/** The cells of a row. Every change creates all rows again, but most of them have the same contents. */
export const PortCells = memo(
  Cells,
  (before, after) =>
    JSON.stringify(before.row) === JSON.stringify(after.row) &&
    before.row.needs.every((need) => {
      const key = needKey(before.row, need);
      return before.freePorts.get(key) === after.freePorts.get(key);
    }),
);

function Cells({ row, freePorts }: PortCellsProps) {
  return (
    <>
      <div role="cell" data-column="port">
        <Box component="span" sx={{ fontWeight: 600, fontVariantNumeric: "tabular-nums" }}>
          {row.port}
        </Box>
        <Box component="span" data-shown="without-protocol" sx={{ color: "text.secondary" }}>
          /{row.protocol}
        </Box>{" "}
        <CopyButton text={connectAddress(row.addresses, row.port)} />
      </div>
      <div role="cell" data-column="protocol">
        {row.protocol.toUpperCase()}
      </div>
      <Stack role="cell" data-column="holder" direction="row" spacing={1.25}>
        <HolderIcon kind={row.holder.kind} />
        <Box sx={{ flex: 1, minWidth: 0 }}>
          <Box sx={{ fontWeight: row.holder.kind === "none" ? 400 : 500 }}>{holderName(row)}</Box>
          <HolderDetails holder={row.holder} />
        </Box>
      </Stack>
      <div role="cell" data-column="address">
        {reach(row.addresses)}
        <Detail title={row.addresses.length > 1 ? row.addresses.join(", ") : undefined}>
          {enumeration(row.addresses.map((address) => address || "all addresses"))}
        </Detail>
      </div>
      <div role="cell" data-column="needs">
        <Needs row={row} freePorts={freePorts} />
      </div>
    </>
  );
}

function HolderIcon({ kind }: { kind: Holder["kind"] }) {
  const Icon = { processes: ProcessIcon, container: ContainerIcon, none: FreeIcon }[kind];
  return <Icon fontSize="small" color={kind === "container" ? "primary" : "action"} />;
}

function HolderDetails({ holder }: { holder: Holder }) {
  switch (holder.kind) {
    case "container":
      return (
        <Detail>
          {holder.container.image && <Shortened path={holder.container.image} />}
          <span>container port {holder.containerPort}</span>
        </Detail>
      );
    case "none":
      return <Detail>Nothing uses this port.</Detail>;
    case "processes":
      return <ProcessDetails processes={holder.processes} />;
  }
}

function ProcessDetails({ processes }: { processes: Process[] }) {
  const pids = processes.flatMap(({ pid }) => (pid === undefined ? [] : [String(pid)]));
  const [path, ...otherPaths] = new Set(processes.map((process) => process.path));
  const isShared = processes.length > 1;
  if (pids.length === 0) return <Detail>Belongs to another user or the system.</Detail>;
  return (
    <Detail title={isShared ? processes.map(description).join("\n") : undefined}>
      <span>
        {isShared ? `${processes.length} processes, PID ` : "PID "}
        {enumeration(pids)} <CopyButton text={pids.join(" ")} />
      </span>
      {path && otherPaths.length === 0 && <Shortened path={path} />}
    </Detail>
  );
}

function description({ pid, name, path }: Process): string {
  return [pid, path ?? name].join(" ");
}
