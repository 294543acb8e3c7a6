//! Helpers for reading untrusted data: limits for strings and lists, and the reasons why data is
//! invalid.

/// The maximum length of a library's name, in bytes. macOS allows paths of this length, Windows has
/// shorter ones, and Linux has none that is longer.
const LONGEST_TEXT: usize = 1024;

/// The maximum number of entries in a table; no real program has as many. Because entries may overlap,
/// this limit keeps small files from taking long.
pub(super) const LONGEST_LIST: usize = 1024;

/// The string at the start of `bytes`, up to NUL.
pub(super) fn text(bytes: &[u8]) -> Option<String> {
    let bytes = bytes.get(..LONGEST_TEXT).unwrap_or(bytes);
    let end = memchr::memchr(0, bytes)?;
    Some(String::from_utf8_lossy(bytes.get(..end)?).into_owned())
}

pub(super) fn text_at(bytes: &[u8], offset: impl Into<u64>) -> Option<String> {
    text(from(bytes, offset)?)
}

pub(super) fn from(bytes: &[u8], offset: impl Into<u64>) -> Option<&[u8]> {
    bytes.get(usize::try_from(offset.into()).ok()?..)
}

/// Whether a section of ELF or PE contains DWARF, by the beginning of its name. The section with
/// the names of debugger scripts does not count: it is loaded with the program, and stays when the
/// program is stripped.
pub(super) fn is_dwarf(name: &[u8]) -> bool {
    let is_any = [&b".debug_"[..], b".zdebug_"].iter().any(|begin| name.starts_with(begin));
    is_any && !name.starts_with(b".debug_gdb_scripts")
}

/// Why machine code is invalid.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reason(pub &'static str);

impl Reason {
    /// A part that the system loads is beyond the end of the file.
    pub const CUT_OFF: Self = Self("it is truncated");
}

impl From<object::read::Error> for Reason {
    fn from(_: object::read::Error) -> Self {
        Self("its headers contradict each other, or it is truncated")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_that_stay_in_a_stripped_program_are_not_debug_information() {
        assert!(is_dwarf(b".debug_info\0.text") && is_dwarf(b".zdebug_line"));
        assert!(!is_dwarf(b".debug_gdb_scripts") && !is_dwarf(b".text\0.debug_info"));
    }
}
