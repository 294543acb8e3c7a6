import { describe, expect, it } from "vitest";
import { parseContainers } from "./container";

/** The output of Docker Engine 26, without the keys that don't matter here. */
const running = {
  Id: "46b009891c4c448e22600ba2a267b806bbb87482f67777c1375b944f52e8ef3e",
  Name: "/shop-web",
  State: { Status: "running", Running: true },
  Config: { Image: "shop/web:1.4" },
  HostConfig: { PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "" }] } },
  NetworkSettings: {
    Ports: {
      "80/tcp": [
        { HostIp: "0.0.0.0", HostPort: "32768" },
        { HostIp: "::", HostPort: "32768" },
      ],
      "81/tcp": null,
    },
  },
};
const created = {
  Id: "168d4808c8243076597ebfe5a961c58a9ac0f25ec2827df3e14720ea3642bdef",
  Name: "/shop-api",
  State: { Status: "created", Running: false },
  Config: { Image: "shop/api:2.0" },
  HostConfig: {
    PortBindings: {
      "53/udp": [{ HostIp: "127.0.0.1", HostPort: "5353" }],
      "80/tcp": [{ HostIp: "", HostPort: "8080" }],
    },
  },
  NetworkSettings: { Ports: {} },
};
const parsed = (...containers: unknown[]) => parseContainers(JSON.stringify(containers));

describe("a container", () => {
  it("that is running uses the ports that Docker has chosen", () => {
    expect(parsed(running)).toEqual([
      {
        id: running.Id,
        name: "shop-web",
        image: "shop/web:1.4",
        state: "running",
        isRunning: true,
        bindings: [
          { protocol: "tcp", address: "0.0.0.0", port: 32768, containerPort: 80 },
          { protocol: "tcp", address: "::", port: 32768, containerPort: 80 },
        ],
      },
    ]);
  });

  it("that is not running needs the ports that it was created with", () => {
    expect(parsed(created)[0]).toMatchObject({
      name: "shop-api",
      isRunning: false,
      bindings: [
        { protocol: "udp", address: "127.0.0.1", port: 5353, containerPort: 53 },
        { protocol: "tcp", address: "", port: 8080, containerPort: 80 },
      ],
    });
  });

  it.each(["", "0", "8000-8010"])(
    "that leaves the choice to Docker (%j) needs no specific port",
    (HostPort) => {
      const HostConfig = { PortBindings: { "80/tcp": [{ HostIp: "", HostPort }] } };
      expect(parsed({ ...created, HostConfig })[0]?.bindings).toEqual([]);
    },
  );

  it("may be incomplete: missing values are empty", () => {
    expect(parsed({ Id: "0123456789abcdef" }, null, 1, {})).toEqual([
      {
        id: "0123456789abcdef",
        name: "0123456789ab",
        image: "",
        state: "",
        isRunning: false,
        bindings: [],
      },
    ]);
  });

  it.each(["", "{}", "Error: no"])("can't be parsed from %j", (output) => {
    expect(() => parseContainers(output)).toThrow("is not a list");
  });
});
