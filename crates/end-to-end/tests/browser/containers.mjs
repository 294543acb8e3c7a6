// Creates containers that publish a port, with a real engine if one answers.
import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** An empty image. */
const IMAGE = "host-ports-test";

export class Containers {
  /** Uses the same `docker` as the preview. */
  static async connect() {
    const empty = execFileSync("tar", ["--create", "--files-from", "/dev/null"]);
    execFileSync("docker", ["import", "-", IMAGE], { input: empty, stdio: ["pipe", "ignore", "inherit"] });
    return new Containers();
  }

  /** Calls `check` while these containers exist, each of which needs a port. */
  static async with(ports, check) {
    const containers = await Containers.connect();
    try {
      for (const [name, port] of Object.entries(ports)) await containers.create(name, port);
      await check();
    } finally {
      for (const name of Object.keys(ports)) await containers.remove(name);
    }
  }

  async create(name, port) {
    await this.remove(name);
    await run("docker", ["create", "--name", name, "--publish", `${port}:80`, IMAGE, "nothing"]);
  }

  async remove(name) {
    await run("docker", ["rm", "--force", name]);
  }
}
