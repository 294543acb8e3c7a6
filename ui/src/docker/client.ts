import { createDockerDesktopClient } from "@docker/extension-api-client";
import type { v1 } from "@docker/extension-api-client-types";

export type DockerDesktop = v1.DockerDesktopClient;

/** Undefined in an ordinary browser, where the extension can't do anything. */
export function connect(): DockerDesktop | undefined {
  try {
    return createDockerDesktopClient();
  } catch {
    return undefined;
  }
}
