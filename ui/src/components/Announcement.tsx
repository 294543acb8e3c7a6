import { VISUALLY_HIDDEN } from "./hidden";

/** Announces the number of ports to users of screen readers. */
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
