// Stands in for `docker` where no engine answers: containers that are made, listed and removed.
import { readFileSync, readdirSync, rmSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = process.env.SCRIPTED_CONTAINERS;
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
    writeFileSync(join(FOLDER, container.Id), JSON.stringify(container));
  },
  rm: () => rmSync(join(FOLDER, args.at(-1)), { force: true }),
  ps: () => readdirSync(FOLDER).forEach((id) => console.log(id)),
  inspect() {
    const containers = args.slice(2).map((id) => readFileSync(join(FOLDER, id), "utf8"));
    console.log(`[${containers}]`);
  },
  events: () => watch(FOLDER, () => console.log("something has changed")),
};
commands[command]();
