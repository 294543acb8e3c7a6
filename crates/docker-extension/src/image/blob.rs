//! Blobs: bytes that go by their SHA-256.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};

use oci_spec::image::{Descriptor, Digest as OciDigest, MediaType, Sha256Digest};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::text::hex;

/// Bytes, and where they are kept until they stand in the archive.
#[derive(Debug)]
pub(super) enum Content {
    /// A document.
    Memory(Vec<u8>),
    /// A layer: a file without a name, which is gone when it is closed, however the process ends.
    Disk(File),
}

/// The blobs of an image, each once, in the order of their digests.
#[derive(Debug, Default)]
pub(super) struct Blobs(BTreeMap<String, (u64, Content)>);

impl Blobs {
    /// Adds a blob, unless an equal one is there.
    pub fn add(&mut self, descriptor: &Descriptor, content: Content) {
        let hash = descriptor.digest().digest().to_owned();
        self.0.entry(hash).or_insert((descriptor.size(), content));
    }

    /// Adds a document as JSON, and describes it.
    pub fn add_json(&mut self, media_type: MediaType, document: &impl Serialize) -> Descriptor {
        let bytes = json(document);
        let digest = digest(Sha256::new_with_prefix(&bytes));
        let descriptor = Descriptor::new(media_type, bytes.len() as u64, digest);
        self.add(&descriptor, Content::Memory(bytes));
        descriptor
    }

    /// Digest in hexadecimal, size and content of each blob.
    pub fn into_iter(self) -> impl Iterator<Item = (String, u64, Content)> {
        self.0.into_iter().map(|(hash, (size, content))| (hash, size, content))
    }
}

/// JSON with sorted keys: oci-spec keeps labels and annotations in maps without an order.
pub(super) fn json(document: &impl Serialize) -> Vec<u8> {
    let mut value = serde_json::to_value(document).expect("OCI documents are plain JSON");
    value.sort_all_objects();
    value.to_string().into_bytes()
}

/// The digest of what was hashed.
pub(super) fn digest(hasher: Sha256) -> OciDigest {
    let hash: Sha256Digest =
        hex(&hasher.finalize()).parse().expect("hexadecimal SHA-256 is a digest");
    hash.into()
}

/// Hashes and counts what is written through it.
pub(super) struct Hashing<W> {
    inner: W,
    hasher: Sha256,
    size: u64,
}

impl<W: Write> Hashing<W> {
    /// A writer to `inner`.
    pub fn new(inner: W) -> Self {
        Self { inner, hasher: Sha256::new(), size: 0 }
    }

    /// The writer below, the digest, and the number of bytes.
    pub fn finish(self) -> (W, OciDigest, u64) {
        (self.inner, digest(self.hasher), self.size)
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
