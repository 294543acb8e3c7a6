// The dialog of `showOpenDialog`, with the properties of Electron's. Browsers hide the paths of files from
// pages, so this dialog lists the directories of this machine with the preview's help.
const openDialog = (() => {
  const PROPERTIES = [
    "openFile", "openDirectory", "multiSelections", "showHiddenFiles", "createDirectory", "promptToCreate",
    "noResolveAliases", "treatPackageAsDirectory", "dontAddToRecent",
  ];
  const STYLE = `
    dialog { width: min(640px, calc(100vw - 32px)); height: min(560px, calc(100vh - 32px)); padding: 16px;
      color: #17191e; background: #fff; border: 1px solid #8993a5; border-radius: 8px; }
    dialog::backdrop { background: #0008; }
    form { height: 100%; display: flex; flex-direction: column; gap: 10px; }
    h2 { padding: 0; } p { margin: 0; }
    label { display: grid; gap: 4px; }
    input, select { font: inherit; color: inherit; background: #fff; border: 1px solid #677285; border-radius: 4px;
      padding: 5px 8px; width: 100%; }
    .entries { flex: 1; min-height: 80px; overflow: auto; border: 1px solid #677285; border-radius: 4px; padding: 4px; }
    .entries > button { display: block; width: 100%; text-align: start; color: inherit; background: none;
      border: 0; border-radius: 3px; padding: 3px 8px; white-space: pre-wrap; overflow-wrap: anywhere; }
    .entries > button:hover { background: #eaeaed; }
    .entries > button[aria-pressed=true] { color: #fff; background: #0055bd; }
    .problem { color: #b72132; } .problem:empty { display: none; }
    footer { display: flex; gap: 8px; justify-content: flex-end; }
    footer > button, .up { color: inherit; background: #eaeaed; border: 1px solid #677285; padding: 6px 16px; }
    footer > button[type=submit] { color: #fff; background: #1a5ad9; border-color: #1a5ad9; }
    .up:disabled { color: #505968; border-color: #c4c8d1; cursor: default; }
    input:focus-visible, select:focus-visible, dialog button:focus-visible { outline: 2px solid #1a5ad9;
      outline-offset: 1px; }
    @media (prefers-color-scheme: dark) {
      dialog, input, select { color: #e8ebf0; background: #1c2026; }
      .entries > button:hover { background: #343a44; }
      .problem { color: #ff8d85; }
      footer > button, .up { background: #343a44; }
      .up:disabled { color: #a7b0bd; border-color: #465c6e; }
    }`;
  const element = notices.element;

  function check(options) {
    const { properties = [], filters = [] } = options;
    if (!Array.isArray(properties)) throw new TypeError("showOpenDialog: `properties` must be an array");
    if (!Array.isArray(filters) || filters.some(({ extensions } = {}) => !Array.isArray(extensions))) {
      throw new TypeError("showOpenDialog: `filters` must be an array of { name, extensions }");
    }
    for (const name of properties.filter((name) => !PROPERTIES.includes(name))) {
      console.warn(`showOpenDialog: \`${name}\` is not a property of Electron's dialog`);
    }
  }

  // What can be chosen. Only macOS has dialogs for both files and directories.
  function choices(properties) {
    const directories = properties.includes("openDirectory");
    const files = properties.includes("openFile") && (!directories || facts.platform === "darwin");
    return { files: files || !directories, directories, several: properties.includes("multiSelections") };
  }

  const passes = (name, filter) => !filter || filter.extensions.some((extension) => (
    extension === "*" || name.toLowerCase().endsWith(`.${extension.toLowerCase().replace(/^\./, "")}`)));

  // Resolves with the chosen paths: none if the dialog was cancelled.
  function show(options) {
    const { properties = [], filters = [], title, message, buttonLabel, defaultPath } = options;
    const can = choices(properties);
    const showHidden = properties.includes("showHiddenFiles");
    const heading = title || (can.files ? "Open" : "Open Directory");

    const path = element("input", { type: "text", autocomplete: "off", spellcheck: false });
    const up = element("button", { type: "button", className: "up", textContent: "Up" });
    const entries = element("div", { className: "entries" });
    entries.setAttribute("role", "group");
    entries.setAttribute("aria-label", "Entries");
    const filter = element("select", {}, ...filters.map(({ name, extensions }, index) => (
      element("option", { value: index, textContent: `${name} (${extensions.map((it) => `*.${it}`).join(", ")})` }))));
    const problem = element("p", { className: "problem" });
    problem.setAttribute("role", "alert");
    const cancel = element("button", { type: "button", textContent: "Cancel" });
    const open = element("button", { type: "submit", textContent: buttonLabel || "Open" });
    const form = element("form", { method: "dialog" },
      element("h2", { textContent: heading, id: "heading" }),
      ...(message ? [element("p", { textContent: message })] : []),
      element("label", {}, can.several ? "Path, or choose below" : "Path, or choose one below", path),
      element("div", {}, up), entries,
      ...(filters.length > 0 && can.files ? [element("label", {}, "Files", filter)] : []),
      problem, element("footer", {}, cancel, open));
    const dialog = element("dialog", {}, element("style", { textContent: STYLE }), form);
    dialog.setAttribute("aria-labelledby", "heading");

    let shown = { path: "", parent: undefined, entries: [] };
    let selected = [];
    // The buttons of the entries that can be chosen, by path.
    const buttonOf = new Map();

    function draw() {
      const chosenFilter = filters[Number(filter.value)] ?? filters[0];
      const listed = shown.entries.filter(({ name, kind }) => (
        (showHidden || !name.startsWith(".")) && (kind === "directory" || (can.files && passes(name, chosenFilter)))));
      buttonOf.clear();
      entries.replaceChildren(...listed.map((entry) => {
        const isDirectory = entry.kind === "directory";
        const button = element("button", { type: "button", textContent: entry.name + (isDirectory ? "/" : "") });
        button.setAttribute("aria-label", `${entry.kind} ${entry.name}`);
        if (isDirectory ? can.directories : can.files) {
          button.setAttribute("aria-pressed", String(selected.includes(entry.path)));
          buttonOf.set(entry.path, button);
        }
        button.addEventListener("click", ({ detail }) => {
          // The second click of a double click.
          if (detail > 1) return;
          if (isDirectory && !can.directories) visit(entry.path);
          else select(entry.path);
        });
        button.addEventListener("dblclick", () => {
          if (isDirectory) return void visit(entry.path);
          selected = [entry.path];
          path.value = entry.path;
          finish();
        });
        button.addEventListener("keydown", ({ key }) => {
          if (key === "ArrowRight" && isDirectory) visit(entry.path);
        });
        return button;
      }));
      up.disabled = !shown.parent;
    }

    function select(chosen) {
      if (!can.several) selected = [chosen];
      else if (selected.includes(chosen)) selected = selected.filter((it) => it !== chosen);
      else selected = [...selected, chosen];
      path.value = selected.length === 1 ? selected[0] : shown.path;
      for (const [chosen, button] of buttonOf) {
        button.setAttribute("aria-pressed", String(selected.includes(chosen)));
      }
    }

    // Shows a directory, or the directory of a file with the file selected.
    async function visit(wanted) {
      try {
        const answer = await connection.browse(wanted);
        shown = answer;
        selected = answer.file && can.files ? [answer.file] : [];
        path.value = selected[0] ?? answer.path;
        problem.textContent = answer.isTruncated ? "Only a part of the directory is shown." : "";
        draw();
        return true;
      } catch (error) {
        problem.textContent = error.message;
        return false;
      }
    }

    let finish;
    const closed = new Promise((resolve) => {
      const close = (paths) => {
        dialog.close();
        dialog.remove();
        resolve(paths);
      };
      cancel.addEventListener("click", () => close([]));
      dialog.addEventListener("cancel", () => close([]));
      finish = async () => {
        const typed = path.value.trim();
        // A path that was typed replaces the selection.
        const isTyped = selected.length === 1 ? typed !== selected[0] : typed !== shown.path;
        if (isTyped) {
          if (!await visit(typed)) return;
          if (shown.file && !can.files) {
            problem.textContent = `${shown.file} is not a directory`;
            return;
          }
        }
        if (selected.length === 0 && can.directories) selected = [shown.path];
        if (selected.length > 0) close(selected);
        else problem.textContent = isTyped ? "" : "Choose a file.";
      };
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        finish();
      });
    });
    up.addEventListener("click", () => visit(shown.parent));
    filter.addEventListener("change", draw);
    notices.append(dialog);
    dialog.showModal();
    path.focus();
    visit(defaultPath || "").then((isShown) => isShown || visit("")).then(() => path.select());
    return closed;
  }

  return async (options = {}) => {
    check(options ?? {});
    const filePaths = await show(options ?? {});
    return { canceled: filePaths.length === 0, filePaths };
  };
})();
