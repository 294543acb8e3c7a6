import { Button } from "@mui/material";
import type { Failure } from "../docker/program";
import { Notice } from "./Page";

interface FailedProps {
  failure: Failure;
  onRetry: () => void;
}

/** Shown while the host's ports are unknown. The page keeps trying to list them. */
export function Failed({ failure, onRetry }: FailedProps) {
  const isMissing = failure.kind === "missing";
  return (
    <Notice
      role="alert"
      title={isMissing ? "A program of this extension is missing" : "Can't list the ports"}
      action={
        <Button variant="contained" onClick={onRetry}>
          Try again
        </Button>
      }
    >
      {failure.message}
      {isMissing && (
        <>
          {" "}
          Antivirus software may have removed it. Install the extension again.
        </>
      )}
    </Notice>
  );
}
