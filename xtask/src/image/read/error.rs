//! Why an image can't be read.

use std::io;

use camino::Utf8PathBuf;

use crate::interrupt::{self, Interrupted};
use crate::{files, process};

/// An image can't be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is nothing of that name.
    #[error("there is no image `{0}`: no file or folder has that name")]
    NotFound(String),
    /// It is no archive of an image.
    #[error("`{path}` is no image: {reason}")]
    NoImage {
        /// The file or folder.
        path: Utf8PathBuf,
        /// What is missing.
        reason: &'static str,
    },
    /// It holds several images.
    #[error("`{path}` holds {count} images, and one is wanted")]
    Several {
        /// The archive or layout.
        path: Utf8PathBuf,
        /// How many.
        count: usize,
    },
    /// The Docker Engine does not hand it out.
    #[error("Docker has no image `{reference}`, or does not answer")]
    Daemon {
        /// The image's name.
        reference: String,
        /// What Docker says.
        source: process::Error,
    },
    /// A part of the image is damaged, missing, or of a kind that no consumer reads.
    #[error("{part}: {reason}")]
    Broken {
        /// The part.
        part: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file can't be read.
    #[error(transparent)]
    Files(#[from] files::Error),
    /// The person pressed Ctrl-C.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl Error {
    /// The part of the image is broken, for this reason.
    pub(super) fn broken(part: impl Into<String>, reason: impl ToString) -> Self {
        Error::Broken { part: part.into(), reason: reason.to_string() }
    }

    /// The part of the image can't be read, which may be that work was interrupted.
    pub(super) fn unreadable(part: &str, error: &io::Error) -> Self {
        match interrupt::check() {
            Err(interrupted) => interrupted.into(),
            Ok(()) => Self::broken(part, error),
        }
    }

    /// What the person can do.
    pub fn help(&self) -> Option<String> {
        match self {
            Error::NotFound(_) | Error::NoImage { .. } => Some(
                "name an archive (`docker save`, `cargo xtask dist`), a folder with an OCI image \
                 layout, or `docker-daemon:` and the name of an image in the local Docker"
                    .to_owned(),
            ),
            Error::Several { .. } => {
                Some("save the one image alone: `docker save --output FILE IMAGE`".to_owned())
            }
            Error::Daemon { .. } => {
                Some("`docker image ls` lists the images that there are".to_owned())
            }
            Error::Broken { .. } => Some("make the image anew".to_owned()),
            Error::Files(error) => error.help(),
            Error::Interrupted(_) => None,
        }
    }
}
