//! The encodings of `.rc` files.

use std::borrow::Cow;
use std::str::FromStr;

/// How bytes that are not ASCII are read, and how texts are written into raw data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodePage {
    Utf8,
    /// Western European, which Windows calls ANSI.
    Windows1252,
}

impl FromStr for CodePage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "65001" => Ok(CodePage::Utf8),
            "1252" | "28591" => Ok(CodePage::Windows1252),
            other => Err(format!(
                "the code page {other} is not supported; save the file as UTF-8 with the line \
                 `#pragma code_page(65001)`"
            )),
        }
    }
}

/// The characters of the bytes 0x80 to 0x9f. The others are those of Unicode.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

impl CodePage {
    pub(super) fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        match self {
            CodePage::Utf8 => String::from_utf8_lossy(bytes),
            CodePage::Windows1252 if bytes.is_ascii() => String::from_utf8_lossy(bytes),
            CodePage::Windows1252 => bytes.iter().map(|byte| character(*byte)).collect(),
        }
    }

    /// Characters that it does not have become question marks.
    pub(super) fn encode(self, character: char, bytes: &mut Vec<u8>) {
        match self {
            CodePage::Utf8 => bytes.extend(character.encode_utf8(&mut [0; 4]).bytes()),
            CodePage::Windows1252 => {
                let high = HIGH.iter().position(|it| *it == character);
                let byte = match (high, u8::try_from(character)) {
                    (Some(index), _) => 0x80 + index as u8,
                    (None, Ok(byte)) => byte,
                    (None, Err(_)) => b'?',
                };
                bytes.push(byte);
            }
        }
    }
}

fn character(byte: u8) -> char {
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte) - 0x80],
        _ => char::from(byte),
    }
}

/// A file in UTF-16, as UTF-8. Visual Studio writes such files.
pub(super) fn without_utf16(file: &[u8]) -> Cow<'_, [u8]> {
    let units = |read: fn([u8; 2]) -> u16| -> Vec<u16> {
        file[2..].chunks_exact(2).map(|pair| read([pair[0], pair[1]])).collect()
    };
    let units = match file {
        [0xff, 0xfe, ..] => units(u16::from_le_bytes),
        [0xfe, 0xff, ..] => units(u16::from_be_bytes),
        _ => return Cow::Borrowed(file),
    };
    Cow::Owned(String::from_utf16_lossy(&units).into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_of_windows_1252_is_a_character_that_is_written_as_this_byte() {
        for byte in 0..=u8::MAX {
            let text = CodePage::Windows1252.decode(&[byte]).into_owned();
            let mut bytes = Vec::new();
            text.chars().for_each(|it| CodePage::Windows1252.encode(it, &mut bytes));
            assert_eq!(bytes, [byte], "{text}");
        }
        assert_eq!(CodePage::Windows1252.decode(&[0x80, 0xe9]), "€é");
    }

    #[test]
    fn utf16_is_read_in_both_byte_orders() {
        assert_eq!(&*without_utf16(b"\xff\xfe1\0 \0\xe9\0"), "1 é".as_bytes());
        assert_eq!(&*without_utf16(b"\xfe\xff\x001\0 \0\xe9"), "1 é".as_bytes());
        assert_eq!(&*without_utf16(b"1"), b"1");
    }
}
