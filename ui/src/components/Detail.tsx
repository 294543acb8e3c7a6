import { Box } from "@mui/material";
import type { ReactNode } from "react";

/** The second line of a cell. Its parts are separated by a space, and the longest is shortened. */
export function Detail({ title, children }: { title?: string | undefined; children: ReactNode }) {
  return (
    <Box
      title={title}
      sx={{
        display: "flex",
        flexWrap: "wrap",
        columnGap: 1,
        color: "text.secondary",
        "& > *": { minWidth: 0 },
      }}
    >
      {children}
    </Box>
  );
}
