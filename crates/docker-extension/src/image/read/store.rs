//! Storage of an image's blobs, and checked reading: everything that a descriptor promises is checked.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Mutex, PoisonError};

use camino::Utf8Path;
use sha2::{Digest as _, Sha256};

use super::error::{Broken, ReadError, ReadFailure};
use super::limits::{Limits, TooLarge};
use crate::interrupt;
use crate::oci::{Descriptor, Digest, InvalidDocument};
use crate::progress::Step;

/// The storage of an image's blobs.
pub(super) trait Blobs: Send + Sync {
    /// The file, directory or registry, for messages.
    fn place(&self) -> &Utf8Path;

    /// The unchecked bytes of a blob; `None` if it is missing.
    fn open(&self, blob: &Descriptor) -> Result<Option<Box<dyn Read + '_>>, ReadError>;

    /// Fetches blobs that will be opened, if that takes long.
    fn fetch(&self, _blobs: &[Descriptor], _step: &Step<'_>) -> Result<(), ReadError> {
        Ok(())
    }
}

/// The name of a part of an image in messages: `layer sha256:…`.
pub(super) fn name(what: &str, blob: &Descriptor) -> String {
    format!("{what} {}", blob.digest)
}

/// Reads a blob with `read`, and checks it against its descriptor.
pub(super) fn read<T>(
    blobs: &dyn Blobs,
    what: &str,
    blob: &Descriptor,
    read: impl FnOnce(&mut dyn Read) -> Result<T, ReadFailure>,
) -> Result<T, ReadError> {
    let name = name(what, blob);
    let Some(source) = blobs.open(blob)? else {
        return Err(ReadError::broken(name, Broken::Missing));
    };
    let mut source = VerifiedReader::new(source, blob);
    let outcome = read(&mut source);
    interrupt::check()?;
    if let Err(ReadFailure::TooLarge(limit)) = outcome {
        return Err(ReadError::too_large(name, limit));
    }
    // Only part of a blob, or another blob, will hardly be valid.
    let checked = source.check();
    match (checked, outcome) {
        (Err(failure), _) => Err(failure.at(name, blobs.place())),
        // If the blob could be read completely, the error is a fault of its content.
        (Ok(()), Err(ReadFailure::Io(error))) => {
            Err(ReadError::broken(name, Broken::Compression(error.to_string())))
        }
        (Ok(()), Err(failure)) => Err(failure.at(name, blobs.place())),
        (Ok(()), Ok(read)) => Ok(read),
    }
}

/// Reads a JSON document.
pub(super) fn document<T>(
    blobs: &dyn Blobs,
    what: &str,
    blob: &Descriptor,
    limits: &Limits,
    parse: impl FnOnce(&[u8]) -> Result<T, InvalidDocument>,
) -> Result<T, ReadError> {
    if blob.size > limits.document {
        return Err(ReadError::too_large(name(what, blob), TooLarge::Document(limits.document)));
    }
    let bytes = read(blobs, what, blob, |source| {
        let mut bytes = Vec::new();
        source.read_to_end(&mut bytes)?;
        Ok(bytes)
    })?;
    parse(&bytes).map_err(|reason| ReadError::broken(name(what, blob), reason))
}

/// Reads a blob up to the size in its descriptor, and checks size and digest.
struct VerifiedReader<'a, R> {
    source: R,
    blob: &'a Descriptor,
    hasher: Sha256,
    size: u64,
    /// The error of the source; a decompressor in between would hide it.
    failed: Option<io::Error>,
}

impl<'a, R: Read> VerifiedReader<'a, R> {
    fn new(source: R, blob: &'a Descriptor) -> Self {
        Self { source, blob, hasher: Sha256::new(), size: 0, failed: None }
    }

    fn check(mut self) -> Result<(), ReadFailure> {
        if self.failed.is_none() {
            // `failed` keeps the error.
            let _ = io::copy(&mut self, &mut io::sink());
        }
        if let Some(error) = self.failed {
            return Err(error.into());
        }
        let (expected, found) = (self.blob.size, self.size);
        if expected != found {
            return Err(Broken::Size { expected, found }.into());
        }
        match Digest::finish(self.hasher) {
            found if found != self.blob.digest => Err(Broken::Digest { found }.into()),
            _ => Ok(()),
        }
    }
}

impl<R: Read> Read for VerifiedReader<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // One byte more, to detect that the blob is too long.
        let left = self.blob.size.saturating_add(1).saturating_sub(self.size);
        let wanted = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        match self.source.read(&mut buffer[..wanted]) {
            Ok(read) => {
                self.size += read as u64;
                self.hasher.update(&buffer[..read]);
                Ok(read)
            }
            Err(error) => {
                let (kind, shown) = (error.kind(), error.to_string());
                self.failed = Some(error);
                Err(io::Error::new(kind, shown))
            }
        }
    }
}

/// A file that several readers share.
#[derive(Debug)]
pub(super) struct Shared<R>(Mutex<R>);

/// A part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Section {
    /// The offset in bytes.
    pub start: u64,
    /// In bytes.
    pub size: u64,
}

impl<R: Read + Seek> Shared<R> {
    pub fn new(file: R) -> Self {
        Self(Mutex::new(file))
    }

    /// The bytes of a part of the file.
    pub fn section(&self, section: Section) -> SectionReader<'_, R> {
        SectionReader { file: self, at: section.start, left: section.size }
    }

    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        // A panic does not leave the file in an invalid state.
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(at))?;
        file.read(buffer)
    }
}

/// Reads a part of a file.
pub(super) struct SectionReader<'a, R> {
    file: &'a Shared<R>,
    at: u64,
    left: u64,
}

impl<R: Read + Seek> Read for SectionReader<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let read = self.file.read_at(self.at, &mut buffer[..wanted])?;
        self.at += read as u64;
        self.left -= read as u64;
        Ok(read)
    }
}
