// The connection to `cargo xtask preview`: short requests to it, and one stream of messages from it.
const connection = (() => {
  const TOKEN_KEY = "docker-extension-preview-token";
  const RELOAD_KEY = "docker-extension-preview-reload";
  const RETRY_MILLISECONDS = 1000;
  const ENDED = "The preview has ended. Start `cargo xtask preview` again.";
  // The page may replace these.
  const { fetch, localStorage, sessionStorage } = window;

  // The address that the terminal shows has the token where browsers keep it to themselves; it is
  // taken away from there before the page or a bookmark sees it.
  const shown = /^#token=([0-9a-f]+)$/.exec(location.hash)?.[1];
  if (shown) {
    localStorage.setItem(TOKEN_KEY, shown);
    history.replaceState(history.state, "", location.pathname + location.search);
  }
  const token = localStorage.getItem(TOKEN_KEY) ?? "";

  async function ask(path, body) {
    const response = await fetch(`/@preview/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Preview-Token": token },
      body: JSON.stringify(body),
    }).catch(() => { throw new Error(ENDED); });
    if (response.ok) return response;
    const error = new Error(await response.text());
    error.isRefused = response.status === 401;
    throw error;
  }

  // The programs that run, by number.
  const programs = new Map();
  let lastNumber = 0;

  const take = {
    building: () => notices.toast("info", "Building the host binaries …"),
    built: () => notices.hidePanel(),
    notBuilt: ({ messages }) => notices.showPanel("The host binaries can't be built", messages),
    reload: ({ why }) => {
      if (why) sessionStorage.setItem(RELOAD_KEY, why);
      location.reload();
    },
    replaced: () => {
      isReplaced = true;
      lose("Too many tabs show the preview. Reload this one to go on here.");
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
  // Back from the browser's history, as it was; but its connection was cut.
  addEventListener("pageshow", ({ persisted }) => { if (persisted) location.reload(); });

  function lose(reason) {
    // Whoever leaves the page has no use for messages.
    if (isLost || isLeft) return;
    isLost = true;
    notices.showPanel(reason);
    for (const number of [...programs.keys()]) finish(number).fail(reason, "EPIPE");
  }

  // Resolves with the name that this tab has there; what comes after is taken as it comes.
  function open() {
    return new Promise((resolve, reject) => {
      const listen = async () => {
        const reader = (await ask("tab", {})).body.pipeThrough(new TextDecoderStream()).getReader();
        let rest = "";
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return;
          const lines = (rest + value).split("\n");
          rest = lines.pop();
          for (const line of lines) {
            const message = JSON.parse(line);
            if (message.type === "hello") resolve(message.tab);
            else take[message.type]?.(message);
          }
        }
      };
      listen().catch((error) => error).then((error) => {
        if (isReplaced) return;
        const isRefused = error?.isRefused ?? false;
        lose(isRefused ? error.message : ENDED);
        reject(error ?? new Error(ENDED));
        if (!isRefused) retry();
      });
    });
  }

  // A preview that was started again, or a computer that was asleep: the page begins anew.
  async function retry() {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
      if (document.hidden) continue;
      const answer = await fetch(location.href, { method: "HEAD" }).catch(() => undefined);
      if (answer) location.reload();
    }
  }

  addEventListener("storage", ({ key, newValue }) => {
    // The preview was started again, and opened in another tab.
    if (isLost && key === TOKEN_KEY && newValue !== token) location.reload();
  });

  const why = sessionStorage.getItem(RELOAD_KEY);
  if (why) {
    sessionStorage.removeItem(RELOAD_KEY);
    notices.toast("success", why);
  }

  const tab = open();
  tab.catch(() => {}); // Whoever asks for something is told.

  return {
    // Starts a program; `on` has `output(stream, text)`, `exit(end)` and `fail(message, code)`.
    // Returns a function that ends it.
    start(order, on) {
      const exec = ++lastNumber;
      programs.set(exec, on);
      const send = async (path, order) => ask(path, { tab: await tab, order });
      const started = send("exec", { exec, ...order }).catch((error) => {
        finish(exec)?.fail(error.message, "EPIPE");
      });
      return () => {
        started.then(() => programs.has(exec) && send("end", { exec })).catch(() => {});
      };
    },
    async list(list, options) {
      return (await ask("list", { list, options })).json();
    },
  };
})();
