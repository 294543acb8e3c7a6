import { Box, Stack, Typography } from "@mui/material";
import type { ReactNode } from "react";

interface PageProps {
  /** Beside the title. */
  aside?: ReactNode;
  children: ReactNode;
}

/** A page as high as the window, in which the table scrolls. Its width is that of `@container`. */
export function Page({ aside, children }: PageProps) {
  return (
    <Stack
      component="main"
      spacing={2}
      sx={{
        containerType: "inline-size",
        height: "100dvh",
        // In a low window, where the table has its least height.
        overflowY: "auto",
        padding: { xs: 2, sm: 3 },
      }}
    >
      <Stack
        component="header"
        direction="row"
        sx={{ flex: "none", justifyContent: "space-between", gap: 3 }}
      >
        <Box>
          <Typography variant="h2" component="h1" sx={{ fontWeight: 600 }}>
            Host Ports
          </Typography>
          <Typography color="text.secondary">
            The processes that use the ports of this computer, and the containers that need them.
          </Typography>
        </Box>
        {aside}
      </Stack>
      {children}
    </Stack>
  );
}
