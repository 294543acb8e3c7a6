//! Classes of characters, which macOS's `<ctype.h>` reads from a table, and locales. Everything is the
//! "C" locale.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;

use super::unsupported;

pub fn find(name: &str) -> Option<*const ()> {
    Some(match name {
        "_DefaultRuneLocale" => (&raw const RUNES).cast(),
        "__maskrune" => mask_rune as *const (),
        "__mb_cur_max" => (&raw const LONGEST_CHARACTER).cast(),
        "__tolower" => libc::tolower as *const (),
        "__toupper" => libc::toupper as *const (),
        "setlocale" => set_locale as *const (),
        _ => return None,
    })
}

const ALPHABETIC: u32 = 0x100;
const CONTROL: u32 = 0x200;
const DIGIT: u32 = 0x400;
const GRAPHIC: u32 = 0x800;
const LOWER: u32 = 0x1000;
const PUNCTUATION: u32 = 0x2000;
const SPACE: u32 = 0x4000;
const UPPER: u32 = 0x8000;
const HEXADECIMAL: u32 = 0x0001_0000;
const BLANK: u32 = 0x0002_0000;
const PRINTABLE: u32 = 0x0004_0000;

static LONGEST_CHARACTER: c_int = 1;

/// The start of macOS's `_RuneLocale`; macros read nothing behind it.
#[repr(C)]
struct Runes {
    magic: [u8; 8],
    encoding: [u8; 32],
    functions: [usize; 2],
    invalid: c_int,
    classes: [u32; 256],
    lower: [c_int; 256],
    upper: [c_int; 256],
}

static RUNES: Runes = runes();

const fn runes() -> Runes {
    let mut runes = Runes {
        magic: *b"RuneMagA",
        encoding: [0; 32],
        functions: [0; 2],
        invalid: 0xfffd,
        classes: [0; 256],
        lower: [0; 256],
        upper: [0; 256],
    };
    let mut number = 0;
    while number < 256 {
        let character = number as u8;
        runes.classes[number] = classes(character);
        runes.lower[number] = character.to_ascii_lowercase() as c_int;
        runes.upper[number] = character.to_ascii_uppercase() as c_int;
        number += 1;
    }
    runes
}

const fn classes(character: u8) -> u32 {
    let is_space = character == b' ' || matches!(character, b'\t'..=b'\r');
    let pairs = [
        (ALPHABETIC, character.is_ascii_alphabetic()),
        (CONTROL, character.is_ascii_control()),
        (DIGIT, character.is_ascii_digit()),
        (GRAPHIC, character.is_ascii_graphic()),
        (LOWER, character.is_ascii_lowercase()),
        (PUNCTUATION, character.is_ascii_punctuation()),
        (SPACE, is_space),
        (UPPER, character.is_ascii_uppercase()),
        (HEXADECIMAL, character.is_ascii_hexdigit()),
        (BLANK, character == b' ' || character == b'\t'),
        (PRINTABLE, character.is_ascii_graphic() || character == b' '),
    ];
    let mut classes = 0;
    let mut index = 0;
    while index < pairs.len() {
        if pairs[index].1 {
            classes |= pairs[index].0;
        }
        index += 1;
    }
    classes
}

/// The classes among `mask` of a character outside ASCII: none.
extern "C" fn mask_rune(character: c_int, mask: u64) -> c_int {
    let index = usize::try_from(character).ok();
    let classes = index.and_then(|index| RUNES.classes.get(index)).copied().unwrap_or(0);
    (classes & mask as u32) as c_int
}

/// Only the "C" locale can be set, or the one that the environment asks for, which is "C" here.
unsafe extern "C" fn set_locale(category: c_int, locale: *const c_char) -> *const c_void {
    // SAFETY: it is null or a C string, as the caller guarantees.
    let wanted = unsafe { locale.as_ref().map(|_| std::ffi::CStr::from_ptr(locale)) };
    match wanted.map(|locale| locale.to_bytes()) {
        None | Some(b"" | b"C" | b"POSIX") => ptr::from_ref(c"C").cast(),
        Some(other) => unsupported("setlocale", (category, String::from_utf8_lossy(other))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The functions of glibc with the same meaning.
    #[test]
    fn every_ascii_character_has_the_classes_of_glibc() {
        type Is = unsafe extern "C" fn(c_int) -> c_int;
        let functions: [(u32, Is); 11] = [
            (ALPHABETIC, libc::isalpha),
            (CONTROL, libc::iscntrl),
            (DIGIT, libc::isdigit),
            (GRAPHIC, libc::isgraph),
            (LOWER, libc::islower),
            (PUNCTUATION, libc::ispunct),
            (SPACE, libc::isspace),
            (UPPER, libc::isupper),
            (HEXADECIMAL, libc::isxdigit),
            (BLANK, libc::isblank),
            (PRINTABLE, libc::isprint),
        ];
        for character in 0..256 {
            for (class, is) in functions {
                // SAFETY: the number is an unsigned character.
                let expected = unsafe { is(character) } != 0;
                assert_eq!(
                    mask_rune(character, class.into()) != 0,
                    expected,
                    "{character} {class:x}"
                );
            }
            // SAFETY: as above.
            let (lower, upper) = unsafe { (libc::tolower(character), libc::toupper(character)) };
            let index = character as usize;
            assert_eq!((RUNES.lower[index], RUNES.upper[index]), (lower, upper));
        }
    }

    #[test]
    fn the_tables_are_where_macros_read_them() {
        assert_eq!(std::mem::offset_of!(Runes, classes), 60);
    }
}
