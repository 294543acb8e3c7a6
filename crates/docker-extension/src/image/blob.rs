//! Blobs to be written: bytes that are identified by their digest.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::oci::{Descriptor, Digest, MediaType, to_json};

/// The bytes, and where they are kept until they are in the archive.
#[derive(Debug)]
pub(super) enum BlobContent {
    /// A document.
    Memory(Vec<u8>),
    /// A layer: an unnamed file, which the system deletes when the process ends.
    Disk(File),
}

/// The blobs of an image in the order of their digests, without duplicates.
#[derive(Debug, Default)]
pub(super) struct NewBlobs(BTreeMap<Digest, (u64, BlobContent)>);

impl NewBlobs {
    /// Adds a blob, unless an equal one exists.
    pub fn add(&mut self, descriptor: &Descriptor, content: BlobContent) {
        self.0.entry(descriptor.digest).or_insert((descriptor.size, content));
    }

    /// Adds a document as JSON, and returns its descriptor.
    pub fn add_json(&mut self, media_type: MediaType, document: &impl Serialize) -> Descriptor {
        let bytes = to_json(document);
        let descriptor = Descriptor::new(media_type, Digest::of(&bytes), bytes.len() as u64);
        self.add(&descriptor, BlobContent::Memory(bytes));
        descriptor
    }

    /// The digest, size and content of each blob.
    pub fn into_iter(self) -> impl Iterator<Item = (Digest, u64, BlobContent)> {
        self.0.into_iter().map(|(digest, (size, content))| (digest, size, content))
    }
}

/// Computes the digest and size of the bytes that are written through it.
pub(super) struct Hashing<W> {
    inner: W,
    hasher: Sha256,
    size: u64,
}

impl<W: Write> Hashing<W> {
    pub fn new(inner: W) -> Self {
        Self { inner, hasher: Sha256::new(), size: 0 }
    }

    /// The inner writer, the digest, and the number of bytes.
    pub fn finish(self) -> (W, Digest, u64) {
        (self.inner, Digest::finish(self.hasher), self.size)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
