import type { CSSProperties } from "react";

const VISUALLY_HIDDEN: CSSProperties = {
  position: "absolute",
  width: 1,
  height: 1,
  margin: -1,
  overflow: "hidden",
  clipPath: "inset(50%)",
  whiteSpace: "nowrap",
};

/** Announces the number of rows to users of screen readers. */
export function Announcement({ shown, conflicts }: { shown: number; conflicts: number }) {
  const text = `${plural(shown, "port")} shown, ${plural(conflicts, "conflict")}.`;
  return (
    <div role="status" style={VISUALLY_HIDDEN}>
      {text}
    </div>
  );
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
