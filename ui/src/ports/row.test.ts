import { describe, expect, it } from "vitest";
import type { Binding, Container } from "../containers/container";
import type { Listener } from "../hostports/report";
import { contested, isConflict, type PortRow, portRows } from "./row";
import { holderName } from "./view";

const listener = (
  port: number,
  process?: string,
  address = "0.0.0.0",
  pid = process?.length,
): Listener => ({
  protocol: "tcp",
  address,
  port,
  ...(process && { process }),
  ...(pid !== undefined && { pid }),
});
const binding = (port: number, address = ""): Binding => ({
  protocol: "tcp",
  address,
  port,
  containerPort: 80,
});
const container = (name: string, isRunning: boolean, ...bindings: Binding[]): Container => ({
  id: name,
  name,
  image: "shop/web:1.4",
  state: isRunning ? "running" : "created",
  isRunning,
  bindings,
});

const summary = (rows: PortRow[]) =>
  rows.map((row) => ({
    port: row.port,
    addresses: row.addresses,
    holder: holderName(row),
    needs: row.needs.map((need) => need.container.name),
    isConflict: isConflict(row),
  }));

const row = (port: number, holder: string, more: object = {}) => ({
  port,
  holder,
  addresses: ["0.0.0.0"],
  needs: [],
  isConflict: false,
  ...more,
});

describe("a row", () => {
  it("has a process with all its addresses", () => {
    const rows = portRows(
      [listener(80, "web"), listener(80, "web", "::"), listener(80, "other", "10.0.0.1")],
      [],
    );
    expect(summary(rows)).toEqual([
      row(80, "web", { addresses: ["0.0.0.0", "::"] }),
      row(80, "other", { addresses: ["10.0.0.1"] }),
    ]);
  });

  it("has all processes that share a socket", () => {
    const rows = portRows(
      [
        listener(80, "nginx", "0.0.0.0", 12),
        listener(80, "nginx", "0.0.0.0", 11),
        listener(80, "nginx", "::", 11),
        listener(80, "nginx", "::", 12),
        listener(80, "caddy", "10.0.0.1", 7),
      ],
      [],
    );
    expect(summary(rows)).toEqual([
      row(80, "nginx", { addresses: ["0.0.0.0", "::"] }),
      row(80, "caddy", { addresses: ["10.0.0.1"] }),
    ]);
    expect(rows[0]?.holder).toMatchObject({ processes: [{ pid: 11 }, { pid: 12 }] });
  });

  it("has processes that a third one connects", () => {
    const rows = portRows(
      [
        listener(5353, "chrome", "0.0.0.0", 1),
        listener(5353, "avahi", "::", 2),
        listener(5353, "spotify", "0.0.0.0", 3),
        listener(5353, "spotify", "::", 3),
      ],
      [],
    );
    expect(summary(rows)).toEqual([
      row(5353, "chrome, avahi and spotify", { addresses: ["0.0.0.0", "::"] }),
    ]);
  });

  it("has all sockets of a port whose processes are unknown", () => {
    const rows = portRows([listener(53), listener(53, undefined, "::")], []);
    expect(summary(rows)).toEqual([
      row(53, "Unknown process", { addresses: ["0.0.0.0", "::"] }),
    ]);
    expect(rows[0]?.holder).toEqual({ kind: "processes", processes: [] });
  });

  it("has a container if one of the processes that share its socket forwards the port", () => {
    const listeners = [listener(80, "docker-proxy", "::", 1), listener(80, "init", "::", 2)];
    expect(summary(portRows(listeners, [container("web", true, binding(80))]))).toMatchObject([
      { holder: "web" },
    ]);
  });

  it("has only one protocol", () => {
    const udp = { ...listener(53, "dns"), protocol: "udp" };
    expect(portRows([listener(53, "dns"), udp], [])).toHaveLength(2);
  });

  it.each([
    ["com.docker.backend", "::"],
    ["vpnkit-bridge.exe", "127.0.0.1"],
    ["docker-proxy", "0.0.0.0"],
    [undefined, "0.0.0.0"],
    ["limactl", "127.0.0.1"],
  ])("has a container if %s forwards the port to it", (process, address) => {
    const web = container("web", true, binding(8080, process === "limactl" ? address : "0.0.0.0"));
    expect(summary(portRows([listener(8080, process, address)], [web]))).toMatchObject([
      { port: 8080, holder: "web" },
    ]);
  });

  it("has a process, beside the row of a container, if the process uses another address", () => {
    const rows = portRows(
      [listener(8080, "node", "127.0.0.1")],
      [container("web", true, binding(8080))],
    );
    expect(rows.map(holderName)).toEqual(["node", "web"]);
  });

  it("has a container even if its port is not visible on the host", () => {
    const web = container("web", true, binding(8080, "0.0.0.0"), binding(8080, "::"));
    expect(summary(portRows([], [web]))).toEqual([row(8080, "web", { addresses: ["0.0.0.0", "::"] })]);
  });
});

describe("a container that is not running", () => {
  it("conflicts with the process that uses its port", () => {
    expect(
      summary(portRows([listener(8080, "node")], [container("web", false, binding(8080))])),
    ).toEqual([row(8080, "node", { needs: ["web"], isConflict: true })]);
  });

  it("conflicts with a running container that uses its port", () => {
    const containers = [
      container("old", false, binding(8080)),
      container("new", true, binding(8080, "0.0.0.0")),
    ];
    expect(summary(portRows([listener(8080)], containers))).toEqual([
      row(8080, "new", { needs: ["old"], isConflict: true }),
    ]);
  });

  it("does not conflict with other addresses or protocols", () => {
    const web = container("web", false, binding(8080, "127.0.0.1"));
    const udp = { ...listener(8080, "dns"), protocol: "udp" };
    const rows = portRows([listener(8080, "node", "10.0.0.1"), udp], [web]);
    expect(rows.filter(isConflict)).toEqual([]);
    expect(rows.map(holderName)).toEqual(["node", "dns", "Free"]);
  });

  it("shares the row of a free port with others that need it", () => {
    const needs = [binding(80, "0.0.0.0"), binding(80, "::")];
    const rows = portRows(
      [],
      [container("a", false, ...needs), container("b", false, binding(80))],
    );
    expect(summary(rows)).toMatchObject([{ holder: "Free", needs: ["a", "b"], isConflict: false }]);
  });
});

describe("a contested port", () => {
  it("is counted once for each container that needs it, in whatever rows", () => {
    const rows = portRows(
      [listener(80, "a", "127.0.0.1"), listener(80, "bb", "::1"), listener(81, "a")],
      [
        container("one", false, binding(80), { ...binding(80), containerPort: 81 }),
        container("two", false, binding(80), binding(82)),
      ],
    );
    expect(rows.filter(isConflict)).toHaveLength(2);
    expect([...contested(rows).values()]).toEqual([80, 80, 80]);
  });
});
