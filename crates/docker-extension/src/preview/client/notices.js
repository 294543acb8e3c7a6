// The preview's own messages in the page: toasts, and a panel that reports errors. They are in a shadow tree, so
// that the styles of the page and of the messages don't affect each other.
const notices = (() => {
  const TOAST_MILLISECONDS = 6000;
  const STYLE = `
    :host { all: initial; }
    * { box-sizing: border-box; font: 14px/1.45 system-ui, sans-serif; }
    .stack { position: fixed; inset: auto 0 0 0; z-index: 2147483647; display: flex;
      flex-direction: column; max-height: 100vh; pointer-events: none; }
    .toasts { align-self: flex-end; display: grid; gap: 8px; margin: 16px; max-width: min(420px, calc(100vw - 32px)); }
    .toasts:empty { margin: 0; }
    .toast { padding: 10px 14px; border-radius: 6px; color: #fff; background: #1d3f72;
      overflow-wrap: anywhere; box-shadow: 0 2px 12px #0006; pointer-events: auto; }
    .success { background: #0b5c2e; } .warning { background: #744300; } .error { background: #8f1d1d; }
    .panel { position: relative; max-height: 60vh; display: flex; padding: 14px 18px;
      color: #f4f4f5; background: #1b1b1f; border-top: 4px solid #e5484d; pointer-events: auto; }
    .panel[hidden] { display: none; }
    .hide { position: absolute; top: 12px; right: 18px; }
    .reports { flex: 1; min-width: 0; overflow: auto; }
    .reports:focus-visible { outline: 2px solid #8ab4ff; outline-offset: 2px; }
    h2 { margin: 0; font-size: 16px; font-weight: 600; padding: 4px 90px 4px 0; }
    section + section { margin-top: 14px; }
    button { color: inherit; background: #3a3a42; border: 1px solid #8b8b95; border-radius: 4px;
      padding: 4px 12px; cursor: pointer; }
    button:focus-visible { outline: 2px solid #8ab4ff; outline-offset: 2px; }
    pre { margin: 0; white-space: pre; font: 12.5px/1.5 ui-monospace, monospace; }
    pre:empty { display: none; }`;

  // The reports that the panel may show, in this order.
  const KINDS = ["connection", "build", "types", "page"];

  const element = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };

  const toasts = element("div", { className: "toasts" });
  toasts.setAttribute("role", "status");
  const hide = element("button", { type: "button", textContent: "Hide", className: "hide" });
  const reports = element("div", { className: "reports", tabIndex: 0 });
  reports.setAttribute("role", "group");
  reports.setAttribute("aria-label", "Messages");
  const panel = element("div", { className: "panel", hidden: true }, reports, hide);
  panel.setAttribute("role", "alert");
  hide.addEventListener("click", () => { panel.hidden = true; });

  // By kind: a heading and messages.
  const shown = new Map();

  function render() {
    reports.replaceChildren(...KINDS.filter((kind) => shown.has(kind)).map((kind) => {
      const { heading, messages } = shown.get(kind);
      return element("section", {},
        element("h2", { textContent: heading }), element("pre", { textContent: messages }));
    }));
    panel.hidden = shown.size === 0;
  }

  const host = element("docker-extension-preview");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  // Toasts are above the panel, never on it.
  root.append(element("div", { className: "stack" }, toasts, panel));
  // This script runs before the page has a body.
  document.addEventListener("DOMContentLoaded", () => document.documentElement.append(host));

  return {
    element,
    // `kind` is "info", "success", "warning" or "error". Returns a function that removes the toast; without
    // a time, nothing else removes it.
    toast(kind, message, milliseconds = TOAST_MILLISECONDS) {
      const toast = element("div", { className: `toast ${kind}`, textContent: String(message) });
      toasts.append(toast);
      if (milliseconds) setTimeout(() => toast.remove(), milliseconds);
      return () => toast.remove();
    },
    // Replaces the panel's report of this kind.
    showReport(kind, heading, messages = "") {
      shown.set(kind, { heading, messages });
      render();
    },
    isShown: (kind) => shown.has(kind),
    removeReport(kind) {
      if (shown.delete(kind)) render();
    },
    // Adds something to the page that its styles don't affect.
    append(...children) {
      document.documentElement.append(host);
      root.append(...children);
    },
  };
})();
