import { Button } from "@mui/material";

/** The action of a notice. */
export function NoticeButton({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <Button color="inherit" size="small" onClick={onClick} sx={{ whiteSpace: "nowrap" }}>
      {label}
    </Button>
  );
}
