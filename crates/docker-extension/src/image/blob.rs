//! Blobs that are written: bytes that go by their digest.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::oci::{Descriptor, Digest, MediaType, to_json};

/// Bytes, and where they are kept until they stand in the archive.
#[derive(Debug)]
pub(super) enum BlobContent {
    /// A document.
    Memory(Vec<u8>),
    /// A layer: a file without a name, which is gone when it is closed, however the process ends.
    Disk(File),
}

/// The blobs of an image, each once, in the order of their digests.
#[derive(Debug, Default)]
pub(super) struct NewBlobs(BTreeMap<Digest, (u64, BlobContent)>);

impl NewBlobs {
    /// Adds a blob, unless an equal one is there.
    pub fn add(&mut self, descriptor: &Descriptor, content: BlobContent) {
        self.0.entry(descriptor.digest).or_insert((descriptor.size, content));
    }

    /// Adds a document as JSON, and describes it.
    pub fn add_json(&mut self, media_type: MediaType, document: &impl Serialize) -> Descriptor {
        let bytes = to_json(document);
        let descriptor = Descriptor::new(media_type, Digest::of(&bytes), bytes.len() as u64);
        self.add(&descriptor, BlobContent::Memory(bytes));
        descriptor
    }

    /// Digest, size and content of each blob.
    pub fn into_iter(self) -> impl Iterator<Item = (Digest, u64, BlobContent)> {
        self.0.into_iter().map(|(digest, (size, content))| (digest, size, content))
    }
}

/// Hashes and counts what is written through it.
pub(super) struct Hashing<W> {
    inner: W,
    hasher: Sha256,
    size: u64,
}

impl<W: Write> Hashing<W> {
    pub fn new(inner: W) -> Self {
        Self { inner, hasher: Sha256::new(), size: 0 }
    }

    /// The writer below, the digest, and the number of bytes.
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
