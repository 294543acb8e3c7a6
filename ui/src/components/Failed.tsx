import { Button } from "@mui/material";
import type { Failure } from "../docker/program";
import { Notice } from "./Page";

interface FailedProps {
  failure: Failure;
  onRetry: () => void;
}

/** Nothing is known of the host's ports. It is tried again all the while. */
export function Failed({ failure, onRetry }: FailedProps) {
  const isMissing = failure.kind === "missing";
  return (
    <Notice
      role="alert"
      title={isMissing ? "The extension's program is missing" : "The ports can't be listed"}
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
          An antivirus program may have taken it away. Installing the extension again brings it
          back; this page goes on by itself when it is there.
        </>
      )}
    </Notice>
  );
}
