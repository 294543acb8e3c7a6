use super::archive::ArchiveFormat;
use super::slice::{BinaryFormat, Slice};
use super::text::TextFile;

/// The kind of a file, by its content alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InspectedFile {
    /// Machine code: at least one slice; only universal Mach-O files have several.
    Binary(Vec<Slice>),
    Text(TextFile),
    /// It starts like machine code, but can't be parsed.
    Damaged {
        format: BinaryFormat,
        /// What is wrong: a clause with a subject.
        reason: &'static str,
    },
    Archive(ArchiveFormat),
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
