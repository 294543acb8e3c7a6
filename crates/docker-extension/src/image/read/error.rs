//! Why an image can't be read, and what to do about it.

use std::io;

use camino::Utf8Path;

use super::limits::TooLarge;
use crate::error::Error;
use crate::files;
use crate::interrupt::{self, Interrupted};
use crate::oci::{Digest, InvalidDocument, MediaType};

/// An image could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The image is not as it should be: a finding, where it is validated.
    #[error("{place} is broken: {reason}")]
    Broken {
        /// The part of the image: `layer sha256:…`, `index.json`.
        place: String,
        reason: Broken,
    },
    /// The image asks for more than any extension needs: a finding, too.
    #[error("{place} is too large to be read: {limit}")]
    TooLarge {
        /// The part of the image.
        place: String,
        limit: TooLarge,
    },
    /// The image is not there, or is out of reach.
    #[error(transparent)]
    Access(#[from] Error),
}

impl From<Interrupted> for ReadError {
    fn from(interrupted: Interrupted) -> Self {
        Error::from(interrupted).into()
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Access(error) => error,
            broken @ ReadError::Broken { .. } => {
                Error::showing(broken).help("build the image again")
            }
            large @ ReadError::TooLarge { .. } => Error::showing(large)
                .help("make the image smaller: extensions are some hundred megabytes"),
        }
    }
}

/// What is wrong with a part of an image.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// It is neither an OCI layout nor what `docker save` writes.
    #[error("it has neither an `index.json` nor a `manifest.json`, as an image has")]
    NoImage,
    /// It is in a format that Docker has not written since 2016.
    #[error("it is an image of Docker before 1.10, which no engine makes any more")]
    Ancient,
    #[error("it has the digest {found}")]
    Digest { found: Digest },
    /// The unpacked layer is not the one that the configuration lists.
    #[error("it unpacks to {found}, but the configuration lists {expected}")]
    DiffId { expected: Digest, found: Digest },
    #[error("it has {listed} layers, but the manifest has {layers}")]
    LayerCount { listed: usize, layers: usize },
    /// It is shorter or longer than what refers to it says.
    #[error("it has {found} bytes instead of {expected}")]
    Size {
        /// The size in the descriptor.
        expected: u64,
        /// Its size, as far as it was read.
        found: u64,
    },
    #[error("it ends in the middle")]
    Truncated,
    #[error("it is no tar file: it has {0}")]
    NotATar(&'static str),
    #[error("it has a sparse file, which is not understood here")]
    Sparse,
    #[error("it can't be decompressed: {0}")]
    Compression(String),
    /// It is compressed in another way than image layers are.
    #[error("it is compressed with {0}, which image layers must not be")]
    UnknownCompression(&'static str),
    /// Its media type stands for something else than is wanted there.
    #[error("its media type `{0}` is none of an image that can be run")]
    MediaType(MediaType),
    /// It is a layer that is kept elsewhere.
    #[error("it is kept elsewhere (`{0}`), as layers of Windows itself once were")]
    Foreign(MediaType),
    #[error(transparent)]
    Document(#[from] InvalidDocument),
    /// It is a document of another kind, or has nothing in it.
    #[error("{0}")]
    Unexpected(&'static str),
    #[error("it is not there")]
    Missing,
    #[error("none of the variants that it lists is there")]
    NoVariant,
}

impl ReadError {
    pub(super) fn broken(place: impl Into<String>, reason: impl Into<Broken>) -> Self {
        ReadError::Broken { place: place.into(), reason: reason.into() }
    }

    pub(super) fn too_large(place: impl Into<String>, limit: TooLarge) -> Self {
        ReadError::TooLarge { place: place.into(), limit }
    }

    /// Whether a part of the image is listed but not there.
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, ReadError::Broken { reason: Broken::Missing, .. })
    }
}

/// Why a part of an image can't be read, for those who don't know which part it is.
#[derive(Debug)]
pub(super) enum ReadFailure {
    Broken(Broken),
    TooLarge(TooLarge),
    /// The disk's fault or, where the bytes come out of a decompressor, that of the bytes.
    Io(io::Error),
}

impl From<Broken> for ReadFailure {
    fn from(reason: Broken) -> Self {
        ReadFailure::Broken(reason)
    }
}

impl From<TooLarge> for ReadFailure {
    fn from(limit: TooLarge) -> Self {
        ReadFailure::TooLarge(limit)
    }
}

impl From<io::Error> for ReadFailure {
    /// An error of the readers here travels inside of an `io::Error`.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Broken::Truncated.into();
        }
        match error.downcast::<TooLarge>() {
            Ok(limit) => limit.into(),
            Err(error) => match error.downcast::<Broken>() {
                Ok(reason) => reason.into(),
                Err(error) => ReadFailure::Io(error),
            },
        }
    }
}

impl ReadFailure {
    /// The error, where `place` is what could not be read, out of the file `path`.
    pub fn at(self, place: impl Into<String>, path: impl AsRef<Utf8Path>) -> ReadError {
        match (interrupt::check(), self) {
            (Err(interrupted), _) => interrupted.into(),
            (Ok(()), ReadFailure::Broken(reason)) => ReadError::broken(place, reason),
            (Ok(()), ReadFailure::TooLarge(limit)) => ReadError::too_large(place, limit),
            (Ok(()), ReadFailure::Io(error)) => files::error("read", path, error).into(),
        }
    }
}
