//! Small helpers for messages and generated files.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// The name of which `found` is probably a misspelling.
pub fn nearest<'a>(found: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const MISSPELLING: f64 = 0.75;
    names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(found, name), name))
        .filter(|(similarity, _)| *similarity >= MISSPELLING)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// A size in bytes in decimal units: `853 B`, `1.4 MB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["B", "kB", "MB", "GB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let decimals = if unit == 0 || value >= 99.5 { 0 } else { 1 };
    format!("{value:.decimals$} {}", UNITS[unit])
}

/// A value as the text of a JSON file.
pub fn json(value: &impl Serialize) -> String {
    let mut json = serde_json::to_string_pretty(value).expect("structs of texts are always JSON");
    json.push('\n');
    json
}

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256 of a text in hexadecimal. CRLF counts as LF, because git may change line ends.
pub fn hash_of_lines<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = Sha256::new();
    for line in lines {
        match line.strip_suffix(b"\r\n") {
            Some(line) => hasher.update([line, b"\n"].concat()),
            None => hasher.update(line),
        }
    }
    hex(&hasher.finalize())
}

/// `1 file`, `2 files`.
pub fn count(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// The items in a sentence: `a`, `a and b`, `a, b and c`.
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Whether a text continues on a new line after `c` (Unicode's mandatory breaks).
pub fn is_line_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// The maximum that [`printable`] shows.
const MOST_CHARACTERS: usize = 400;

/// An untrusted text on one line, shortened, without terminal control sequences and bidirectional
/// formatting characters.
pub fn printable(text: &str) -> String {
    let is_disorder = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut shown = String::new();
    for (index, c) in text.chars().enumerate() {
        if index == MOST_CHARACTERS {
            shown.push('…');
            break;
        }
        if c.is_control() || is_disorder(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// A path as a word of this machine's shell, quoted if needed.
pub fn shell_word(path: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-:\\".contains(c);
    if path.chars().all(is_plain) {
        path.to_owned()
    } else if cfg!(windows) {
        format!("\"{path}\"")
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_two_significant_digits_and_a_unit() {
        let sizes = [0, 853, 999_500, 1_400_000, 120_000_000].map(size);
        assert_eq!(sizes, ["0 B", "853 B", "1.0 MB", "1.4 MB", "120 MB"]);
    }

    #[test]
    fn a_misspelling_is_recognized_and_a_different_word_is_not() {
        assert_eq!(nearest("titel", ["title", "vendor"]), Some("title"));
        assert_eq!(nearest("colour", ["title", "vendor"]), None);
    }

    #[test]
    fn an_untrusted_text_cannot_control_the_terminal() {
        assert_eq!(printable("a\u{1b}[2J\nb\u{202e}c"), "a\\u{1b}[2J\\u{a}b\\u{202e}c");
        assert_eq!(printable(&"é".repeat(500)).chars().count(), MOST_CHARACTERS + 1);
    }

    #[test]
    fn lists_end_with_and() {
        let words = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(list(&words), "a, b and c");
        assert_eq!(list(&words[..1]), "a");
    }
}
