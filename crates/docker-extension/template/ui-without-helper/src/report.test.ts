import { describe, expect, it } from "vitest";
import type { DockerDesktop } from "./docker";
import { loadRows, parseContainers } from "./report";

const web = { Id: "1", Names: ["/web"], Image: "nginx", State: "running" };

const desktop = (listContainers: () => Promise<unknown>) =>
  ({ docker: { listContainers } }) as unknown as DockerDesktop;

describe("loadRows", () => {
  it("lists the containers", async () => {
    const rows = await loadRows(desktop(async () => [web]));
    expect(rows).toEqual([{ Container: "web", Image: "nginx", State: "running" }]);
  });

  it("fails with Docker's message", async () => {
    const run = loadRows(desktop(() => Promise.reject(new Error("Docker is not running"))));
    await expect(run).rejects.toMatchObject({
      title: "Docker can't list the containers",
      message: "Docker is not running",
    });
  });
});

describe("parseContainers", () => {
  it("reads an empty list", () => {
    expect(parseContainers([])).toEqual([]);
  });

  it.each([
    ["an answer that is not a list", {}, "not a list"],
    ["a container that is not an object", [null], "not an object"],
    ["a container without names", [{ ...web, Names: [] }], "incomplete"],
    ["a container without image", [{ ...web, Image: undefined }], "incomplete"],
  ])("rejects %s", (_, containers, reason) => {
    expect(() => parseContainers(containers)).toThrow(reason);
  });
});
