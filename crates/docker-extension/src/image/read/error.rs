//! Errors of reading an image.

use std::io;

use camino::Utf8Path;

use super::limits::TooLarge;
use crate::error::Error;
use crate::files;
use crate::interrupt::{self, Interrupted};
use crate::oci::{Digest, InvalidDocument, MediaType};

#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The image is invalid. Validation reports it as a finding.
    #[error("{place} is invalid: {reason}")]
    Broken {
        /// The part of the image: `layer sha256:…`, `index.json`.
        place: String,
        reason: Broken,
    },
    /// The image exceeds a limit. Validation reports it as a finding.
    #[error("{place} is too large: {limit}")]
    TooLarge {
        /// The part of the image.
        place: String,
        limit: TooLarge,
    },
    /// The image does not exist, or can't be reached.
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
                .help("make the image smaller; extensions usually have a few hundred megabytes"),
        }
    }
}

/// Why a part of an image is invalid.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// It is neither an OCI layout nor the output of `docker save`.
    #[error("it contains neither `index.json` nor `manifest.json`")]
    NoImage,
    /// Its format has been obsolete since 2016.
    #[error("it is in the format of Docker before 1.10, which engines no longer support")]
    Ancient,
    #[error("its digest is {found}")]
    Digest { found: Digest },
    /// The digest of the unpacked layer is not the one in the configuration.
    #[error("its unpacked digest is {found}, but the configuration lists {expected}")]
    DiffId { expected: Digest, found: Digest },
    #[error("it lists {listed} layers, but the manifest lists {layers}")]
    LayerCount { listed: usize, layers: usize },
    /// Its size differs from the size in its descriptor.
    #[error("its size is {found} bytes, expected {expected}")]
    Size {
        /// The size in the descriptor.
        expected: u64,
        /// The size of the part that was read.
        found: u64,
    },
    #[error("it is truncated")]
    Truncated,
    #[error("it is not a valid tar file: it has {0}")]
    NotATar(&'static str),
    #[error("it contains a sparse file, which is not supported")]
    Sparse,
    #[error("it can't be decompressed: {0}")]
    Compression(String),
    /// It has a compression that image layers don't use.
    #[error("it is compressed with {0}, which is not allowed for image layers")]
    UnknownCompression(&'static str),
    /// Its media type does not match its use.
    #[error("its media type `{0}` is not one of a runnable image")]
    MediaType(MediaType),
    /// It is a layer that registries don't store.
    #[error("it is not stored in the image (media type `{0}`)")]
    Foreign(MediaType),
    #[error(transparent)]
    Document(#[from] InvalidDocument),
    /// It is a document of another kind, or an empty one.
    #[error("{0}")]
    Unexpected(&'static str),
    /// It is about an image.
    #[error("it is an attestation, a signature or another artifact, not an image")]
    Attestation,
    #[error("it is missing")]
    Missing,
    #[error("all variants that it lists are missing")]
    NoVariant,
}

impl ReadError {
    pub(super) fn broken(place: impl Into<String>, reason: impl Into<Broken>) -> Self {
        ReadError::Broken { place: place.into(), reason: reason.into() }
    }

    pub(super) fn too_large(place: impl Into<String>, limit: TooLarge) -> Self {
        ReadError::TooLarge { place: place.into(), limit }
    }

    /// Whether a listed part of the image is missing.
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, ReadError::Broken { reason: Broken::Missing, .. })
    }
}

/// Why a part of an image can't be read, before the part's name is known.
#[derive(Debug)]
pub(super) enum ReadFailure {
    Broken(Broken),
    TooLarge(TooLarge),
    /// Caused by the disk or, if the bytes come from a decompressor, by the bytes.
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
    /// Errors of these readers are wrapped in an `io::Error`.
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
    /// Adds the name of the part, `place`, and the file that contains it, `path`.
    pub fn at(self, place: impl Into<String>, path: impl AsRef<Utf8Path>) -> ReadError {
        match (interrupt::check(), self) {
            (Err(interrupted), _) => interrupted.into(),
            (Ok(()), ReadFailure::Broken(reason)) => ReadError::broken(place, reason),
            (Ok(()), ReadFailure::TooLarge(limit)) => ReadError::too_large(place, limit),
            (Ok(()), ReadFailure::Io(error)) => files::error("read", path, error).into(),
        }
    }
}
