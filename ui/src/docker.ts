import { createDockerDesktopClient } from "@docker/extension-api-client";
import type { v1 } from "@docker/extension-api-client-types";
import { parseReport, type Report } from "./hostports";

/** Undefined in an ordinary browser, where the extension can't do anything. */
export function connect(): v1.DockerDesktopClient | undefined {
  try {
    return createDockerDesktopClient();
  } catch {
    return undefined;
  }
}

/** Runs the extension's host binary. Throws an error whose message is meant for the user. */
export async function listListeners(docker: v1.DockerDesktopClient): Promise<Report> {
  const host = docker.extension.host;
  if (!host) {
    throw new Error("The extension was installed without its hostports program. Install it again.");
  }
  const program = docker.host.platform === "win32" ? "hostports.exe" : "hostports";
  const { stdout } = await host.cli.exec(program, ["list"]).catch((failure: unknown) => {
    throw new Error(reason(failure) ?? `${program} failed without giving a reason.`);
  });
  return parseReport(stdout);
}

/** Docker Desktop rejects with the result of the command, or an error where it couldn't start it. */
function reason(failure: unknown): string | undefined {
  if (typeof failure !== "object" || failure === null) return undefined;
  const { stderr, message } = failure as Record<string, unknown>;
  return [stderr, message].find((text): text is string => typeof text === "string" && text !== "");
}
