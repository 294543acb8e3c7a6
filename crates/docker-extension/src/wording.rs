//! Everything that the tool says, in one file: `messages.txt`, for whoever reviews the English. And a test
//! that keeps out words that docs/STYLE.md replaces.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::cli::{Cli, NAME};

/// The help of every command, and every text in the code that has two words or more, by its file.
fn everything_said() -> String {
    let mut said = String::new();
    let mut cli = Cli::command().name(NAME).bin_name(NAME).term_width(100);
    cli.build();
    let _ = writeln!(said, "{}", cli.render_long_help());
    for command in cli.get_subcommands_mut().filter(|command| command.get_name() != "help") {
        let help = command.render_long_help();
        let _ = writeln!(said, "## {NAME} {}\n\n{help}", command.get_name());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut modules = vec![root.join("lib.rs")];
    let mut texts = Vec::new();
    while let Some(path) = modules.pop() {
        let source = fs::read_to_string(&path).unwrap();
        let mut module = Module::default();
        module.read(source.parse().unwrap());
        let directory = match path.file_stem().and_then(|stem| stem.to_str()) {
            Some("lib" | "mod") => path.parent().unwrap().to_owned(),
            _ => path.with_extension(""),
        };
        modules.extend(module.children.iter().map(|child| file_of(&directory, child)));
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        texts.push((name, module.texts));
    }
    texts.sort();
    for (name, texts) in texts.into_iter().filter(|(_, texts)| !texts.is_empty()) {
        let _ = writeln!(said, "## {name}\n\n{}\n", texts.join("\n"));
    }
    said.trim_end().to_owned() + "\n"
}

fn file_of(directory: &Path, module: &str) -> PathBuf {
    let file = directory.join(format!("{module}.rs"));
    if file.is_file() { file } else { directory.join(module).join("mod.rs") }
}

/// What a source file says, and the modules that it declares, both without tests.
#[derive(Default)]
struct Module {
    texts: Vec<String>,
    children: Vec<String>,
}

impl Module {
    fn read(&mut self, stream: TokenStream) {
        let mut tokens = stream.into_iter().peekable();
        let mut is_test = false;
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Punct(sign) if sign.as_char() == '#' => {
                    // An inner attribute has a `!` before it.
                    let mut next = tokens.next();
                    if matches!(next, Some(TokenTree::Punct(_))) {
                        next = tokens.next();
                    }
                    let Some(TokenTree::Group(attribute)) = next else { continue };
                    let text = attribute.stream().to_string().replace(' ', "");
                    is_test |= text == "cfg(test)" || text == "test";
                    if text.starts_with("error(") {
                        self.read(attribute.stream());
                    }
                }
                TokenTree::Ident(word) if word == "mod" => {
                    let name = tokens.next().map(|name| name.to_string()).unwrap_or_default();
                    let is_file = matches!(tokens.peek(), Some(TokenTree::Punct(_)));
                    if is_file && !is_test {
                        self.children.push(name);
                    }
                }
                TokenTree::Group(group) => {
                    if !is_test {
                        self.read(group.stream());
                    }
                    is_test &= group.delimiter() != Delimiter::Brace;
                }
                TokenTree::Punct(sign) if sign.as_char() == ';' => is_test = false,
                TokenTree::Literal(literal) => {
                    let text = value(&literal.to_string()).unwrap_or_default();
                    if !is_test && is_prose(&text) {
                        self.texts.push(text);
                    }
                }
                _ => {}
            }
        }
    }
}

/// The value of a string literal on one line.
fn value(literal: &str) -> Option<String> {
    let (prefix, rest) = literal.split_once('"')?;
    let (text, _) = rest.rsplit_once('"')?;
    let text = match prefix.trim_end_matches('#') {
        "" => text.replace("\\\n", "").replace("\\n", " ").replace("\\\"", "\""),
        "r" => text.to_owned(),
        _ => return None,
    };
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Whether two words follow each other.
fn is_prose(text: &str) -> bool {
    let is_word = |word: &str| {
        word.chars().any(char::is_alphabetic)
            && word.chars().all(|c| c.is_alphabetic() || ",.:;'’()`{}?".contains(c))
    };
    let words: Vec<&str> = text.split(' ').collect();
    words.windows(2).any(|pair| pair.iter().all(|word| is_word(word)))
}

#[test]
fn messages_txt_has_everything_that_the_tool_says() {
    expect_test::expect_file!["../messages.txt"].assert_eq(&everything_said());
}

/// Words that docs/STYLE.md replaces, in lower case.
const REPLACED: [&str; 30] = [
    "anew",
    "anybody",
    "believed",
    "beforehand",
    "besides",
    "folder",
    "folders",
    "hereby",
    "lest",
    "mend",
    "mended",
    "mending",
    "mends",
    "nobody",
    "nowhere",
    "people",
    "person",
    "persons",
    "somebody",
    "thereof",
    "whence",
    "whereof",
    "whereupon",
    "wherefore",
    "whoever",
    "whomever",
    "is no such",
    "which is no",
    "is told",
    "are told",
];

/// Texts that users read, besides [`everything_said`], in the repository.
fn written() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let mut found = Vec::new();
    let mut places: Vec<PathBuf> = [
        "README.md",
        "docs",
        "extension",
        "ui/index.html",
        "ui/src",
        ".github/workflows",
        "crates/docker-extension/template",
        "crates/docker-extension/src/preview/client",
    ]
    .map(|place| root.join(place))
    .into();
    while let Some(place) = places.pop() {
        if place.is_dir() && !place.ends_with("node_modules") {
            places.extend(fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path()));
        } else if let Ok(text) = fs::read_to_string(&place) {
            let is_lock = place.ends_with("package-lock.json") || place.ends_with("STYLE.md");
            let is_licence = place.to_str().unwrap().contains("LICENSE");
            if !is_lock && !is_licence {
                found.push((place, text));
            }
        }
    }
    found
}

/// The line without code and the names of values, which stand between these delimiters.
fn without(line: &str, begin: char, end: char) -> String {
    let mut rest = line;
    let mut prose = String::new();
    while let Some((before, inner)) = rest.split_once(begin) {
        let Some((_, after)) = inner.split_once(end) else { break };
        prose.push_str(before);
        rest = after;
    }
    prose + rest
}

#[test]
fn what_users_read_is_plain_technical_english() {
    let mut texts = written();
    assert!(texts.len() > 50, "{}", texts.len());
    texts.push(("messages.txt".into(), everything_said()));
    let mut faults = String::new();
    for (path, text) in texts {
        for (number, line) in text.lines().enumerate() {
            let prose = without(&without(line, '`', '`'), '{', '}');
            let words: Vec<String> = prose
                .split(|c: char| !c.is_alphabetic() && c != '\'')
                .filter(|word| !word.is_empty())
                .map(str::to_lowercase)
                .collect();
            let line_of_words = format!(" {} ", words.join(" "));
            for word in REPLACED.iter().filter(|word| line_of_words.contains(&format!(" {word} ")))
            {
                let _ = writeln!(faults, "{}:{}: `{word}` in: {line}", path.display(), number + 1);
            }
        }
    }
    assert!(faults.is_empty(), "docs/STYLE.md replaces these words:\n{faults}");
}
