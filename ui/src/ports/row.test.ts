import { describe, expect, it } from "vitest";
import type { Binding, Container } from "../containers/container";
import type { Listener } from "../hostports/report";
import { isConflict, type PortRow, portRows } from "./row";
import { holderName } from "./view";

const listener = (port: number, process?: string, address = "0.0.0.0"): Listener => ({
  protocol: "tcp",
  address,
  port,
  ...(process && { process, pid: process.length }),
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

const told = (rows: PortRow[]) =>
  rows.map((row) => ({
    port: row.port,
    addresses: row.addresses,
    holder: holderName(row),
    wants: row.wants.map((want) => want.container.name),
    isConflict: isConflict(row),
  }));

const row = (port: number, holder: string, more: object = {}) => ({
  port,
  holder,
  addresses: ["0.0.0.0"],
  wants: [],
  isConflict: false,
  ...more,
});

describe("a row", () => {
  it("is a process with all its addresses", () => {
    const rows = portRows(
      [listener(80, "web"), listener(80, "web", "::"), listener(80, "other", "10.0.0.1")],
      [],
    );
    expect(told(rows)).toEqual([
      row(80, "web", { addresses: ["0.0.0.0", "::"] }),
      row(80, "other", { addresses: ["10.0.0.1"] }),
    ]);
  });

  it("has TCP and UDP apart", () => {
    const udp = { ...listener(53, "dns"), protocol: "udp" };
    expect(portRows([listener(53, "dns"), udp], [])).toHaveLength(2);
  });

  it.each([
    ["com.docker.backend", "::"],
    ["vpnkit-bridge.exe", "127.0.0.1"],
    ["docker-proxy", "0.0.0.0"],
    [undefined, "0.0.0.0"],
    ["limactl", "127.0.0.1"],
  ])("is a container where %s holds the port for it", (process, address) => {
    const web = container("web", true, binding(8080, process === "limactl" ? address : "0.0.0.0"));
    expect(told(portRows([listener(8080, process, address)], [web]))).toMatchObject([
      { port: 8080, holder: "web" },
    ]);
  });

  it("is a process beside the container's where it has another address for itself", () => {
    const rows = portRows(
      [listener(8080, "node", "127.0.0.1")],
      [container("web", true, binding(8080))],
    );
    expect(rows.map(holderName)).toEqual(["node", "web"]);
  });

  it("is a container, even where its port is not seen on the host", () => {
    const web = container("web", true, binding(8080, "0.0.0.0"), binding(8080, "::"));
    expect(told(portRows([], [web]))).toEqual([row(8080, "web", { addresses: ["0.0.0.0", "::"] })]);
  });
});

describe("a container that doesn't run", () => {
  it("is in conflict with the process that holds its port", () => {
    expect(
      told(portRows([listener(8080, "node")], [container("web", false, binding(8080))])),
    ).toEqual([row(8080, "node", { wants: ["web"], isConflict: true })]);
  });

  it("is in conflict with a container that runs, too", () => {
    const containers = [
      container("old", false, binding(8080)),
      container("new", true, binding(8080, "0.0.0.0")),
    ];
    expect(told(portRows([listener(8080)], containers))).toEqual([
      row(8080, "new", { wants: ["old"], isConflict: true }),
    ]);
  });

  it("is in none with what is held on another address, or by another protocol", () => {
    const web = container("web", false, binding(8080, "127.0.0.1"));
    const udp = { ...listener(8080, "dns"), protocol: "udp" };
    const rows = portRows([listener(8080, "node", "10.0.0.1"), udp], [web]);
    expect(rows.filter(isConflict)).toEqual([]);
    expect(rows.map(holderName)).toEqual(["node", "dns", "Nobody"]);
  });

  it("wants a free port together with others, each once", () => {
    const wants = [binding(80, "0.0.0.0"), binding(80, "::")];
    const rows = portRows(
      [],
      [container("a", false, ...wants), container("b", false, binding(80))],
    );
    expect(told(rows)).toMatchObject([{ holder: "Nobody", wants: ["a", "b"], isConflict: false }]);
  });
});
