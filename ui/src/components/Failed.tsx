import type { Failure } from "../docker/program";
import { Notice } from "./Notice";
import { NoticeButton } from "./NoticeButton";

interface FailedProps {
  failure: Failure;
  onRetry: () => void;
}

/** Shown while the host's ports are unknown. The page keeps trying to list them. */
export function Failed({ failure, onRetry }: FailedProps) {
  const isMissing = failure.kind === "missing";
  return (
    <Notice
      severity="error"
      title={isMissing ? "A program of this extension is missing" : "Can't list the ports"}
      action={<NoticeButton label="Try again" onClick={onRetry} />}
    >
      {failure.message}
      {isMissing && " Antivirus software may have removed it. Install the extension again."}
    </Notice>
  );
}
