//! Reading what a file says of itself without believing it: bounds for texts and lists, and why it can't be
//! read.

/// Longer names of libraries are those of no real file: macOS allows paths of this length, Windows
/// less, and Linux has none that is longer.
const LONGEST_TEXT: usize = 1024;

/// More entries than any real program's table has. Where entries may share bytes of the file, this
/// is what keeps a small file from taking long.
pub(super) const LONGEST_LIST: usize = 1024;

/// The text at the beginning of `bytes`, up to NUL.
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

/// Whether a section of ELF or PE with this name, which may be longer than that, has DWARF. What tells
/// debuggers of scripts is no part of it, is loaded with the program, and stays when it is stripped.
pub(super) fn is_dwarf(name: &[u8]) -> bool {
    let is_any = [&b".debug_"[..], b".zdebug_"].iter().any(|begin| name.starts_with(begin));
    is_any && !name.starts_with(b".debug_gdb_scripts")
}

/// Why machine code can't be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reason(pub &'static str);

impl Reason {
    /// Something that the system loads is beyond the end of the file.
    pub const CUT_OFF: Self = Self("it is cut off");
}

impl From<object::read::Error> for Reason {
    fn from(_: object::read::Error) -> Self {
        Self("its headers contradict themselves, or it is cut off")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_in_a_stripped_program_is_no_debug_information() {
        assert!(is_dwarf(b".debug_info\0.text") && is_dwarf(b".zdebug_line"));
        assert!(!is_dwarf(b".debug_gdb_scripts") && !is_dwarf(b".text\0.debug_info"));
    }
}
