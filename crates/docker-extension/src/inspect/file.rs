use super::slice::{BinaryFormat, Slice};
use super::text::TextFile;

/// What a file is, by its content alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InspectedFile {
    /// Machine code: at least one slice, and more in universal Mach-O files alone.
    Binary(Vec<Slice>),
    Text(TextFile),
    /// It begins like machine code, but can't be read.
    Damaged {
        format: BinaryFormat,
        /// What is wrong: a clause with a subject.
        reason: &'static str,
    },
    Data,
    Empty,
}

impl InspectedFile {
    /// The only slice, or the first one.
    pub fn slice(&self) -> Option<&Slice> {
        match self {
            InspectedFile::Binary(slices) => slices.first(),
            _ => None,
        }
    }
}
