// Creates `window.ddClient` with the API that the types of @docker/extension-api-client declare.

// Warns in the console when a page uses a member that does not exist. `missing` explains some of them.
function known(path, members, missing = {}) {
  const reported = new Set();
  // Promises, JSON and frameworks look for these in every object.
  const ignored = new Set(["then", "toJSON", "$$typeof", "nodeType"]);
  return new Proxy(members, {
    get(target, name) {
      if (typeof name !== "symbol" && !(name in target) && !ignored.has(name) && !reported.has(name)) {
        reported.add(name);
        console.warn(`${path}.${name} is not available${missing[name] ?? " in the preview"}`);
      }
      return target[name];
    },
  });
}

function checkExec(command, args, options) {
  const reject = (reason) => { throw new TypeError(`exec: ${reason}`); };
  if (typeof command !== "string") reject("the command must be a string");
  if (!Array.isArray(args) || args.some((arg) => typeof arg !== "string")) {
    reject("the arguments must be an array of strings");
  }
  if (typeof (options.cwd ?? "") !== "string") reject("`cwd` must be a string");
  if (typeof (options.env ?? {}) !== "object") reject("`env` must be an object");
}

// `place` maps the command and its arguments to the program and arguments of a request.
function execWith(place) {
  return function exec(command, args = [], options = undefined) {
    const given = options ?? {};
    checkExec(command, args, given);
    const order = { ...place(command, args, Boolean(given.stream)), cwd: given.cwd, env: texts(given.env) };
    const cmd = [command, ...args].join(" ");
    return given.stream ? stream(order, given.stream) : collect(order, cmd);
  };
}

function texts(env = {}) {
  const set = Object.entries(env ?? {}).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(set.map(([name, value]) => [name, String(value)]));
}

function collect(order, cmd) {
  return new Promise((resolve, reject) => {
    const written = { stdout: "", stderr: "" };
    connection.start(order, {
      output(name, text) { written[name] += text; },
      exit({ code, signal, killed }) {
        const result = {
          cmd, killed, signal: signal ?? undefined, code: code ?? undefined, ...written,
          lines: () => lines(written.stdout),
          parseJsonLines: () => lines(written.stdout).filter(Boolean).map((line) => JSON.parse(line)),
          parseJsonObject: () => JSON.parse(written.stdout),
        };
        if (code === 0) resolve(result);
        else reject(result);
      },
      fail(message, code) {
        reject(Object.assign(new Error(message), { cmd, code, killed: false, ...written }));
      },
    });
  });
}

const lines = (text) => text.split(/\r?\n/);

function stream(order, { onOutput, onError, onClose, splitOutputLines }) {
  const rest = { stdout: "", stderr: "" };
  const output = (name, text) => {
    if (!splitOutputLines) return onOutput?.({ [name]: text });
    const complete = (rest[name] + text).split("\n");
    rest[name] = complete.pop();
    for (const line of complete) onOutput?.({ [name]: line.replace(/\r$/, "") });
  };
  const end = (code) => {
    for (const [name, text] of Object.entries(rest)) if (text) onOutput?.({ [name]: text });
    onClose?.(code);
  };
  const close = connection.start(order, {
    output,
    exit: ({ code }) => end(code ?? -1),
    fail(message, code) {
      onError?.(Object.assign(new Error(message), { code }));
      end(-1);
    },
  });
  return { close };
}

// Without `stream`, Docker Desktop runs Docker in a shell, so extensions quote arguments: see
// https://github.com/docker/extensions-sdk/issues/303. The preview uses no shell, so it removes the quotes.
function unquote(arg) {
  const [, quote, inner] = /^(["'])(.*)\1$/s.exec(arg) ?? [];
  return quote && !inner.includes(quote) ? inner : arg;
}

const runHost = execWith((command, args) => ({ program: { host: command }, args }));
const runDocker = execWith((command, args, isStream) => ({
  program: "docker",
  args: [command, ...args].map((arg) => (isStream ? arg : unquote(arg))),
}));

function noVm() {
  return new Error(
    "ddClient.extension.vm is not available in the preview, which runs no `vm` services: test the call in Docker Desktop",
  );
}

const vm = {
  cli: known("ddClient.extension.vm.cli", {
    exec(command, args, options) {
      if (!options?.stream) return Promise.reject(noVm());
      const { onError, onClose } = options.stream;
      queueMicrotask(() => { onError?.(noVm()); onClose?.(-1); });
      return { close() {} };
    },
  }),
  service: known("ddClient.extension.vm.service", Object.fromEntries(
    ["get", "post", "put", "patch", "delete", "head", "request"]
      .map((method) => [method, () => Promise.reject(noVm())]),
  )),
};

// Docker Desktop omits the parts that the extension does not declare.
const extension = known("ddClient.extension", {
  image: facts.image,
  ...(facts.hasHost && {
    host: known("ddClient.extension.host", {
      cli: known("ddClient.extension.host.cli", { exec: runHost }),
    }),
  }),
  ...(facts.hasVm && { vm: known("ddClient.extension.vm", vm) }),
}, {
  host: ": the extension has no host binaries",
  vm: ": the configuration has no table `vm`",
});

function openExternal(url) {
  const { protocol } = new URL(url);
  if (protocol !== "https:" && protocol !== "http:") {
    throw new Error(`openExternal: the URL must start with http: or https:, not ${protocol}`);
  }
  window.open(url, "_blank", "noopener");
}

// Browsers hide the paths of files from pages, so the user types the path.
async function showOpenDialog(properties) {
  const kind = properties?.properties?.includes("openDirectory") ? "directory" : "file";
  const path = window.prompt(`${properties?.title ?? "Open"}: enter the path of a ${kind}`);
  return { canceled: !path, filePaths: path ? [path] : [] };
}

const navigate = Object.fromEntries([
  "viewContainers", "viewContainer", "viewContainerLogs", "viewContainerInspect",
  "viewContainerTerminal", "viewContainerStats", "viewImages", "viewImage", "viewVolumes",
  "viewVolume",
].map((name) => [name, async (...args) => {
  notices.toast("info", `In Docker Desktop, this opens ${name}(${args.join(", ")}).`);
}]));

const toast = Object.fromEntries(["success", "warning", "error"].map((kind) => [
  kind, (message) => notices.toast(kind, message),
]));

const old = (name) => ` in the preview: it is deprecated, use ddClient.${name}`;

window.ddClient = known("ddClient", {
  extension,
  desktopUI: known("ddClient.desktopUI", {
    toast: known("ddClient.desktopUI.toast", toast),
    dialog: known("ddClient.desktopUI.dialog", { showOpenDialog }),
    navigate: known("ddClient.desktopUI.navigate", navigate),
  }),
  host: known("ddClient.host", {
    openExternal, platform: facts.platform, arch: facts.arch, hostname: facts.hostname,
  }),
  docker: known("ddClient.docker", {
    cli: known("ddClient.docker.cli", { exec: runDocker }),
    listContainers: (options) => connection.list("containers", options),
    listImages: (options) => connection.list("images", options),
  }),
}, {
  backend: old("extension.vm"),
  execHostCmd: old("extension.host.cli.exec"),
  spawnHostCmd: old("extension.host.cli.exec"),
  execDockerCmd: old("docker.cli.exec"),
  spawnDockerCmd: old("docker.cli.exec"),
  listContainers: old("docker.listContainers"),
  listImages: old("docker.listImages"),
  openExternal: old("host.openExternal"),
  toastSuccess: old("desktopUI.toast.success"),
  toastWarning: old("desktopUI.toast.warning"),
  toastError: old("desktopUI.toast.error"),
});
