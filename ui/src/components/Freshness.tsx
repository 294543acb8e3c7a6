import { Box, Chip } from "@mui/material";
import type { HostPorts } from "../hostports/follow";

/** Shows whether changes appear immediately. */
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
          ? "Changes appear immediately."
          : "Live updates are unavailable; refreshing every few seconds."
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
