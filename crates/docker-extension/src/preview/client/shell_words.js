// Without `stream`, Docker Desktop joins the command with its arguments and runs Docker in a shell, so
// extensions quote their arguments: see https://github.com/docker/extensions-sdk/issues/303. The preview starts
// no shell. It splits the command into the words that the shell would pass to Docker.
const shellWords = (() => {
  // A shell does something with these characters that differs between operating systems; see
  // https://github.com/docker/extensions-sdk/issues/212.
  const SPECIAL = { posix: "$`|&;<>()", windows: "%|&<>^" };
  const SPACE = " \t";

  // Throws an error if the shell would not run the command as one.
  function split(command, isWindows) {
    const special = isWindows ? SPECIAL.windows : SPECIAL.posix;
    const quotes = isWindows ? '"' : `"'`;
    const found = new Set();
    const words = [];
    let word; // undefined between words
    let quote = "";
    for (let at = 0; at < command.length; at++) {
      const char = command[at];
      const next = command[at + 1];
      if (char === "\n" && (quote === "" || isWindows)) {
        throw new TypeError("a line break ends the command in the shell; "
          + (isWindows ? "remove it, or pass `stream`" : "put the argument in quotes, or pass `stream`"));
      }
      const escapes = isWindows ? '"' : quote === '"' ? '"\\$`' : undefined;
      if (char === "\\" && quote !== "'" && next !== undefined && (escapes?.includes(next) ?? true)) {
        // In a shell, a backslash continues the line.
        if (next !== "\n") word = (word ?? "") + next;
        at++;
      } else if (quote !== "") {
        if (char === quote) quote = "";
        else word += char;
        if (quote === '"' && (isWindows ? "%" : "$`").includes(char)) found.add(char);
      } else if (quotes.includes(char)) {
        quote = char;
        word ??= "";
      } else if (SPACE.includes(char)) {
        if (word !== undefined) words.push(word);
        word = undefined;
      } else {
        if (special.includes(char) || (char === "#" && word === undefined && !isWindows)) found.add(char);
        word = (word ?? "") + char;
      }
    }
    if (quote !== "") throw new TypeError(`the quote ${quote} is not closed`);
    if (word !== undefined) words.push(word);
    return { words, special: [...found].join("") };
  }

  // The words of `docker` for a command with its arguments.
  return function shellWords(command, args, isWindows) {
    const line = [command, ...args].join(" ");
    const { words, special } = split(line, isWindows);
    if (special !== "") {
      console.warn(`docker.cli.exec: without \`stream\`, Docker Desktop passes \`docker ${line}\` to a shell, `
        + `which interprets ${special}; the preview passes them to docker`);
    }
    return words;
  };
})();
