//! The C preprocessor, as far as `.rc` files use it.

use std::rc::Rc;

use camino::{Utf8Path, Utf8PathBuf};

use super::code_page::{CodePage, without_utf16};
use super::expression::{Expressions, UndefinedWord};
use super::macros::Macros;
use super::token::{self, Number, Token, TokenKind};
use super::{FileSearch, RcOptions, RcPosition, constants};
use crate::error::{Error, Result};

/// Hostile files must not be read forever.
const MAX_INCLUDES: usize = 32;
const MAX_CONDITIONS: usize = 256;
/// Of all files together, in bytes.
const MAX_SIZE: usize = 16 << 20;

pub(super) struct Preprocessor<'a> {
    files: &'a FileSearch<'a>,
    code_page: Option<CodePage>,
    macros: Macros,
    tokens: Vec<Token>,
    /// The number of files that are being read.
    depth: usize,
    /// The bytes that were read.
    size: usize,
    /// Files with `#pragma once`.
    once: Vec<Utf8PathBuf>,
}

/// One `#if` that is not closed yet.
struct OpenCondition {
    /// Whether the lines here are read.
    is_active: bool,
    /// Whether one of its branches was read already, or all of it is skipped.
    is_decided: bool,
    has_else: bool,
    position: RcPosition,
}

impl<'a> Preprocessor<'a> {
    pub fn new(files: &'a FileSearch<'a>, options: &RcOptions) -> Result<Self> {
        let mut macros = Macros::default();
        let position = RcPosition { file: Utf8Path::new("command line").into(), line: 1 };
        for name in ["RC_INVOKED", "_WIN32", "_WIN64", "__MINGW32__", "__MINGW64__"] {
            macros.set(name, 1, &position)?;
        }
        for definition in &options.definitions {
            let (name, value) = definition.split_once('=').unwrap_or((definition, "1"));
            let line = format!("{name} {value}");
            macros.define(&token::tokens(&line, CodePage::Utf8, &position)?, &position)?;
        }
        options.undefined.iter().for_each(|name| macros.remove(name));
        Ok(Self {
            files,
            code_page: options.code_page,
            macros,
            tokens: Vec::new(),
            depth: 0,
            size: 0,
            once: Vec::new(),
        })
    }

    /// The tokens of a file and those it includes, without directives and with macros replaced.
    pub fn run(mut self, path: &Utf8Path) -> Result<Vec<Token>> {
        let contents = (self.files.read)(path)?;
        let contents = contents
            .ok_or_else(|| Error::new(format!("the resource file `{path}` does not exist")))?;
        self.file(path, &contents)?;
        Ok(self.tokens)
    }

    fn file(&mut self, path: &Utf8Path, contents: &[u8]) -> Result<()> {
        let file: Rc<Utf8Path> = path.into();
        self.size += contents.len();
        if self.size > MAX_SIZE || self.depth >= MAX_INCLUDES {
            let position = RcPosition { file, line: 1 };
            return Err(position.error("the files are too large, or include each other too deeply"));
        }
        self.depth += 1;
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        // Headers also have declarations for C; Microsoft's compiler skips them too.
        let is_header = matches!(&*extension, "h" | "hpp" | "hxx" | "c");
        let utf8 = without_utf16(contents);
        let is_utf8 = std::str::from_utf8(&utf8).is_ok();
        let is_utf16 = matches!(utf8, std::borrow::Cow::Owned(_));
        let default = if is_utf8 { CodePage::Utf8 } else { CodePage::Windows1252 };
        let mut code_page = self.code_page.unwrap_or(default);
        let utf8 = utf8.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&utf8);

        let mut conditions: Vec<OpenCondition> = Vec::new();
        let mut comments = Comments::default();
        let mut joined = String::new();
        let mut lines = utf8.split(|byte| *byte == b'\n').zip(1_u32..).peekable();
        while let Some((line, number)) = lines.next() {
            let encoding = if is_utf16 { CodePage::Utf8 } else { code_page };
            let line = encoding.decode(line);
            let line = line.trim_end_matches('\r');
            if let (Some(start), true) = (line.strip_suffix('\\'), lines.peek().is_some()) {
                joined.push_str(start);
                continue;
            }
            joined.push_str(line);
            let position = RcPosition { file: file.clone(), line: number };
            let line = comments.remove(&std::mem::take(&mut joined));
            let is_active = conditions.iter().all(|condition| condition.is_active);
            if let Some(directive) = line.trim_start().strip_prefix('#') {
                if let Some(page) =
                    self.directive(directive, &mut conditions, is_active, &position)?
                {
                    code_page = page.unwrap_or(default);
                }
            } else if is_active && !is_header {
                let tokens = token::tokens(&line, code_page, &position)?;
                let expanded = self.macros.expand(&tokens)?;
                self.tokens.extend(expanded);
            }
        }
        self.depth -= 1;
        match conditions.pop() {
            Some(condition) => Err(condition.position.error("`#endif` is missing")),
            None => Ok(()),
        }
    }

    /// Returns the code page that a `#pragma` sets; `Some(None)` for the default.
    fn directive(
        &mut self,
        line: &str,
        conditions: &mut Vec<OpenCondition>,
        is_active: bool,
        position: &RcPosition,
    ) -> Result<Option<Option<CodePage>>> {
        let line = line.trim();
        let end = line.find(|it: char| !it.is_ascii_alphabetic()).unwrap_or(line.len());
        let (name, rest) = line.split_at(end);
        let rest = rest.trim();
        match name {
            "if" | "ifdef" | "ifndef" => {
                if conditions.len() >= MAX_CONDITIONS {
                    return Err(position.error("conditions are nested too deeply"));
                }
                let holds = is_active && self.holds(name, rest, position)?;
                let (is_decided, position) = (holds || !is_active, position.clone());
                let is_active = holds;
                conditions.push(OpenCondition { is_active, is_decided, has_else: false, position });
            }
            "elif" | "else" => {
                let condition = conditions.last_mut().filter(|condition| !condition.has_else);
                let Some(condition) = condition else {
                    return Err(position.error(format_args!("`#{name}` without `#if`")));
                };
                let is_decided = condition.is_decided;
                condition.has_else = name == "else";
                condition.is_active = false;
                if !is_decided && (name == "else" || self.holds("if", rest, position)?) {
                    condition.is_active = true;
                    condition.is_decided = true;
                }
            }
            "endif" => {
                if conditions.pop().is_none() {
                    return Err(position.error("`#endif` without `#if`"));
                }
            }
            _ if !is_active => {}
            "define" => {
                let tokens = token::tokens(rest, CodePage::Utf8, position)?;
                self.macros.define(&tokens, position)?;
            }
            "undef" => self.macros.remove(rest),
            "include" => self.include(rest, position)?,
            "pragma" => return self.pragma(rest, position),
            "error" => return Err(position.error(format_args!("#error {rest}"))),
            // A line number of another preprocessor, a null directive, and what changes nothing here.
            "" | "line" | "warning" | "ident" | "import" => {}
            _ => {
                return Err(
                    position.error(format_args!("the preprocessor directive `#{name}` is unknown"))
                );
            }
        }
        Ok(None)
    }

    fn holds(&mut self, directive: &str, rest: &str, position: &RcPosition) -> Result<bool> {
        let first = || rest.split_whitespace().next().unwrap_or_default();
        match directive {
            "ifdef" => Ok(self.macros.is_defined(first())),
            "ifndef" => Ok(!self.macros.is_defined(first())),
            _ => {
                let tokens = token::tokens(rest, CodePage::Utf8, position)?;
                let tokens = self.macros.expand(&self.resolve_defined(&tokens))?;
                let mut expressions =
                    Expressions::new(&tokens, 0, UndefinedWord::Zero, position.clone());
                let value = expressions.read()?.value;
                match tokens.get(expressions.at) {
                    None => Ok(value != 0),
                    Some(token) => {
                        let raw = &token.raw;
                        Err(position.error(format_args!("`{raw}` is not part of an expression")))
                    }
                }
            }
        }
    }

    /// Replaces `defined NAME` and `defined(NAME)` by a number.
    fn resolve_defined(&self, tokens: &[Token]) -> Vec<Token> {
        let mut output = Vec::with_capacity(tokens.len());
        let mut rest = tokens;
        while let Some((token, after)) = rest.split_first() {
            rest = after;
            if token.word() != Some("defined") {
                output.push(token.clone());
                continue;
            }
            let has_parenthesis = rest.first().is_some_and(|it| it.is_symbol('('));
            let name = rest.get(usize::from(has_parenthesis)).and_then(Token::word);
            let value = u32::from(name.is_some_and(|name| self.macros.is_defined(name)));
            let kind = TokenKind::Number(Number { value, is_long: false });
            output.push(Token { kind, ..token.clone() });
            rest = rest.get(if has_parenthesis { 3 } else { 1 }..).unwrap_or_default();
        }
        output
    }

    fn include(&mut self, rest: &str, position: &RcPosition) -> Result<()> {
        let named = |text: &str| {
            let inner = text.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
            inner
                .or_else(|| text.strip_prefix('<').and_then(|it| it.strip_suffix('>')))
                .map(str::to_owned)
        };
        let name = match named(rest) {
            Some(name) => name,
            // A macro.
            None => {
                let tokens = token::tokens(rest, CodePage::Utf8, position)?;
                let tokens = self.macros.expand(&tokens)?;
                let text: String = tokens.iter().map(|token| &*token.raw).collect();
                named(&text).ok_or_else(|| {
                    position.error(format_args!("`#include {rest}` does not name a file"))
                })?
            }
        };
        if let Some((path, contents)) = self.files.find(&name, &position.file)? {
            if self.once.contains(&path) {
                return Ok(());
            }
            if String::from_utf8_lossy(&contents).lines().any(|line| line.trim() == "#pragma once")
            {
                self.once.push(path.clone());
            }
            return self.file(&path, &contents);
        }
        let base = name.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
        if !constants::HEADERS.contains(&&*base) {
            return Err(position
                .error(format_args!("the included file `{name}` does not exist"))
                .help("add its directory to the resource compiler's include directories"));
        }
        for (name, value) in constants::CONSTANTS {
            if !self.macros.is_defined(name) {
                self.macros.set(name, *value, position)?;
            }
        }
        Ok(())
    }

    fn pragma(&self, rest: &str, position: &RcPosition) -> Result<Option<Option<CodePage>>> {
        let Some(page) = rest.strip_prefix("code_page") else { return Ok(None) };
        let page = page.trim().strip_prefix('(').and_then(|it| it.strip_suffix(')'));
        match page.map(str::trim) {
            Some("DEFAULT" | "default") => Ok(Some(None)),
            Some(page) => match page.parse() {
                Ok(page) => Ok(Some(Some(page))),
                Err(reason) => Err(position.error(reason)),
            },
            None => Err(position.error("`#pragma code_page` has no number in parentheses")),
        }
    }
}

/// Removes comments; a comment may begin on an earlier line.
#[derive(Default)]
struct Comments {
    is_inside: bool,
}

impl Comments {
    fn remove(&mut self, line: &str) -> String {
        let mut output = String::with_capacity(line.len());
        let mut rest = line;
        loop {
            if self.is_inside {
                let Some(end) = rest.find("*/") else { return output };
                self.is_inside = false;
                output.push(' ');
                rest = &rest[end + 2..];
            }
            let Some(at) = rest.find(['"', '/']) else {
                output.push_str(rest);
                return output;
            };
            let (before, from) = rest.split_at(at);
            output.push_str(before);
            if from.starts_with("//") {
                return output;
            }
            if let Some(comment) = from.strip_prefix("/*") {
                self.is_inside = true;
                rest = comment;
                continue;
            }
            let length = match from.strip_prefix('"') {
                Some(text) => token::quoted(text).map_or(from.len(), |length| length + 1),
                None => 1,
            };
            output.push_str(&from[..length]);
            rest = &from[length..];
        }
    }
}
