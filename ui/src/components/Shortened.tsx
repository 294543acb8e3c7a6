import { Box } from "@mui/material";
import { splitEnd } from "../ports/shorten";

/** A path on one line. If there is no space for it, it is cut in the middle. A flex item. */
export function Shortened({ path }: { path: string }) {
  const [beginning, end] = splitEnd(path);
  return (
    <Box
      component="span"
      title={path}
      // With less space than 9rem beside other texts, it gets a line of its own.
      sx={{
        display: "flex",
        flex: "1 1 9rem",
        minWidth: 0,
        maxWidth: "max-content",
        whiteSpace: "pre",
      }}
    >
      <Box component="span" sx={{ overflow: "hidden", textOverflow: "ellipsis" }}>
        {beginning}
      </Box>
      <Box
        component="span"
        // It is cut only if the line has no space for anything else.
        sx={{ flex: "0 0 auto", maxWidth: "100%", overflow: "hidden", textOverflow: "ellipsis" }}
      >
        {end}
      </Box>
    </Box>
  );
}
