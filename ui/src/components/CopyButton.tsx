import { IconButton } from "@mui/material";
import { useEffect, useState } from "react";
import { CopyIcon, DoneIcon } from "./icons";

const SHOWN_MILLISECONDS = 1500;

/** Copies a text to the clipboard, and confirms it for a moment. */
export function CopyButton({ text }: { text: string }) {
  const [isCopied, setIsCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setIsCopied(false), SHOWN_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [isCopied]);

  const label = isCopied ? `Copied ${text}` : `Copy ${text}`;
  return (
    <IconButton
      size="small"
      aria-label={label}
      title={label}
      color={isCopied ? "success" : "default"}
      onClick={async () => setIsCopied(await copy(text))}
      sx={{ padding: 0.5, marginY: -1, fontSize: "1rem", verticalAlign: "middle" }}
    >
      {isCopied ? <DoneIcon fontSize="inherit" /> : <CopyIcon fontSize="inherit" />}
    </IconButton>
  );
}

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
