//! Where an image is to be read from.

use std::io::{Read, copy};
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::NamedTempFile;

use super::store::{Bytes, Store};
use super::{Error, layer, limits};
use crate::files::{self, IoContext};
use crate::process;

/// The prefix by which skopeo and others call images in the local Docker Engine.
const DAEMON: &str = "docker-daemon:";

/// Where an image is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageSource {
    /// In a tar file: an OCI image layout, or what `docker save` writes.
    Archive(Utf8PathBuf),
    /// In a folder with an OCI image layout.
    Layout(Utf8PathBuf),
    /// In the local Docker Engine, under this name.
    Daemon(String),
}

impl ImageSource {
    /// What a person means by `text`, in the folder `here`.
    ///
    /// # Errors
    /// There is nothing of that name.
    pub fn parse(text: &str, here: &Utf8Path) -> Result<Self, Error> {
        if let Some(reference) = text.strip_prefix(DAEMON) {
            return Ok(ImageSource::Daemon(reference.to_owned()));
        }
        let path = here.join(text);
        if path.is_dir() {
            Ok(ImageSource::Layout(path))
        } else if path.is_file() {
            Ok(ImageSource::Archive(path))
        } else {
            Err(Error::NotFound(text.to_owned()))
        }
    }

    /// Opens it. The file is to be kept as long as the store is read from.
    pub(super) fn store(&self) -> Result<(Store, Option<NamedTempFile>), Error> {
        match self {
            ImageSource::Archive(path) => archive(path),
            ImageSource::Layout(path) => {
                if path.join("index.json").is_file() {
                    Ok((Store::Folder(path.clone()), None))
                } else {
                    let reason = "it has no index.json";
                    Err(Error::NoImage { path: path.clone(), reason })
                }
            }
            ImageSource::Daemon(reference) => {
                let file = temporary()?;
                let path = file_path(&file)?;
                let mut save = Command::new("docker");
                save.args(["image", "save", "--output", path.as_str(), "--", reference]);
                process::read(save).map_err(|error| match error {
                    process::Error::Interrupted(interrupted) => Error::Interrupted(interrupted),
                    source => Error::Daemon { reference: reference.clone(), source },
                })?;
                let store = Store::archive(Bytes::File(path.clone()), &path)?;
                Ok((store, Some(file)))
            }
        }
    }
}

/// A tar file; one that is compressed as a whole is unpacked first.
fn archive(path: &Utf8Path) -> Result<(Store, Option<NamedTempFile>), Error> {
    let mut start = [0; 2];
    let is_compressed = files::open(path)?.read_exact(&mut start).is_ok() && start == [0x1f, 0x8b];
    if !is_compressed {
        return Ok((Store::archive(Bytes::File(path.to_owned()), path)?, None));
    }
    let file = temporary()?;
    let mut budget = limits::UNPACKED;
    let unpacked = layer::unpack(files::open(path)?).doing("read", path)?;
    let mut unpacked = layer::Limited { inner: unpacked, budget: &mut budget };
    copy(&mut unpacked, &mut file.as_file()).doing("unpack", path)?;
    let store = Store::archive(Bytes::File(file_path(&file)?), path)?;
    Ok((store, Some(file)))
}

fn temporary() -> files::Result<NamedTempFile> {
    NamedTempFile::new().doing("make a file in", "the folder for temporary files")
}

fn file_path(file: &NamedTempFile) -> files::Result<Utf8PathBuf> {
    Utf8PathBuf::from_path_buf(file.path().to_owned()).map_err(|path| {
        let reason = std::io::Error::other("its path is not UTF-8");
        files::Error::new("use", path.to_string_lossy().into_owned(), reason)
    })
}
