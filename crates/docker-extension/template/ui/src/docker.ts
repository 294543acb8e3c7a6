import { createDockerDesktopClient } from "@docker/extension-api-client";
import type { v1 } from "@docker/extension-api-client-types";
import { Failure } from "./failure";

export type DockerDesktop = v1.DockerDesktopClient;

/** Throws a {@link Failure} in an ordinary browser. */
export function connect(): DockerDesktop {
  try {
    return createDockerDesktopClient();
  } catch {
    throw new Failure(
      "This page needs Docker Desktop",
      "It is part of an extension. Install the extension, and open its tab in Docker Desktop.",
    );
  }
}
