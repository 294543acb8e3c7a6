//! Reading what a file says of itself without believing it: bounds for texts and lists.

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
