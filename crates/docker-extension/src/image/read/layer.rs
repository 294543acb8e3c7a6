//! Reads a layer sequentially: once for its entries, and again for the contents of the requested files.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::error::{Broken, ReadFailure};
use super::limits::{Budget, TooLarge};
use super::oddity::OddityKind;
use super::tar::{Skip, TarEntry, TarKind, TarReader};
use super::unpack::unpack;
use crate::files::BUFFER;
use crate::oci::Digest;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileContent {
    Whole(Vec<u8>),
    /// It exceeds the caller's limit of memory.
    TooLarge {
        /// In bytes.
        size: u64,
    },
}

/// The entries of a layer.
#[derive(Debug)]
pub(super) struct LayerIndex {
    pub entries: Vec<LayerEntry>,
    /// The digest of the uncompressed layer.
    pub diff_id: Digest,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LayerEntry {
    /// In the layer's spelling.
    pub path: String,
    pub kind: EntryKind,
    pub mode: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum EntryKind {
    Directory,
    File {
        size: u64,
        content: Digest,
    },
    Symlink(Arc<str>),
    HardLink(String),
    Special,
    /// An entry that can't be in a file system.
    Odd(OddityKind),
}

/// Reads all entries of a layer.
pub(super) fn index(compressed: impl Read, budget: &Budget) -> Result<LayerIndex, ReadFailure> {
    let hashed = Unpacked::new(compressed, budget, Some(Sha256::new()))?;
    let mut tar = TarReader::new(hashed, &budget.limits);
    let mut buffer = vec![0; BUFFER];
    let mut entries = Vec::new();
    while let Some(entry) = tar.next()? {
        budget.entry((entry.path.len() + entry.link.len()) as u64)?;
        if entry.path.len().max(entry.link.len()) as u64 > budget.limits.path {
            return Err(TooLarge::Path(budget.limits.path).into());
        }
        let kind = entry_kind(&entry, || {
            let mut hasher = Sha256::new();
            let mut content = tar.content();
            loop {
                match content.read(&mut buffer)? {
                    0 => return Ok(Digest::finish(hasher)),
                    read => hasher.update(&buffer[..read]),
                }
            }
        })?;
        let path = match String::from_utf8(entry.path) {
            Ok(path) => path,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        };
        entries.push(LayerEntry { path, kind, mode: entry.mode });
    }
    let mut rest = tar.into_inner();
    // The digest includes the bytes after the end of the tar file.
    while rest.read(&mut buffer)? > 0 {}
    Ok(LayerIndex { entries, diff_id: rest.digest().unwrap_or(Digest::of(&[])) })
}

fn entry_kind(
    entry: &TarEntry,
    content: impl FnOnce() -> io::Result<Digest>,
) -> io::Result<EntryKind> {
    let is_text = std::str::from_utf8(&entry.path).is_ok();
    let link = std::str::from_utf8(&entry.link).ok().filter(|_| is_text);
    Ok(match (entry.kind, link) {
        (_, None) => EntryKind::Odd(OddityKind::NotUtf8),
        (TarKind::Directory, _) => EntryKind::Directory,
        (TarKind::File, _) => EntryKind::File { size: entry.size, content: content()? },
        (TarKind::Symlink, Some(target)) => EntryKind::Symlink(target.into()),
        (TarKind::HardLink, Some(target)) => EntryKind::HardLink(target.to_owned()),
        (TarKind::Special, _) => EntryKind::Special,
        (TarKind::Unknown(byte), _) => EntryKind::Odd(OddityKind::UnknownType(byte)),
    })
}

/// Passes the contents of the entries with these numbers to `sink`. Reads no more of the layer than
/// necessary.
pub(super) fn contents(
    compressed: impl Read,
    wanted: &BTreeMap<u32, Digest>,
    largest: u64,
    budget: &Budget,
    mut sink: impl FnMut(Digest, FileContent),
) -> Result<(), ReadFailure> {
    let mut tar = TarReader::new(Unpacked::new(compressed, budget, None)?, &budget.limits);
    let mut at = 0;
    for (number, id) in wanted {
        let mut entry = tar.next()?.ok_or(Broken::Truncated)?;
        while at < *number {
            entry = tar.next()?.ok_or(Broken::Truncated)?;
            at += 1;
        }
        at += 1;
        if entry.size > largest {
            sink(*id, FileContent::TooLarge { size: entry.size });
            continue;
        }
        let mut content = Vec::new();
        tar.content().read_to_end(&mut content)?;
        sink(*id, FileContent::Whole(content));
    }
    Ok(())
}

/// A layer, decompressed; hashed if its digest is required.
struct Unpacked<'a> {
    source: Box<dyn Read + 'a>,
    budget: &'a Budget,
    hasher: Option<Sha256>,
}

impl<'a> Unpacked<'a> {
    fn new(
        compressed: impl Read + 'a,
        budget: &'a Budget,
        hasher: Option<Sha256>,
    ) -> io::Result<Self> {
        Ok(Self { source: unpack(compressed)?, budget, hasher })
    }

    fn digest(self) -> Option<Digest> {
        self.hasher.map(Digest::finish)
    }
}

impl Read for Unpacked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.budget.unpack(read as u64).map_err(io::Error::other)?;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&buffer[..read]);
        }
        Ok(read)
    }
}

impl Skip for Unpacked<'_> {
    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let skipped = io::copy(&mut self.take(bytes), &mut io::sink())?;
        if skipped < bytes { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }
}
