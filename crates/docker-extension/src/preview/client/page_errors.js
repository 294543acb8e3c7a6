// Reports what goes wrong in the page: uncaught errors, unhandled rejections, and scripts that don't load.
(() => {
  const MAX_ERRORS = 5;
  const MAX_FRAMES = 6;
  const MAX_MODULES = 300;
  // These frames are not the author's.
  const FOREIGN = /(^|\/)node_modules\/|^\/?@vite\/|^\/?@react-refresh|^\/?@preview\//;
  // Browsers report this for a page that works.
  const HARMLESS = /^ResizeObserver loop /;
  const { fetch, WebSocket } = window;

  let errors = [];

  function show() {
    if (errors.length === 0) return notices.removeReport("page");
    if (errors.length === 1) return notices.showReport("page", errors[0].heading, errors[0].text);
    const messages = errors.map(({ heading, text }) => `${heading}: ${text}`).join("\n\n");
    notices.showReport("page", `${errors.length} errors in the page`, messages);
  }

  function add(heading, text) {
    // Without a connection, all calls fail.
    if (notices.isShown("connection")) return;
    if (errors.some((error) => error.text === text) || errors.length >= MAX_ERRORS) return;
    errors.push({ heading, text });
    show();
  }

  // What was thrown may be any value.
  function describe(thrown) {
    if (thrown instanceof Error || (typeof thrown?.message === "string" && thrown.message)) {
      const text = `${thrown.name ?? "Error"}: ${thrown.message}`;
      return thrown.cause === undefined ? text : `${text}\n  caused by ${describe(thrown.cause)}`;
    }
    if (typeof thrown !== "object" || thrown === null) return String(thrown);
    // The result of a program that failed.
    if (typeof thrown.stderr === "string") {
      const end = thrown.signal ? `was ended by ${thrown.signal}` : `failed with exit status ${thrown.code}`;
      return `\`${thrown.cmd}\` ${end}: ${thrown.stderr.trim()}`;
    }
    try {
      return JSON.stringify(thrown);
    } catch {
      return Object.prototype.toString.call(thrown);
    }
  }

  // Shows the author's line first, and the calls that led to it.
  async function report(heading, thrown, message, position) {
    let frames = sourceMap.frames(thrown?.stack);
    // A syntax error has a position instead of frames.
    if (position?.url && !frames.some(({ url, line }) => url === position.url && line === position.line)) {
      frames.unshift(position);
    }
    frames = await Promise.all(frames.map(sourceMap.original));
    const own = frames.filter(({ path }) => !FOREIGN.test(path));
    const places = (own.length > 0 ? own : frames).slice(0, MAX_FRAMES);
    const lines = places.map(({ path, line, column, name }) => (
      `  at ${path}:${line}:${column}${name && ` (${name})`}`));
    add(heading, [message, lines[0], places[0] && sourceMap.excerpt(places[0]), ...lines.slice(1)]
      .filter(Boolean).join("\n"));
  }

  addEventListener("error", (event) => {
    const { target } = event;
    if (target instanceof HTMLScriptElement && target.src) {
      return void reportScript(target.src, target.type === "module");
    }
    if (target instanceof HTMLLinkElement && target.rel === "stylesheet") {
      return add("A style sheet can't be loaded", sourceMap.shorten(target.href));
    }
    if (!(event instanceof ErrorEvent) || HARMLESS.test(event.message)) return;
    const { error, message, filename, lineno, colno } = event;
    const position = filename ? { url: filename, line: lineno, column: colno || 1, name: "" } : undefined;
    // The page's own listeners may handle it.
    setTimeout(() => {
      if (!event.defaultPrevented) report("Uncaught error", error, error ? describe(error) : message, position);
    });
  }, true);

  addEventListener("unhandledrejection", (event) => {
    setTimeout(() => {
      if (event.defaultPrevented) return;
      const { reason } = event;
      const module = /dynamically imported module: (\S+)/.exec(reason?.message ?? "")?.[1];
      if (module) reportScript(module, true);
      else report("Unhandled promise rejection", reason, describe(reason));
    });
  });

  // The message in a dev server's answer.
  function readProblem(status, text) {
    const json = /\bconst error = (\{.*\})/.exec(text)?.[1];
    try {
      const { message, frame, loc, plugin } = JSON.parse(json.replaceAll("\\u003c", "<"));
      const place = loc ? `${sourceMap.shorten(loc.file ?? "")}:${loc.line}:${loc.column}` : "";
      return [plugin ? `[${plugin}] ${message}` : message, place, frame].filter(Boolean).join("\n");
    } catch {
      return `status ${status}${text && text.length < 500 ? `: ${text.trim()}` : ""}`;
    }
  }

  // A browser names only the script of the page, not the imported module that failed: loads them one by one.
  async function reportScript(url, isModule) {
    const waiting = [{ url, from: undefined }];
    const seen = new Set([url]);
    for (const { url, from } of waiting) {
      const answer = await fetch(url).catch(() => undefined);
      const text = await answer?.text() ?? "";
      const type = answer?.headers.get("content-type") ?? "";
      const by = from ? `\n  imported by ${sourceMap.shorten(from)}` : "";
      const path = sourceMap.shorten(url);
      if (!answer?.ok) {
        return add("A script can't be loaded", `${path}: ${readProblem(answer?.status ?? "unknown", text)}${by}`);
      }
      if (/\bhtml\b/.test(type)) return add("A script can't be loaded", `${path} does not exist${by}`);
      if (!isModule) break;
      if (!/javascript/.test(type)) {
        return add("A script can't be loaded", `${path} is not JavaScript, but ${type}${by}`);
      }
      for (const [, specifier] of text.matchAll(/\b(?:import|export)\b[^"'`;]*?["']([^"'\n]+)["']/g)) {
        if (!/^[./]|^https?:/.test(specifier)) continue;
        const imported = new URL(specifier, url);
        if (imported.origin !== location.origin || FOREIGN.test(imported.pathname)) continue;
        if (seen.has(imported.href) || seen.size >= MAX_MODULES) continue;
        seen.add(imported.href);
        waiting.push({ url: imported.href, from: url });
      }
    }
    add("A script can't be loaded", sourceMap.shorten(url));
  }

  // Vite replaces modules without reloading the page. Then the errors may be fixed.
  window.WebSocket = class extends WebSocket {
    constructor(url, protocols) {
      super(url, protocols);
      if (![protocols].flat().includes("vite-hmr")) return;
      this.addEventListener("message", ({ data }) => {
        if (!/"type":"update"/.test(data)) return;
        errors = [];
        show();
      });
    }
  };
  Object.defineProperty(window.WebSocket, "name", { value: "WebSocket" });
})();
