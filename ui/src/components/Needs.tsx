import { Box, Chip, Stack } from "@mui/material";
import type { FreePorts } from "../hostports/free";
import { isConflict, type Need, needKey, type PortRow } from "../ports/row";
import { holderName } from "../ports/view";
import { CopyButton } from "./CopyButton";
import { Detail } from "./Detail";
import { MARKS_BESIDE } from "./grid";
import { Shortened } from "./Shortened";

interface NeedsProps {
  row: PortRow;
  freePorts: FreePorts;
}

/** The containers that need a port, and why they can't have it. */
export function Needs({ row, freePorts }: NeedsProps) {
  if (row.needs.length === 0) return null;
  if (!isConflict(row)) {
    return row.needs.map((need) => <FreeNeed key={needKey(row, need)} need={need} />);
  }
  return (
    <Stack
      sx={{
        alignItems: "flex-start",
        columnGap: 1.5,
        rowGap: 0.5,
        [MARKS_BESIDE]: { flexDirection: "row" },
      }}
    >
      <Chip size="small" color="warning" label="Conflict" />
      <Stack spacing={0.5} sx={{ minWidth: 0 }}>
        {row.needs.map((need) => (
          <Conflict
            key={needKey(row, need)}
            row={row}
            need={need}
            freePort={freePorts.get(needKey(row, need))}
          />
        ))}
      </Stack>
    </Stack>
  );
}

function FreeNeed({ need: { container, containerPort } }: { need: Need }) {
  return (
    <div>
      <span data-shown="below">Needed by </span>
      {container.name} ({container.state})
      <Detail>
        {container.image && <Shortened path={container.image} />}
        <span>container port {containerPort}</span>
      </Detail>
    </div>
  );
}

interface ConflictProps {
  row: PortRow;
  need: Need;
  freePort: number | undefined;
}

function Conflict({ row, need: { container, containerPort }, freePort }: ConflictProps) {
  const publish = `${freePort}:${containerPort}`;
  return (
    <div>
      <b>{container.name}</b> ({container.state}) can't start: port {row.port} is used by{" "}
      <b>{holderName(row)}</b>.
      {freePort !== undefined && (
        <Box sx={{ color: "text.secondary" }}>
          {freePort} is free: publish{" "}
          <Box component="span" sx={{ whiteSpace: "nowrap" }}>
            {publish} <CopyButton text={publish} />
          </Box>
        </Box>
      )}
    </div>
  );
}
