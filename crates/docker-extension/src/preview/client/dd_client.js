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
    const order = () => ({
      ...place(command, args, Boolean(given.stream)), cwd: given.cwd, env: texts(given.env),
    });
    if (given.stream) return stream(order(), given.stream);
    return (async () => collect(order(), [command, ...args].join(" ")))();
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

const runHost = execWith((command, args) => ({ program: { host: command }, args }));
const runDocker = execWith((command, args, isStream) => ({
  program: "docker",
  args: isStream ? [command, ...args] : shellWords(command, args, facts.platform === "win32"),
}));

// Docker Desktop omits the parts that the extension does not declare.
const extension = known("ddClient.extension", {
  image: facts.image,
  ...(facts.hasHost && {
    host: known("ddClient.extension.host", {
      cli: known("ddClient.extension.host.cli", { exec: runHost }),
    }),
  }),
  ...(facts.hasVm && { vm: known("ddClient.extension.vm", createVm()) }),
}, {
  host: ": the extension has no host binaries",
  vm: ": the configuration has no table `vm`",
});

// Reports an invalid URL even if the page ignores the error.
function openExternal(url) {
  const reject = (reason) => {
    const message = `openExternal: ${JSON.stringify(String(url))} ${reason}`;
    notices.toast("error", message);
    throw new TypeError(message);
  };
  if (!URL.canParse(url)) reject("is not a URL; expected one such as https://docs.docker.com/");
  const { protocol } = new URL(url);
  if (protocol !== "https:" && protocol !== "http:") reject(`must start with http: or https:, not ${protocol}`);
  const opened = window.open("", "_blank");
  if (!opened) {
    return void notices.toast("warning", `The browser blocked the window for ${url}. Allow pop-ups for this page.`);
  }
  // Another page must not control this one.
  opened.opener = null;
  opened.location.href = url;
}

// Shows what Docker Desktop would show. Rejects as Docker Desktop does if that does not exist.
function navigates(name, parameters, { object, shows }) {
  return async (...args) => {
    for (const [index, parameter] of parameters.entries()) {
      if (typeof args[index] !== "string" || args[index] === "") {
        const found = args[index] === undefined ? "is missing" : `is ${JSON.stringify(args[index])}`;
        throw new TypeError(`${name}: the argument \`${parameter}\` ${found}; expected a string that is not empty`);
      }
    }
    if (object) await checkExists(name, object, args);
    notices.toast("info", `Docker Desktop would open ${shows(...args)} here.`);
  };
}

async function checkExists(name, object, [id]) {
  const args = [object, "inspect", "--format", "{{json .}}", id];
  const { Id } = await collect({ program: "docker", args }, `docker ${args.join(" ")}`).then(
    ({ stdout }) => JSON.parse(stdout),
    ({ stderr, message }) => {
      if (/no such/i.test(stderr ?? "")) throw new Error(`${name}: no ${object} is named ${id}`);
      // Without an engine, nothing can be checked.
      console.warn(`${name}: can't check whether the ${object} ${id} exists: ${stderr || message}`);
      return {};
    },
  );
  // Docker accepts the beginning of an id, or a name.
  if (object !== "volume" && Id !== undefined && Id !== id) {
    console.warn(`${name}: Docker Desktop expects the full id ${Id}, not ${id}`);
  }
}

const ofContainer = (what) => ({ object: "container", shows: (id) => `${what} container ${id}` });

const navigate = Object.fromEntries(Object.entries({
  viewContainers: [[], { shows: () => "the list of containers" }],
  viewContainer: [["id"], ofContainer("the")],
  viewContainerLogs: [["id"], ofContainer("the logs of")],
  viewContainerInspect: [["id"], ofContainer("the details of")],
  viewContainerTerminal: [["id"], ofContainer("a terminal in")],
  viewContainerStats: [["id"], ofContainer("the statistics of")],
  viewImages: [[], { shows: () => "the list of images" }],
  viewImage: [["id", "tag"], { object: "image", shows: (id, tag) => `the image ${id} with the tag ${tag}` }],
  viewVolumes: [[], { shows: () => "the list of volumes" }],
  viewVolume: [["volume"], { object: "volume", shows: (volume) => `the volume ${volume}` }],
}).map(([name, [parameters, what]]) => [name, navigates(name, parameters, what)]));

const toast = Object.fromEntries(["success", "warning", "error"].map((kind) => [
  kind, (message) => notices.toast(kind, message),
]));

const old = (name) => ` in the preview: it is deprecated, use ddClient.${name}`;

window.ddClient = known("ddClient", {
  extension,
  desktopUI: known("ddClient.desktopUI", {
    toast: known("ddClient.desktopUI.toast", toast),
    dialog: known("ddClient.desktopUI.dialog", { showOpenDialog: openDialog }),
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
