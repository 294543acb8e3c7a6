// Containers that want a port: real ones, if an engine answers.
import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** An image without anything in it. */
const IMAGE = "host-ports-test";

export class Containers {
  /** The `docker` that the preview runs, too. */
  static async connect() {
    const empty = execFileSync("tar", ["--create", "--files-from", "/dev/null"]);
    execFileSync("docker", ["import", "-", IMAGE], { input: empty, stdio: ["pipe", "ignore", "inherit"] });
    return new Containers();
  }

  async create(name, port) {
    await this.remove(name);
    await run("docker", ["create", "--name", name, "--publish", `${port}:80`, IMAGE, "nothing"]);
  }

  async remove(name) {
    await run("docker", ["rm", "--force", name]);
  }
}
