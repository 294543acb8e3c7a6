// Finds the original source of a position in a script, with the script's source map.
const sourceMap = (() => {
  const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  // A frame of a stack: `at name (url:line:column)` in Chromium, `name@url:line:column` elsewhere.
  const FRAME = /^\s*(?:at (?:async )?(?:(.*?) \()?|(.*?)@)((?:https?|blob):.+?):(\d+):(\d+)\)?$/;
  const LINES_AROUND = 2;
  // The page may replace it.
  const { fetch } = window;

  // Decodes numbers in base64 VLQ.
  function* numbers(text) {
    let value = 0;
    let shift = 0;
    for (const digit of text) {
      const bits = DIGITS.indexOf(digit);
      value += (bits & 31) << shift;
      shift += 5;
      if (bits & 32) continue;
      yield value & 1 ? -(value >> 1) : value >> 1;
      value = shift = 0;
    }
  }

  // The last segment of `mappings` on this line that begins at or before this column. Both count from 0.
  function segment(mappings, line, column) {
    let [source, sourceLine, sourceColumn] = [0, 0, 0];
    let found;
    for (const [index, text] of mappings.split(";").entries()) {
      if (index > line) break;
      let generated = 0;
      for (const part of text.split(",").filter(Boolean)) {
        const [step, ...steps] = numbers(part);
        generated += step;
        if (steps.length < 3) continue;
        source += steps[0];
        sourceLine += steps[1];
        sourceColumn += steps[2];
        if (index === line && generated <= column) found = { source, line: sourceLine, column: sourceColumn };
      }
    }
    return found;
  }

  function decodeData(url) {
    const [, kind, data] = /^data:([^,]*),(.*)$/s.exec(url) ?? [];
    if (!/;base64$/.test(kind ?? "")) return decodeURIComponent(data ?? "");
    return new TextDecoder().decode(Uint8Array.from(atob(data), (char) => char.charCodeAt(0)));
  }

  const scripts = new Map();

  // The text of a script, and its source map if it has one.
  function load(url) {
    if (!scripts.has(url)) scripts.set(url, loadNow(url).catch(() => ({})));
    return scripts.get(url);
  }

  async function loadNow(url) {
    const text = (await (await fetch(url)).text()).replace(/<script src="\/@preview\/client\.js"><\/script>/, "");
    const address = [...text.matchAll(/^\/\/[#@] sourceMappingURL=(\S+)\s*$/gm)].at(-1)?.[1];
    if (!address) return { text };
    const json = address.startsWith("data:") ? decodeData(address)
      : await (await fetch(new URL(address, url))).text();
    return { text, map: JSON.parse(json) };
  }

  // The path below the directory of the pages.
  function shorten(url) {
    const { pathname } = new URL(url, location.href);
    return decodeURIComponent(pathname).replace(/^\/@fs/, "").replace(/^\/(?!\/)/, "") || "index.html";
  }

  // Where a position (line and column count from 1) is in the original source, and its text.
  async function original({ url, line, column, name }) {
    const { text, map } = await load(url);
    const found = map && typeof map.mappings === "string"
      ? segment(map.mappings, line - 1, column - 1) : undefined;
    if (!found) return { path: shorten(url), line, column, name, text };
    const source = map.sources[found.source] ?? "";
    const path = shorten(new URL((map.sourceRoot ?? "") + source, url).href);
    return {
      path, line: found.line + 1, column: found.column + 1, name, text: map.sourcesContent?.[found.source],
    };
  }

  // The lines around a position, with a mark below it.
  function excerpt({ text, line, column }) {
    const lines = text?.split("\n") ?? [];
    if (!(line <= lines.length)) return "";
    const first = Math.max(1, line - LINES_AROUND);
    const width = String(line + LINES_AROUND).length;
    return lines.slice(first - 1, line + LINES_AROUND).flatMap((content, index) => {
      const number = first + index;
      const shown = `${String(number).padStart(width)} | ${content.slice(0, 200)}`;
      const mark = `${" ".repeat(width)} | ${content.slice(0, column - 1).replace(/[^\t]/g, " ")}^`;
      return number === line && column <= 200 ? [shown, mark] : [shown];
    }).join("\n");
  }

  return {
    frames(stack) {
      return String(stack ?? "").split("\n").map((line) => FRAME.exec(line)).filter(Boolean)
        .map(([, called, calling, url, line, column]) => (
          { name: called ?? calling ?? "", url, line: Number(line), column: Number(column) }));
    },
    original,
    excerpt,
    shorten,
  };
})();
