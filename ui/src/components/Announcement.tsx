import type { CSSProperties } from "react";

const FOR_EARS_ALONE: CSSProperties = {
  position: "absolute",
  width: 1,
  height: 1,
  margin: -1,
  overflow: "hidden",
  clipPath: "inset(50%)",
  whiteSpace: "nowrap",
};

/** Tells those who don't see the table how many rows it has now. */
export function Announcement({ shown, conflicts }: { shown: number; conflicts: number }) {
  const text = `${plural(shown, "port")} shown, ${plural(conflicts, "conflict")}.`;
  return (
    <div role="status" style={FOR_EARS_ALONE}>
      {text}
    </div>
  );
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
