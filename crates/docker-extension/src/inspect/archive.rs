//! Archives and compressed files, by their first bytes.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveFormat {
    Zip,
    Gzip,
    Xz,
    Zstandard,
    Bzip2,
    SevenZip,
    Tar,
}

/// The magic numbers at the start of a file.
const MAGIC: [(&[u8], ArchiveFormat); 7] = [
    (b"PK\x03\x04", ArchiveFormat::Zip),
    (b"PK\x05\x06", ArchiveFormat::Zip),
    (b"\x1f\x8b", ArchiveFormat::Gzip),
    (b"\xfd7zXZ\0", ArchiveFormat::Xz),
    (b"\x28\xb5\x2f\xfd", ArchiveFormat::Zstandard),
    (b"BZh", ArchiveFormat::Bzip2),
    (b"7z\xbc\xaf\x27\x1c", ArchiveFormat::SevenZip),
];

/// The place of the magic number in the header of the first entry of a tar archive.
const TAR_MAGIC: usize = 257;

pub(super) fn format(bytes: &[u8]) -> Option<ArchiveFormat> {
    if bytes.get(TAR_MAGIC..).is_some_and(|rest| rest.starts_with(b"ustar")) {
        return Some(ArchiveFormat::Tar);
    }
    MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, format)| *format)
}

impl fmt::Display for ArchiveFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ArchiveFormat::Zip => "zip archive",
            ArchiveFormat::Gzip => "gzip file",
            ArchiveFormat::Xz => "xz file",
            ArchiveFormat::Zstandard => "zstd file",
            ArchiveFormat::Bzip2 => "bzip2 file",
            ArchiveFormat::SevenZip => "7z archive",
            ArchiveFormat::Tar => "tar archive",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_are_recognized_by_their_magic_number() {
        let mut tar = vec![0; 512];
        tar[TAR_MAGIC..TAR_MAGIC + 5].copy_from_slice(b"ustar");
        assert_eq!(format(&tar), Some(ArchiveFormat::Tar));
        assert_eq!(format(b"\x1f\x8b\x08\0"), Some(ArchiveFormat::Gzip));
        assert_eq!(format(b"PK\x03\x04\0"), Some(ArchiveFormat::Zip));
        assert_eq!(format(b"\0\0\0"), None);
        assert_eq!(format(b""), None);
    }
}
