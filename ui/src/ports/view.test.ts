import { describe, expect, it } from "vitest";
import type { Container } from "../containers/container";
import { portRows } from "./row";
import {
  type Column,
  countPorts,
  counts,
  FIRST_VIEW,
  holderName,
  isFiltered,
  nextSort,
  select,
  type View,
} from "./view";

const binding = (port: number) => ({ protocol: "tcp", address: "", port, containerPort: 80 });
const web: Container = {
  id: "46b009891c4c",
  name: "shop-web",
  image: "shop/web:1.4",
  state: "running",
  isRunning: true,
  bindings: [binding(8088)],
};
const api: Container = {
  ...web,
  id: "168d4808c824",
  name: "shop-api",
  image: "shop/api:2.0",
  state: "created",
  isRunning: false,
  bindings: [binding(8080), binding(1025)],
};
const rows = portRows(
  [
    {
      protocol: "tcp",
      address: "127.0.0.1",
      port: 8080,
      pid: 4321,
      process: "Node",
      path: "/opt/bin/node",
    },
    { protocol: "tcp", address: "192.168.0.2", port: 443, pid: 77, process: "caddy" },
    { protocol: "udp", address: "::", port: 5353 },
  ],
  [web, api],
);
const ports = (view: Partial<View>) =>
  select(rows, { ...FIRST_VIEW, ...view }).map(({ port }) => port);

describe("the visible rows", () => {
  it("are all rows by default, the conflicts first", () => {
    expect(ports({})).toEqual([8080, 443, 1025, 5353, 8088]);
  });

  it.each([
    ["80", [8080, 8088]],
    ["NODE", [8080]],
    ["4321", [8080]],
    ["/opt/bin", [8080]],
    ["127.0", [8080]],
    ["unknown", [5353]],
    ["shop-web", [8088]],
    ["shop/api", [8080, 1025]],
    ["created 8080", [8080]],
    ["udp", [5353]],
    ["  ", [8080, 443, 1025, 5353, 8088]],
    ["nothing like it", []],
  ])("contain all words of the search: %j", (query, expected) => {
    expect(ports({ query })).toEqual(expected);
  });

  it("belong to the selected group and protocol", () => {
    expect(ports({ group: "processes" })).toEqual([8080, 443, 5353]);
    expect(ports({ group: "containers" })).toEqual([8080, 1025, 8088]);
    expect(ports({ group: "conflicts" })).toEqual([8080]);
    expect(ports({ group: "processes", protocol: "udp" })).toEqual([5353]);
    expect(counts(rows)).toEqual({ all: 5, processes: 3, containers: 3, conflicts: 1 });
  });

  it.each<[Column, number[]]>([
    ["port", [443, 1025, 5353, 8080, 8088]],
    ["protocol", [443, 1025, 8080, 8088, 5353]],
    ["holder", [443, 1025, 8080, 8088, 5353]],
    ["address", [1025, 8088, 5353, 8080, 443]],
  ])("are sorted by %s", (by, expected) => {
    expect(ports({ sort: { by, isDescending: false } })).toEqual(expected);
    expect(ports({ sort: { by, isDescending: true } })).not.toEqual(expected);
  });
});

it("the order after clicks is ascending, descending, and conflicts first again", () => {
  const ascending = nextSort(FIRST_VIEW.sort, "port");
  expect(ascending).toEqual({ by: "port", isDescending: false });
  const descending = nextSort(ascending, "port");
  expect(descending).toEqual({ by: "port", isDescending: true });
  expect(nextSort(descending, "port")).toBeUndefined();
  expect(nextSort(descending, "holder")).toEqual({ by: "holder", isDescending: false });
});

describe("a row of several processes", () => {
  const shared = (...names: string[]) =>
    portRows(
      names.map((process, index) => ({
        protocol: "udp",
        address: "::",
        port: 5353,
        pid: 100 + index,
        process,
        path: `/opt/${process}`,
      })),
      [],
    );

  it("has a name from all their names", () => {
    const name = (...names: string[]) => shared(...names).map(holderName);
    expect(name("nginx", "nginx")).toEqual(["nginx"]);
    expect(name("a", "b")).toEqual(["a and b"]);
    expect(name("a", "b", "c")).toEqual(["a, b and c"]);
    expect(name("a", "b", "c", "d")).toEqual(["a, b and 2 more"]);
  });

  it("is found by each of them", () => {
    for (const query of ["d", "103", "/opt/d"]) {
      expect(select(shared("a", "b", "c", "d"), { ...FIRST_VIEW, query })).toHaveLength(1);
    }
  });

  it("is one port", () => {
    expect(counts(shared("nginx", "nginx", "other"))).toMatchObject({ all: 1, processes: 1 });
  });
});

it("a port with several rows is counted once, and once for each protocol", () => {
  const listener = { protocol: "tcp", address: "127.0.0.1", port: 53, pid: 1, process: "one" };
  const rows = portRows(
    [listener, { ...listener, address: "10.0.0.1", pid: 2 }, { ...listener, protocol: "udp" }],
    [{ ...api, bindings: [binding(53)] }],
  );
  expect(rows).toHaveLength(3);
  expect(countPorts(rows)).toBe(2);
  expect(counts(rows)).toEqual({ all: 2, processes: 2, containers: 1, conflicts: 1 });
});

it("a view is filtered if it may hide rows", () => {
  expect(isFiltered(FIRST_VIEW)).toBe(false);
  expect(isFiltered({ ...FIRST_VIEW, sort: { by: "holder", isDescending: true } })).toBe(false);
  for (const view of [{ query: "x" }, { group: "conflicts" as const }, { protocol: "udp" }]) {
    expect(isFiltered({ ...FIRST_VIEW, ...view })).toBe(true);
  }
});
