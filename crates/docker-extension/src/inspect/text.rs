//! The first line and the line endings of a text file.

use memchr::{memchr, memmem};

use super::stand_in::{self, StandIn};
use crate::text::printable;

/// A text: a script, a Windows command file, or data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextFile {
    pub shebang: Option<Shebang>,
    pub has_byte_order_mark: bool,
    /// Whether a line ends with CR LF, as on Windows.
    pub has_crlf: bool,
    /// The beginning of the first line that is not blank, without control characters.
    pub first_line: String,
    /// Set if the text is not what it is named, but stands in for another file.
    pub stand_in: Option<StandIn>,
}

/// The first line of a script: `#!/usr/bin/env sh`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shebang {
    pub interpreter: String,
    /// The argument before the script's path; Linux and macOS pass at most one.
    pub argument: Option<String>,
}

impl Shebang {
    /// The name of the program that finally runs the script, with `env` resolved.
    pub fn program(&self) -> &str {
        let name = self.interpreter.rsplit('/').next().unwrap_or_default();
        let Some(argument) = self.argument.as_deref().filter(|_| name == "env") else {
            return name;
        };
        let mut words = argument.split_ascii_whitespace();
        let program = words.find(|word| !word.starts_with('-') && !word.contains('='));
        program.unwrap_or(name)
    }
}

/// The maximum length in bytes: Linux truncates longer ones (`BINPRM_BUF_SIZE`), macOS rejects them.
const LONGEST_SHEBANG: usize = 512;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Whether these bytes are a text or a script, which may have data behind its first line.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    is_whole_text(bytes) || is_script_with_data(bytes)
}

/// Whether there are no control characters at the start, and no NUL anywhere.
fn is_whole_text(bytes: &[u8]) -> bool {
    const BEGINNING: usize = 1024;
    let beginning = bytes.get(..BEGINNING).unwrap_or(bytes);
    let is_control =
        |&byte: &u8| byte < b' ' && !matches!(byte, b'\t' | b'\n' | 0x0c | b'\r' | 0x1b);
    !beginning.iter().any(is_control) && memchr(0, bytes).is_none()
}

fn is_script_with_data(bytes: &[u8]) -> bool {
    bytes.starts_with(b"#!") && memchr(b'\n', bytes).is_some() && is_whole_text(first_line(bytes))
}

/// At most as much as the interpreter's line may have.
fn first_line(bytes: &[u8]) -> &[u8] {
    let beginning = bytes.get(..LONGEST_SHEBANG).unwrap_or(bytes);
    memchr(b'\n', beginning).and_then(|end| beginning.get(..=end)).unwrap_or(beginning)
}

pub(super) fn read(bytes: &[u8]) -> TextFile {
    let rest = bytes.strip_prefix(BYTE_ORDER_MARK);
    let text = rest.unwrap_or(bytes);
    let lines = if is_whole_text(bytes) { bytes } else { first_line(bytes) };
    TextFile {
        shebang: shebang(text),
        has_byte_order_mark: rest.is_some(),
        has_crlf: memmem::find(lines, b"\r\n").is_some(),
        first_line: shown(text),
        stand_in: stand_in::recognize(text),
    }
}

/// The first line that is not blank, for messages.
fn shown(text: &[u8]) -> String {
    const MOST_CHARACTERS: usize = 100;
    let line = String::from_utf8_lossy(first_line(text.trim_ascii_start())).into_owned();
    let line = line.trim();
    let mut shown: String = line.chars().take(MOST_CHARACTERS).collect();
    if shown.len() < line.len() {
        shown.push('…');
    }
    printable(&shown)
}

fn shebang(text: &[u8]) -> Option<Shebang> {
    let text = text.strip_prefix(b"#!")?;
    let text = text.get(..LONGEST_SHEBANG).unwrap_or(text);
    let line = text.split(|&byte| byte == b'\n').next()?;
    let line = String::from_utf8_lossy(line);
    let line = line.trim();
    let (interpreter, argument) = match line.split_once([' ', '\t']) {
        Some((interpreter, argument)) => (interpreter, Some(argument.trim_start().to_owned())),
        None => (line, None),
    };
    Some(Shebang { interpreter: interpreter.to_owned(), argument })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(text: &str) -> String {
        read(text.as_bytes()).shebang.unwrap().program().to_owned()
    }

    #[test]
    fn the_program_of_a_script_is_found_through_env() {
        assert_eq!(program("#!/bin/sh\necho"), "sh");
        assert_eq!(program("#! /bin/bash -e"), "bash");
        assert_eq!(program("#!/usr/bin/env python3\r\n"), "python3");
        assert_eq!(program("#!/usr/bin/env -S X=1 deno run"), "deno");
        assert_eq!(program("#!/usr/bin/env"), "env");
        assert_eq!(program("#!"), "");
    }

    #[test]
    fn line_endings_and_byte_order_marks_are_detected() {
        let text = read(b"\xef\xbb\xbf#!/bin/sh -e\r\necho\r\n");
        let shebang = text.shebang.unwrap();
        assert_eq!(shebang.argument.as_deref(), Some("-e"));
        assert!(text.has_byte_order_mark && text.has_crlf);
        assert!(!read(b"#!/bin/sh\n").has_crlf);
    }

    #[test]
    fn text_is_distinguished_from_data() {
        assert!(is_text("@echo off\r\nécho\t".as_bytes()));
        assert!(!is_text(b"PK\x03\x04"));
        assert!(!is_text(b"ends with NUL\0"));
        assert!(is_text(b"#!/bin/sh\ntail +3 $0\n\0\0"));
        assert!(!is_text(b"#!\0"));
    }

    #[test]
    fn the_first_line_is_shown_shortened_and_without_control_characters() {
        let first = |bytes: &[u8]| read(bytes).first_line;
        assert_eq!(first(b"\xef\xbb\xbf\r\n  Not\x1b[2J Found\r\nx"), "Not\\u{1b}[2J Found");
        assert_eq!(first(&b"x".repeat(5000)), "x".repeat(100) + "…");
        assert_eq!(first(b"\n"), "");
        let script = read(b"#!/bin/sh\r\n\0");
        assert!(script.has_crlf && !read(b"#!/bin/sh\n\0\r\n").has_crlf);
    }
}
