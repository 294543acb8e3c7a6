// The connection to `cargo xtask preview`: it sends short requests, and receives one stream of messages.
const connection = (() => {
  const TOKEN_KEY = "docker-extension-preview-token";
  const RELOAD_KEY = "docker-extension-preview-reload";
  const RETRY_MILLISECONDS = 1000;
  const ENDED = "The preview has stopped. Start `cargo xtask preview` again.";
  // The page may replace these.
  const { fetch, localStorage, sessionStorage } = window;

  // The address that the terminal shows has the token in its fragment, before that of the page. It is removed
  // before the page or a bookmark can contain it.
  const given = /^#token=([0-9a-f]+)(#.*)?$/.exec(location.hash);
  if (given) {
    localStorage.setItem(TOKEN_KEY, given[1]);
    const address = location.pathname + location.search + (given[2] ?? "");
    history.replaceState(history.state, "", address);
  }
  const token = localStorage.getItem(TOKEN_KEY) ?? "";

  async function post(path, body) {
    const response = await fetch(`/@preview/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Preview-Token": token },
      body: JSON.stringify(body),
    }).catch(() => { throw new Error(ENDED); });
    if (response.ok) return response;
    const error = new Error(await response.text());
    error.isUnauthorized = response.status === 401;
    throw error;
  }

  // The running programs, by number.
  const programs = new Map();
  let lastNumber = 0;

  // Removes the toast about a running build.
  let endBuild = () => {};

  const handlers = {
    building: () => {
      endBuild();
      endBuild = notices.toast("info", "Building the host binaries …", null);
    },
    built: () => {
      endBuild();
      notices.removeReport("build");
    },
    notBuilt: ({ messages }) => {
      endBuild();
      notices.showReport("build", "The host binaries don't compile", messages);
    },
    typeErrors: ({ messages }) => notices.showReport("types", "TypeScript reports errors", messages),
    noTypeErrors: () => notices.removeReport("types"),
    reload: ({ why }) => {
      if (why) sessionStorage.setItem(RELOAD_KEY, why);
      location.reload();
    },
    replaced: () => {
      isReplaced = true;
      lose("The preview is open in too many tabs. Reload to continue in this one.");
    },
    stdout: ({ exec, text }) => programs.get(exec)?.output("stdout", text),
    stderr: ({ exec, text }) => programs.get(exec)?.output("stderr", text),
    exit: (end) => finish(end.exec)?.exit(end),
    failed: ({ exec, message, code }) => finish(exec)?.fail(message, code),
  };

  function finish(number) {
    const program = programs.get(number);
    programs.delete(number);
    return program;
  }

  let isLost = false;
  let isReplaced = false;
  let isLeft = false;
  addEventListener("pagehide", () => { isLeft = true; });
  // A page that the browser restores from its history has lost its connection.
  addEventListener("pageshow", ({ persisted }) => { if (persisted) location.reload(); });

  function lose(reason) {
    // A page that is left shows no messages.
    if (isLost || isLeft) return;
    isLost = true;
    endBuild();
    notices.showReport("connection", reason);
    for (const number of [...programs.keys()]) finish(number).fail(reason, "EPIPE");
  }

  // Resolves with the tab's name at the preview. Passes all later messages to the handlers.
  function open() {
    return new Promise((resolve, reject) => {
      const listen = async () => {
        const reader = (await post("tab", {})).body.pipeThrough(new TextDecoderStream()).getReader();
        let rest = "";
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return;
          const lines = (rest + value).split("\n");
          rest = lines.pop();
          for (const line of lines) {
            const message = JSON.parse(line);
            if (message.type === "hello") resolve(message.tab);
            else handlers[message.type]?.(message);
          }
        }
      };
      listen().catch((error) => error).then((error) => {
        if (isReplaced) return;
        const isUnauthorized = error?.isUnauthorized ?? false;
        lose(isUnauthorized ? error.message : ENDED);
        reject(error ?? new Error(ENDED));
        if (!isUnauthorized) retry();
      });
    });
  }

  // Reloads the page when the preview answers again, after a restart or after the computer was asleep.
  async function retry() {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
      if (document.hidden) continue;
      const answer = await fetch(location.href, { method: "HEAD" }).catch(() => undefined);
      if (answer) location.reload();
    }
  }

  addEventListener("storage", ({ key, newValue }) => {
    // The preview was restarted and opened in another tab.
    if (isLost && key === TOKEN_KEY && newValue !== token) location.reload();
  });

  const why = sessionStorage.getItem(RELOAD_KEY);
  if (why) {
    sessionStorage.removeItem(RELOAD_KEY);
    notices.toast("success", why);
  }

  const tab = open();
  tab.catch(() => {}); // Each request that waits for the tab reports the error.

  return {
    // Starts a program. `on` has the methods `output(stream, text)`, `exit(end)` and `fail(message, code)`.
    // Returns a function that ends the program.
    start(order, on) {
      const exec = ++lastNumber;
      programs.set(exec, on);
      const send = async (path, order) => post(path, { tab: await tab, order });
      const started = send("exec", { exec, ...order }).catch((error) => {
        finish(exec)?.fail(error.message, "EPIPE");
      });
      return () => {
        started.then(() => programs.has(exec) && send("end", { exec })).catch(() => {});
      };
    },
    async list(list, options) {
      return (await post("list", { list, options })).json();
    },
    // Lists a directory of this machine.
    async browse(path) {
      return (await post("browse", { path })).json();
    },
    async service(request) {
      return (await post("service", request)).json();
    },
  };
})();
