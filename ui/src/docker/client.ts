import { createDockerDesktopClient } from "@docker/extension-api-client";
import type { v1 } from "@docker/extension-api-client-types";

export type DockerDesktop = v1.DockerDesktopClient;

/** Returns undefined in an ordinary browser, without Docker Desktop's API. */
export function connect(): DockerDesktop | undefined {
  try {
    return createDockerDesktopClient();
  } catch {
    return undefined;
  }
}
