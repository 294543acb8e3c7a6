/** Shortens paths in the middle, because their ends differ. */

/** The longest end that is always visible. The longest file names are longer. */
const LONGEST_END = 32;

/**
 * Splits a path, or the name of an image, into a beginning that may be cut and an end that is always visible:
 * the last component with its separator.
 */
export function splitEnd(path: string): [beginning: string, end: string] {
  const [end = ""] = /[/\\]?[^/\\]*[/\\]?$/.exec(path) ?? [];
  // Not within a surrogate pair.
  const shown = Array.from(end).slice(-LONGEST_END).join("");
  return [path.slice(0, path.length - shown.length), shown];
}
