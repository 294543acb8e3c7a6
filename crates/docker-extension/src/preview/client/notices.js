// The preview's own messages in the page: toasts, and a panel for errors. They are in a shadow tree, so
// that the styles of the page and of the messages don't affect each other.
const notices = (() => {
  const TOAST_MILLISECONDS = 6000;
  const STYLE = `
    :host { all: initial; }
    * { box-sizing: border-box; font: 14px/1.45 system-ui, sans-serif; }
    .toasts { position: fixed; inset: auto 16px 16px auto; display: grid; gap: 8px;
      z-index: 2147483647; max-width: min(420px, calc(100vw - 32px)); }
    .toast { padding: 10px 14px; border-radius: 6px; color: #fff; background: #1d3f72;
      overflow-wrap: anywhere; box-shadow: 0 2px 12px #0006; }
    .success { background: #0b5c2e; } .warning { background: #744300; } .error { background: #8f1d1d; }
    .panel { position: fixed; inset: auto 0 0 0; z-index: 2147483646; max-height: 60vh; display: flex;
      flex-direction: column; gap: 8px; padding: 14px 18px; color: #f4f4f5; background: #1b1b1f;
      border-top: 4px solid #e5484d; }
    .panel[hidden] { display: none; }
    .panel header { display: flex; justify-content: space-between; gap: 16px; align-items: center; }
    .panel h2 { margin: 0; font-size: 16px; font-weight: 600; }
    .panel button { color: inherit; background: #3a3a42; border: 1px solid #8b8b95; border-radius: 4px;
      padding: 4px 12px; cursor: pointer; }
    .panel button:focus-visible, .panel pre:focus-visible { outline: 2px solid #8ab4ff; outline-offset: 2px; }
    .panel pre { margin: 0; overflow: auto; white-space: pre; font: 12.5px/1.5 ui-monospace, monospace; }
    .panel pre:empty { display: none; }`;

  const element = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };

  const toasts = element("div", { className: "toasts" });
  toasts.setAttribute("role", "status");
  const title = element("h2");
  const text = element("pre", { tabIndex: 0 });
  text.setAttribute("aria-label", "Messages");
  const hide = element("button", { type: "button", textContent: "Hide" });
  const panel = element("section", { className: "panel", hidden: true },
    element("header", {}, title, hide), text);
  panel.setAttribute("role", "alert");
  hide.addEventListener("click", () => { panel.hidden = true; });

  const host = element("docker-extension-preview");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  root.append(toasts, panel);
  // This script runs before the page has a body.
  document.addEventListener("DOMContentLoaded", () => document.documentElement.append(host));

  return {
    // `kind` is "info", "success", "warning" or "error".
    toast(kind, message) {
      const toast = element("div", { className: `toast ${kind}`, textContent: String(message) });
      toasts.append(toast);
      setTimeout(() => toast.remove(), TOAST_MILLISECONDS);
    },
    showPanel(heading, messages = "") {
      title.textContent = heading;
      text.textContent = messages;
      panel.hidden = false;
    },
    hidePanel() {
      panel.hidden = true;
    },
  };
})();
