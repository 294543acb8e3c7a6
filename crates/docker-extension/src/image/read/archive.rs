//! A tar file that contains an image.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use camino::{Utf8Path, Utf8PathBuf};

use super::error::{Broken, ReadError, ReadFailure};
use super::limits::{Budget, LINKS, Limits, TooLarge};
use super::path;
use super::store::{Blobs, Section, Shared};
use super::tar::{Skip, TarKind, TarReader};
use super::unpack::{is_compressed, unpack};
use crate::files::{self, BUFFER};
use crate::interrupt::Interruptible;
use crate::oci::layout::blob_path;
use crate::oci::{Descriptor, Digest};

/// The entries of a tar file, by name.
pub(in crate::image) struct ImageArchive<R> {
    path: Utf8PathBuf,
    file: Shared<R>,
    entries: BTreeMap<String, EntryPlace>,
    /// Blobs whose names differ from those in an OCI layout.
    named: BTreeMap<Digest, Section>,
}

/// Where the content of an entry is.
enum EntryPlace {
    Here(Section),
    /// Old versions of `docker save` stored equal layers once, with links to them.
    At(String),
}

impl<R: Read + Seek> ImageArchive<R> {
    /// Indexes the entries of the tar file `file`; `path` is its name in messages.
    pub fn new(mut file: R, path: &Utf8Path, limits: &Limits) -> Result<Self, ReadError> {
        let entries =
            entries(&mut file, limits).map_err(|failure| failure.at(path.as_str(), path))?;
        let (path, file) = (path.to_owned(), Shared::new(file));
        Ok(Self { path, file, entries, named: BTreeMap::new() })
    }

    /// A document with a fixed name; `None` if the archive does not contain it.
    pub fn document(&self, name: &str, limits: &Limits) -> Result<Option<Vec<u8>>, ReadError> {
        let Some(section) = self.section(name) else { return Ok(None) };
        if section.size > limits.document {
            return Err(ReadError::too_large(name, TooLarge::Document(limits.document)));
        }
        let mut bytes = Vec::new();
        let read = self.file.section(section).read_to_end(&mut bytes);
        read.map_err(|error| ReadFailure::from(error).at(name, &*self.path))?;
        Ok(Some(bytes))
    }

    /// Registers the entry `name` as a blob about which nothing else is known.
    pub fn name_blob(&mut self, name: &str) -> Result<(Digest, u64), ReadError> {
        let section = self.section(name).ok_or_else(|| ReadError::broken(name, Broken::Missing))?;
        let (digest, size) = Digest::of_rest(Interruptible(self.file.section(section)))
            .map_err(|error| ReadFailure::from(error).at(name, &*self.path))?;
        self.named.insert(digest, section);
        Ok((digest, size))
    }

    fn section(&self, name: &str) -> Option<Section> {
        let mut name = name;
        for _ in 0..LINKS {
            match self.entries.get(name)? {
                EntryPlace::Here(section) => return Some(*section),
                EntryPlace::At(target) => name = target,
            }
        }
        None
    }
}

impl<R: Read + Seek + Send> Blobs for ImageArchive<R> {
    fn place(&self) -> &Utf8Path {
        &self.path
    }

    fn open(&self, blob: &Descriptor) -> Result<Option<Box<dyn Read + '_>>, ReadError> {
        let section = || self.section(&blob_path(blob.digest));
        let section = self.named.get(&blob.digest).copied().or_else(section);
        let open = |section| Box::new(self.file.section(section)) as Box<dyn Read + '_>;
        Ok(section.map(open))
    }
}

fn entries<R: Read + Seek>(
    file: &mut R,
    limits: &Limits,
) -> Result<BTreeMap<String, EntryPlace>, ReadFailure> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(0))?;
    let budget = Budget::new(*limits);
    let mut tar = TarReader::new(Seeking { file, at: 0, length }, limits);
    let mut entries = BTreeMap::new();
    while let Some(entry) = tar.next()? {
        budget.entry((entry.path.len() + entry.link.len()) as u64)?;
        let texts = (std::str::from_utf8(&entry.path), std::str::from_utf8(&entry.link));
        let (Ok(name), Ok(link)) = texts else { continue };
        let Some(parts) = path::parts(name) else { continue };
        let place = match entry.kind {
            TarKind::File => {
                EntryPlace::Here(Section { start: tar.get_ref().at, size: entry.size })
            }
            TarKind::HardLink => EntryPlace::At(joined(path::parts(link))),
            TarKind::Symlink => {
                let directory =
                    parts.split_last().map_or(&[][..], |(_, directory)| directory).join("/");
                EntryPlace::At(joined(path::parts(&format!("{directory}/{link}"))))
            }
            _ => continue,
        };
        entries.insert(parts.join("/"), place);
    }
    Ok(entries)
}

/// Returns the empty name, which no entry has, if the path leaves the archive.
fn joined(parts: Option<Vec<&str>>) -> String {
    parts.unwrap_or_default().join("/")
}

/// A file, in which skipping is cheap.
struct Seeking<'a, R> {
    file: &'a mut R,
    at: u64,
    length: u64,
}

impl<R: Read> Read for Seeking<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl<R: Read + Seek> Skip for Seeking<'_, R> {
    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let at = self.at.checked_add(bytes).filter(|at| *at <= self.length);
        self.at = at.ok_or(io::ErrorKind::UnexpectedEof)?;
        if bytes > 0 {
            self.file.seek(SeekFrom::Start(self.at))?;
        }
        Ok(())
    }
}

/// Opens the file `path`; if it is compressed, the result is a temporary file with its content.
pub(super) fn open(path: &Utf8Path, limits: &Limits) -> Result<File, ReadError> {
    let mut file = files::open(path)?;
    let read_error = |error| ReadFailure::from(error).at(path.as_str(), path);
    let is_compressed = is_compressed(&mut file).map_err(read_error)?;
    file.rewind().map_err(read_error)?;
    if !is_compressed {
        return Ok(file);
    }
    let mut unpacked = files::temporary()?;
    let limit = limits.stored;
    let mut source = unpack(file).map_err(read_error)?.take(limit.saturating_add(1));
    let size = copy(&mut source, &mut unpacked, path)?;
    if size > limit {
        return Err(ReadError::too_large(path.as_str(), TooLarge::Stored(limit)));
    }
    Ok(unpacked)
}

/// Copies the decompressed bytes. A read error means invalid compression, which is a fault of the
/// archive.
fn copy(source: &mut impl Read, target: &mut File, path: &Utf8Path) -> Result<u64, ReadError> {
    let mut buffer = vec![0; BUFFER];
    let mut size = 0;
    loop {
        let read = match source.read(&mut buffer) {
            Ok(0) => return Ok(size),
            Ok(read) => read,
            Err(error) => {
                let failure = match ReadFailure::from(error) {
                    ReadFailure::Io(error) => Broken::Compression(error.to_string()).into(),
                    failure => failure,
                };
                return Err(failure.at(path.as_str(), path));
            }
        };
        target
            .write_all(&buffer[..read])
            .map_err(|error| files::error("write", "a temporary file", error))?;
        size += read as u64;
    }
}
