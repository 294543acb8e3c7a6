import { Alert, AlertTitle, Button, LinearProgress, Stack, Typography } from "@mui/material";
import { TITLE } from "./extension";
import { CAPTION, EMPTY, type Row } from "./report";
import { ReportTable } from "./ReportTable";
import type { LoadState } from "./useLoad";

interface ReportPageProps {
  state: LoadState<Row[]>;
  onReload: () => void;
}

export function ReportPage({ state, onReload }: ReportPageProps) {
  return (
    <Stack component="main" spacing={2} sx={{ maxWidth: 1024, marginX: "auto", padding: 3 }}>
      <Stack component="header" direction="row" sx={{ justifyContent: "space-between", gap: 2 }}>
        <Typography variant="h1">{TITLE}</Typography>
        <Button variant="outlined" onClick={onReload}>
          {state.kind === "failed" ? "Try again" : "Reload"}
        </Button>
      </Stack>
      <Typography role="status" color="text.secondary">
        {summary(state)}
      </Typography>
      <Content state={state} />
    </Stack>
  );
}

/** Screen readers announce it when it changes. */
function summary(state: LoadState<Row[]>): string {
  switch (state.kind) {
    case "loading":
      return "Loading…";
    case "loaded":
      return state.value.length === 0 ? EMPTY : `${CAPTION}: ${state.value.length}`;
    case "failed":
      return "";
  }
}

function Content({ state }: { state: LoadState<Row[]> }) {
  switch (state.kind) {
    case "loading":
      return <LinearProgress aria-label="Loading" />;
    case "loaded":
      return state.value.length > 0 && <ReportTable rows={state.value} />;
    case "failed":
      return (
        <Alert severity="error">
          <AlertTitle component="h2" sx={{ fontWeight: 600 }}>{state.failure.title}</AlertTitle>
          {state.failure.message}
        </Alert>
      );
  }
}
