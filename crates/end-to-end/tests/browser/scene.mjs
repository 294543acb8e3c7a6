// A computer with ports and containers, for pictures and for facts about the layout.

const process = (protocol, address, port, pid, path) =>
  ({ protocol, address, port, pid, process: path.split("/").at(-1), path });

const container = (name, image, isRunning, ...ports) => {
  const bindings = Object.fromEntries(
    ports.map(([HostPort, containerPort, HostIp = ""]) => [containerPort, [{ HostIp, HostPort }]]),
  );
  return {
    Id: name,
    Name: `/${name}`,
    State: { Status: isRunning ? "running" : "created", Running: isRunning },
    Config: { Image: image },
    HostConfig: { PortBindings: bindings },
    NetworkSettings: { Ports: isRunning ? bindings : {} },
  };
};

const NODE = "/Users/me/.local/share/mise/installs/node/24.11.1/bin/node";
const POSTGRES = "/opt/homebrew/opt/postgresql@17/bin/postgres";
const BACKEND = "/Applications/Docker.app/Contents/MacOS/com.docker.backend";

export const SHOP = {
  report: {
    listeners: [
      process("tcp", "127.0.0.1", 3000, 4321, NODE),
      process("tcp", "127.0.0.1", 5432, 812, POSTGRES),
      process("tcp", "::1", 5432, 812, POSTGRES),
      process("udp", "0.0.0.0", 5353, 391, "/usr/sbin/mDNSResponder"),
      process("udp", "::", 5353, 391, "/usr/sbin/mDNSResponder"),
      process("udp", "0.0.0.0", 5353, 2210, "/Applications/Spotify.app/Contents/MacOS/Spotify"),
      process("tcp", "::", 7000, 655, "/System/Library/CoreServices/ControlCenter.app/Contents/MacOS/ControlCenter"),
      process("tcp", "0.0.0.0", 8000, 5120, "/opt/homebrew/bin/nginx"),
      process("tcp", "0.0.0.0", 8000, 5121, "/opt/homebrew/bin/nginx"),
      process("tcp", "0.0.0.0", 8000, 5122, "/opt/homebrew/bin/nginx"),
      process("tcp", "0.0.0.0", 8000, 5123, "/opt/homebrew/bin/nginx"),
      process("tcp", "0.0.0.0", 8080, 4377, "/usr/bin/python3"),
      process("tcp", "::", 8088, 901, BACKEND),
      process("tcp", "127.0.0.1", 6380, 901, BACKEND),
      process("tcp", "127.0.0.1", 9229, 4321, NODE),
      process("tcp", "127.0.0.1", 49_152, 655, "/usr/libexec/rapportd"),
      { protocol: "tcp", address: "0.0.0.0", port: 22 },
      { protocol: "udp", address: "0.0.0.0", port: 137 },
    ],
    unseen: [
      "The processes of 2 ports are unknown, because they belong to other users or to the system.",
    ],
  },
  containers: [
    container("shop-web", "registry.acme.dev/shop/storefront/web:1.4.2", true, ["8088", "80/tcp"]),
    container("shop-cache", "valkey/valkey:9-alpine", true, ["6380", "6379/tcp", "127.0.0.1"]),
    container("shop-api", "registry.acme.dev/shop/storefront/api:2.0.0", false, ["8080", "80/tcp"]),
    container("old-web", "shop/web:1.3", false, ["8088", "80/tcp"]),
    container("shop-mail", "axllent/mailpit:v1.27", false, ["1025", "1025/tcp"], ["8025", "8025/tcp"]),
  ],
};

/** Ports from 20000, each of another process. */
export function many(count) {
  const listeners = Array.from({ length: count }, (_, index) =>
    process("tcp", "127.0.0.1", 20_000 + index, 1000 + index, `/opt/some/long/directory/of/tools/tool-${index}`));
  return { listeners, unseen: [] };
}

/** Runs in the page, and defines Docker Desktop's API for it. */
export function scriptedDesktop({ report, containers }) {
  const version = { schema_version: 2 };
  const taken = new Set(report.listeners.map(({ port }) => port));
  const answer = (command, args) => {
    switch (command === "hostports" ? args[0] : command) {
      case "watch":
        return { ...version, event: "snapshot", ...report };
      case "free": {
        const ports = [];
        for (let port = Number(args[2]); ports.length < Number(args[4]); port++) {
          if (!taken.has(port)) ports.push(port);
        }
        return { ...version, ports };
      }
      case "inspect":
        return containers;
      case "ps":
        return containers.map(({ Id }) => Id).join("\n");
    }
  };
  const exec = (command, args, { stream }) => {
    const content = answer(command, args);
    if (content === undefined) return { close() {} };
    queueMicrotask(() => {
      stream.onOutput({ stdout: `${typeof content === "string" ? content : JSON.stringify(content)}\n` });
      if (args[0] !== "watch") stream.onClose(0);
    });
    return { close() {} };
  };
  window.ddClient = {
    host: { platform: "darwin" },
    extension: { host: { cli: { exec } } },
    docker: { cli: { exec } },
  };
}
