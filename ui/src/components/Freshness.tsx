import { Box, Chip } from "@mui/material";
import type { HostPorts } from "../hostports/follow";

/** How new what is shown is. */
export function Freshness({ hostPorts }: { hostPorts: HostPorts }) {
  if (hostPorts.state !== "shown") return null;
  const { isLive } = hostPorts;
  return (
    <Chip
      variant="outlined"
      size="small"
      icon={<Dot isLive={isLive} />}
      label={isLive ? "Live" : "Updated every few seconds"}
      title={
        isLive
          ? "Changes are shown as they happen."
          : "The hostports program tells of no changes, so it is asked again and again."
      }
    />
  );
}

function Dot({ isLive }: { isLive: boolean }) {
  return (
    <Box component="span" sx={{ display: "flex", paddingLeft: 0.5 }}>
      <Box
        component="span"
        sx={{
          width: 8,
          height: 8,
          borderRadius: "50%",
          backgroundColor: isLive ? "success.main" : "warning.main",
        }}
      />
    </Box>
  );
}
