//! The tokens of a line.

use super::RcPosition;
use super::code_page::CodePage;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: TokenKind,
    /// As it is written in the file.
    pub raw: String,
    /// Whether blanks are before it.
    pub is_spaced: bool,
    pub position: RcPosition,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Word(String),
    Number(Number),
    Text(Text),
    Symbol(char),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    pub value: u32,
    /// It has the suffix `L`, so raw data contain 4 bytes of it instead of 2.
    pub is_long: bool,
}

/// A text in quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    /// `L"…"`: UTF-16 in raw data too.
    pub is_wide: bool,
    pub units: Vec<TextUnit>,
    /// Between the quotes, with its escapes.
    pub raw: String,
    pub code_page: CodePage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextUnit {
    Char(char),
    /// Of an escape such as `\x1b`.
    Code(u16),
}

impl Text {
    pub fn utf16(&self) -> Vec<u16> {
        let mut text = Vec::with_capacity(self.units.len());
        for unit in &self.units {
            match unit {
                TextUnit::Char(character) => {
                    text.extend_from_slice(character.encode_utf16(&mut [0; 2]));
                }
                TextUnit::Code(code) => text.push(*code),
            }
        }
        text
    }

    pub fn to_text(&self) -> String {
        String::from_utf16_lossy(&self.utf16())
    }

    /// Its bytes in raw data.
    pub fn data(&self) -> Vec<u8> {
        if self.is_wide {
            return self.utf16().into_iter().flat_map(u16::to_le_bytes).collect();
        }
        let mut bytes = Vec::with_capacity(self.units.len());
        for unit in &self.units {
            match unit {
                TextUnit::Char(character) => self.code_page.encode(*character, &mut bytes),
                TextUnit::Code(code) => bytes.push(*code as u8),
            }
        }
        bytes
    }
}

impl Token {
    pub fn word(&self) -> Option<&str> {
        match &self.kind {
            TokenKind::Word(word) => Some(word),
            _ => None,
        }
    }

    pub fn is_symbol(&self, symbol: char) -> bool {
        self.kind == TokenKind::Symbol(symbol)
    }
}

/// Splits a line that has no comments. An error is a text that does not end.
pub(super) fn tokens(
    line: &str,
    code_page: CodePage,
    position: &RcPosition,
) -> crate::error::Result<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = line;
    loop {
        let trimmed = rest.trim_start();
        let is_spaced = trimmed.len() < rest.len();
        rest = trimmed;
        let Some(first) = rest.chars().next() else { return Ok(tokens) };
        let wide = rest.starts_with("L\"") || rest.starts_with("l\"");
        let (kind, length) = if first == '"' || wide {
            let start = if wide { 2 } else { 1 };
            let length = start
                + quoted(&rest[start..])
                    .ok_or_else(|| position.error("a text in quotes does not end on its line"))?;
            let raw = rest[start..length - 1].to_owned();
            let units = units(&raw);
            (TokenKind::Text(Text { is_wide: wide, units, raw, code_page }), length)
        } else if first.is_ascii_digit() {
            let length = word_length(rest, |it| it == '.');
            let word = &rest[..length];
            let kind = number(word).map_or(TokenKind::Word(word.to_owned()), TokenKind::Number);
            (kind, length)
        } else if is_word(first) {
            let length = word_length(rest, |_| false);
            (TokenKind::Word(rest[..length].to_owned()), length)
        } else {
            (TokenKind::Symbol(first), first.len_utf8())
        };
        let raw = rest[..length].to_owned();
        tokens.push(Token { kind, raw, is_spaced, position: position.clone() });
        rest = &rest[length..];
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$'
}

fn word_length(text: &str, also: fn(char) -> bool) -> usize {
    text.find(|it| !is_word(it) && !also(it)).unwrap_or(text.len())
}

/// The length of a text without its first quote, with its last one.
pub(super) fn quoted(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            b'"' if bytes.get(at + 1) == Some(&b'"') => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// `12`, `0x1F`, `017`, with the suffixes `L` and `U`.
pub(super) fn number(word: &str) -> Option<Number> {
    let digits = word.trim_end_matches(['l', 'L', 'u', 'U']);
    let is_long = word[digits.len()..].contains(['l', 'L']);
    let lower = digits.to_ascii_lowercase();
    let (digits, radix) = if let Some(digits) = lower.strip_prefix("0x") {
        (digits, 16)
    } else if let Some(digits) = lower.strip_prefix("0o") {
        (digits, 8)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (&lower[1..], 8)
    } else {
        (&*lower, 10)
    };
    let value = u32::from_str_radix(digits, radix).ok()?;
    Some(Number { value, is_long })
}

/// Resolves the escapes of a text. A backslash before any other character is that backslash, as in GNU's
/// and LLVM's compilers; before an apostrophe, it is C's escape, which crates write.
fn units(raw: &str) -> Vec<TextUnit> {
    let mut units = Vec::new();
    let mut chars = raw.chars().peekable();
    while let Some(character) = chars.next() {
        if character == '"' {
            // Quotes inside a text are doubled.
            chars.next_if_eq(&'"');
            units.push(TextUnit::Char('"'));
            continue;
        }
        if character != '\\' {
            units.push(TextUnit::Char(character));
            continue;
        }
        let simple = |code: char| TextUnit::Char(code);
        let unit = match chars.peek().copied() {
            Some('a') => simple('\u{7}'),
            Some('b') => simple('\u{8}'),
            Some('f') => simple('\u{c}'),
            Some('n') => simple('\n'),
            Some('r') => simple('\r'),
            Some('t') => simple('\t'),
            Some('v') => simple('\u{b}'),
            Some(same @ ('\\' | '"' | '\'')) => simple(same),
            Some('x' | 'X') => {
                chars.next();
                units.push(TextUnit::Code(digits(&mut chars, 16, 4)));
                continue;
            }
            Some('0'..='7') => {
                units.push(TextUnit::Code(digits(&mut chars, 8, 3)));
                continue;
            }
            _ => {
                units.push(simple('\\'));
                continue;
            }
        };
        chars.next();
        units.push(unit);
    }
    units
}

fn digits(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, radix: u32, maximum: usize) -> u16 {
    let mut value = 0_u16;
    for _ in 0..maximum {
        let Some(digit) = chars.peek().and_then(|it| it.to_digit(radix)) else { break };
        value = value.wrapping_mul(radix as u16).wrapping_add(digit as u16);
        chars.next();
    }
    value
}
