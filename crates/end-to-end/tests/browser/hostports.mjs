// Replaces the host binary of the sample while the preview is running.
import { execFileSync } from "node:child_process";
import { readdir, rename, rm, writeFile } from "node:fs/promises";
import { PROJECT } from "./browser.mjs";

/** Removes the program and ends the running one, calls `check` with its path, and restores the program. */
export async function withoutHostports(check) {
  const [directory] = await readdir(`${PROJECT}/target/preview`);
  const program = `${PROJECT}/target/preview/${directory}/hostports`;
  await rename(program, original(program));
  end(program);
  try {
    await check(program);
  } finally {
    await rm(program, { force: true });
    await rename(original(program), program);
    end(program);
  }
}

/** Where the program is while it is replaced. */
export const original = (program) => `${program}.gone`;

export function writeScript(program, script) {
  return writeFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** Ends what the page runs of the program. Then the page starts it again. */
export function end(program) {
  try {
    execFileSync("pkill", ["-KILL", "-f", `${program} (watch|list)`]);
  } catch {
    // Nothing runs.
  }
}

/** The number of running processes of the program. */
export function running(pattern) {
  try {
    return execFileSync("pgrep", ["-f", pattern], { encoding: "utf8" }).trim().split("\n").length;
  } catch {
    return 0;
  }
}

/** What a program prints that reports the same as long as it runs. Free ports come from the original. */
export async function writeReport(program, report) {
  const snapshot = { schema_version: 2, event: "snapshot", ...report };
  await writeFile(`${program}.json`, `${JSON.stringify(snapshot)}\n`);
  await writeScript(program, `
case $1 in
  watch) cat "$0.json"; while printf ' '; do sleep 1; done ;;
  list) cat "$0.json" ;;
  *) exec "${original(program)}" "$@" ;;
esac`);
}
