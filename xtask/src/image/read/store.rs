//! Where an image's blobs are: an archive, or a folder with an OCI image layout.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::layer::bounded;
use super::{Error, limits};
use crate::files;
use crate::interrupt::Interruptible;

/// Something that can be read from any place.
pub(super) trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

/// The bytes of an archive.
#[derive(Clone, Debug)]
pub(super) enum Bytes {
    File(Utf8PathBuf),
    Memory(Arc<[u8]>),
}

impl Bytes {
    fn open(&self) -> files::Result<Box<dyn ReadSeek>> {
        Ok(match self {
            Bytes::File(path) => Box::new(files::open(path)?),
            Bytes::Memory(bytes) => Box::new(Cursor::new(Arc::clone(bytes))),
        })
    }
}

/// Files by name.
#[derive(Debug)]
pub(super) enum Store {
    /// In a tar file: where each file's content is, and how long.
    Archive { bytes: Bytes, files: BTreeMap<String, (u64, u64)> },
    /// In a folder.
    Folder(Utf8PathBuf),
}

impl Store {
    /// Lists what is in a tar file.
    ///
    /// # Errors
    /// It can't be opened, or is no tar file.
    pub fn archive(bytes: Bytes, name: &Utf8Path) -> Result<Self, Error> {
        let listed = list(BufReader::new(bytes.open()?));
        let no_tar = |_| Error::NoImage { path: name.to_owned(), reason: "it is no tar file" };
        Ok(Store::Archive { files: listed.map_err(no_tar)?, bytes })
    }

    /// Opens a file; none where there is none.
    pub fn open(&self, name: &str) -> Result<Option<Box<dyn Read>>, Error> {
        match self {
            Store::Archive { bytes, files } => {
                let Some((start, size)) = files.get(name) else { return Ok(None) };
                let mut archive = bytes.open()?;
                archive
                    .seek(SeekFrom::Start(*start))
                    .map_err(|error| Error::unreadable(name, &error))?;
                Ok(Some(Box::new(Interruptible(archive).take(*size))))
            }
            Store::Folder(folder) => {
                let path = folder.join(name);
                // A pipe or a device would be read for ever.
                if !path.is_file() {
                    return Ok(None);
                }
                Ok(Some(Box::new(Interruptible(files::open(&path)?))))
            }
        }
    }

    /// The whole of a small file.
    pub fn document(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let Some(mut file) = self.open(name)? else { return Ok(None) };
        bounded(&mut file, limits::DOCUMENT, "it is larger than 4 MiB")
            .map(Some)
            .map_err(|error| Error::unreadable(name, &error))
    }
}

/// Where each file of a tar file is. None that an image has has a long name, so these are left out.
fn list(archive: impl Read + Seek) -> io::Result<BTreeMap<String, (u64, u64)>> {
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(archive).entries_with_seek()?.raw(true) {
        let entry = entry?;
        if files.len() >= limits::ENTRIES {
            return Err(io::Error::other("too many files"));
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let name = name.strip_prefix("./").unwrap_or(&name).to_owned();
        if entry.header().entry_type().is_file() {
            files.insert(name, (entry.raw_file_position(), entry.size()));
        }
    }
    Ok(files)
}
