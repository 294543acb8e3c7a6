//! A directory with an OCI image layout.

use std::fs::File;
use std::io::{self, Read};

use camino::{Utf8Path, Utf8PathBuf};

use super::error::ReadError;
use super::limits::{Limits, TooLarge};
use super::store::Blobs;
use crate::files::{self, IoContext};
use crate::oci::Descriptor;
use crate::oci::layout::blob_path;

/// An OCI image layout.
pub(super) struct LayoutDirectory {
    root: Utf8PathBuf,
}

impl LayoutDirectory {
    pub fn new(root: &Utf8Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// A document with a fixed name; `None` if the file does not exist.
    pub fn document(&self, name: &str, limits: &Limits) -> Result<Option<Vec<u8>>, ReadError> {
        let path = self.root.join(name);
        let Some(file) = open(&path)? else { return Ok(None) };
        let mut bytes = Vec::new();
        let limit = limits.document;
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes).doing("read", &path)?;
        if bytes.len() as u64 > limit {
            return Err(ReadError::too_large(name, TooLarge::Document(limit)));
        }
        Ok(Some(bytes))
    }
}

impl Blobs for LayoutDirectory {
    fn place(&self) -> &Utf8Path {
        &self.root
    }

    fn open(&self, blob: &Descriptor) -> Result<Option<Box<dyn Read + '_>>, ReadError> {
        let file = open(&self.root.join(blob_path(blob.digest)))?;
        Ok(file.map(|file| Box::new(file) as Box<dyn Read>))
    }
}

/// `None` if the file does not exist. Other types are excluded because opening a pipe could block.
fn open(path: &Utf8Path) -> Result<Option<File>, files::Error> {
    match path.metadata() {
        Ok(metadata) if metadata.is_file() => files::open(path).map(Some),
        Ok(_) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).doing("read", path),
    }
}
