// Imitates `docker` if no engine answers: it creates, lists and removes containers.
import { readFileSync, readdirSync, rmSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";

const DIRECTORY = process.env.SCRIPTED_CONTAINERS;
const [command, ...args] = process.argv.slice(2);
const after = (option) => args[args.indexOf(option) + 1];

const commands = {
  import: () => {},
  create() {
    const [port, containerPort] = after("--publish").split(":");
    const bindings = { [`${containerPort}/tcp`]: [{ HostIp: "", HostPort: port }] };
    const container = {
      Id: after("--name"),
      Name: `/${after("--name")}`,
      State: { Status: "created", Running: false },
      Config: { Image: args.at(-2) },
      HostConfig: { PortBindings: bindings },
      NetworkSettings: { Ports: {} },
    };
    writeFileSync(join(DIRECTORY, container.Id), JSON.stringify(container));
  },
  rm: () => rmSync(join(DIRECTORY, args.at(-1)), { force: true }),
  ps: () => readdirSync(DIRECTORY).forEach((id) => console.log(id)),
  inspect() {
    const containers = args.slice(2).map((id) => readFileSync(join(DIRECTORY, id), "utf8"));
    console.log(`[${containers}]`);
  },
  events: () => watch(DIRECTORY, () => console.log("changed")),
};
commands[command]();
