import { Alert, AlertTitle } from "@mui/material";
import type { ReactNode } from "react";

interface NoticeProps {
  severity?: "info" | "warning" | "error";
  title?: string;
  /** A {@link NoticeButton}. */
  action?: ReactNode;
  children: ReactNode;
}

/** A message for the user, above, below or in place of the table. */
export function Notice({ severity = "info", title, action, children }: NoticeProps) {
  return (
    <Alert
      severity={severity}
      // Screen readers interrupt the user for an alert.
      role={severity === "error" ? "alert" : "status"}
      action={action}
      sx={{
        flex: "none",
        "& .MuiAlert-message": { flex: 1, alignSelf: "center", minWidth: 0, overflowWrap: "anywhere" },
        "& .MuiAlert-action": { alignItems: "center", paddingTop: 0 },
      }}
    >
      {title && (
        <AlertTitle component="h2" sx={{ fontSize: "inherit", fontWeight: 600 }}>
          {title}
        </AlertTitle>
      )}
      {children}
    </Alert>
  );
}
