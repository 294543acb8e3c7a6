import {
  Box,
  IconButton,
  InputAdornment,
  Stack,
  TextField,
  ToggleButton,
  ToggleButtonGroup,
} from "@mui/material";
import { GROUPS, type Group, type View } from "../ports/view";
import { ClearIcon, SearchIcon } from "./icons";

const GROUP_NAMES: Record<Group, string> = {
  all: "All",
  processes: "Processes",
  containers: "Containers",
  conflicts: "Conflicts",
};

const PROTOCOLS = ["tcp", "udp"];

interface ToolbarProps {
  view: View;
  counts: Record<Group, number>;
  onChange: (view: View) => void;
}

export function Toolbar({ view, counts, onChange }: ToolbarProps) {
  return (
    <Stack direction="row" role="search" sx={{ flex: "none", flexWrap: "wrap", gap: 2 }}>
      <Search query={view.query} onChange={(query) => onChange({ ...view, query })} />
      <ToggleButtonGroup
        exclusive
        size="small"
        aria-label="Used by"
        value={view.group}
        onChange={(_, group: Group | null) => onChange({ ...view, group: group ?? "all" })}
        sx={{ flexWrap: "wrap" }}
      >
        {GROUPS.map((group) => (
          <ToggleButton key={group} value={group} color={colour(group, counts)} sx={{ gap: 1 }}>
            {GROUP_NAMES[group]}
            <Box component="span" sx={{ fontVariantNumeric: "tabular-nums" }}>
              {counts[group]}
            </Box>
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
      <ToggleButtonGroup
        exclusive
        size="small"
        aria-label="Protocol"
        value={view.protocol ?? null}
        onChange={(_, protocol: string | null) =>
          onChange({ ...view, protocol: protocol ?? undefined })
        }
      >
        {PROTOCOLS.map((protocol) => (
          <ToggleButton key={protocol} value={protocol} color="primary">
            {protocol.toUpperCase()}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
    </Stack>
  );
}

function colour(group: Group, counts: Record<Group, number>) {
  return group === "conflicts" && counts.conflicts > 0 ? "warning" : "primary";
}

function Search({ query, onChange }: { query: string; onChange: (query: string) => void }) {
  return (
    <TextField
      size="small"
      placeholder="Port, process, container, address …"
      value={query}
      onChange={(event) => onChange(event.target.value)}
      onKeyDown={(event) => {
        if (event.key === "Escape") onChange("");
      }}
      sx={{
        flex: "1 1 100%",
        // MUI's placeholder has too little contrast.
        "& input::placeholder": { color: "text.secondary", opacity: 1 },
        "@container (min-width: 900px)": { flexBasis: 240, maxWidth: 440 },
      }}
      slotProps={{
        htmlInput: { "aria-label": "Search", spellCheck: false },
        input: {
          startAdornment: (
            <InputAdornment position="start">
              <SearchIcon fontSize="small" />
            </InputAdornment>
          ),
          endAdornment: query !== "" && (
            <InputAdornment position="end">
              <IconButton size="small" aria-label="Clear the search" onClick={() => onChange("")}>
                <ClearIcon fontSize="small" />
              </IconButton>
            </InputAdornment>
          ),
        },
      }}
    />
  );
}
