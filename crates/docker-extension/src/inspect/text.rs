//! The shebang and the line endings of a text file.

use memchr::{memchr, memmem};

/// A text: a script, a Windows command file, or data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextFile {
    pub shebang: Option<Shebang>,
    pub has_byte_order_mark: bool,
    /// Whether a line ends with CR LF, as on Windows.
    pub has_crlf: bool,
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

/// Whether these bytes are text: no control characters at the start, and no NUL anywhere.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    const BEGINNING: usize = 1024;
    let beginning = bytes.get(..BEGINNING).unwrap_or(bytes);
    let is_control =
        |&byte: &u8| byte < b' ' && !matches!(byte, b'\t' | b'\n' | 0x0c | b'\r' | 0x1b);
    !beginning.iter().any(is_control) && memchr(0, bytes).is_none()
}

pub(super) fn read(bytes: &[u8]) -> TextFile {
    let text = bytes.strip_prefix(BYTE_ORDER_MARK);
    TextFile {
        shebang: shebang(text.unwrap_or(bytes)),
        has_byte_order_mark: text.is_some(),
        has_crlf: memmem::find(bytes, b"\r\n").is_some(),
    }
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
    }
}
