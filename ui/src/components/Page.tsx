import { Box, Paper, Stack, Typography } from "@mui/material";
import type { ReactNode } from "react";

interface PageProps {
  /** Beside the title. */
  aside?: ReactNode;
  children: ReactNode;
}

export function Page({ aside, children }: PageProps) {
  return (
    <Stack component="main" spacing={2} sx={{ maxWidth: 1280, marginX: "auto", padding: 3 }}>
      <Stack component="header" direction="row" sx={{ justifyContent: "space-between", gap: 3 }}>
        <Box>
          <Typography variant="h1">Host Ports</Typography>
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

interface NoticeProps {
  title: string;
  role?: "alert" | "status";
  /** A button for the user. */
  action?: ReactNode;
  children?: ReactNode;
}

/** Shown in place of the table. */
export function Notice({ title, role = "status", action, children }: NoticeProps) {
  return (
    <Paper variant="outlined" role={role} sx={{ paddingY: 6, paddingX: 3, textAlign: "center" }}>
      <Typography component="h2" variant="h6" gutterBottom>
        {title}
      </Typography>
      <Typography component="div" color="text.secondary" sx={{ maxWidth: 640, marginX: "auto" }}>
        {children}
      </Typography>
      {action && <Box sx={{ marginTop: 3 }}>{action}</Box>}
    </Paper>
  );
}
