/** The number of words in an enumeration. A port of mDNS may have dozens of processes and addresses. */
const SHOWN = 3;

/** `a, b and c`, or `a, b and 7 more`. Empty without words. */
export function enumeration(words: readonly string[]): string {
  const isCut = words.length > SHOWN;
  const shown = isCut ? words.slice(0, SHOWN - 1) : words.slice(0, -1);
  const last = isCut ? `${words.length - shown.length} more` : (words.at(-1) ?? "");
  return shown.length > 0 ? `${shown.join(", ")} and ${last}` : last;
}
