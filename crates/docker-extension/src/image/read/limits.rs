//! Limits for reading an image: every bound on what is read.
//!
//! Images are untrusted, and every size in them may be wrong. With [`Limits::DEFAULT`], reading an image
//! takes at most a gigabyte of memory, most of it for the names of a million files, and nine gigabytes of
//! disk, in unnamed temporary files. The comments give the reason for each limit.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::text;

/// The limits of reading one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a JSON document: index, manifest or configuration. Registries don't accept larger manifests
    /// than these 4 MiB.
    pub document: u64,
    /// Variants in an index. Official images have about ten.
    pub variants: u64,
    /// Layers of a variant. Docker creates at most 127.
    pub layers: u64,
    /// Bytes of all stored blobs, which a download writes to the disk. Extensions have a few hundred
    /// megabytes.
    pub stored: u64,
    /// Bytes of all uncompressed layers, each counted once. They are streamed, so this limits the time.
    pub unpacked: u64,
    /// Files, directories and links of all variants together, and entries of an archive. Each takes about
    /// 250 bytes of memory.
    pub entries: u64,
    /// Bytes of all paths and link targets together.
    pub names: u64,
    /// Bytes of one path; Linux does not open longer ones.
    pub path: u64,
    /// Bytes of the extended headers of one tar entry: the limit of Go's reader, and therefore of Docker.
    pub header: u64,
    /// Path components that are followed because of symbolic links to directories. Links to links make
    /// short names expensive.
    pub link_steps: u64,
}

const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;

impl Limits {
    /// The limits of every command.
    pub const DEFAULT: Limits = Limits {
        document: 4 * MIB,
        variants: 32,
        layers: 512,
        stored: 8 * GIB,
        unpacked: 16 * GIB,
        entries: 1_000_000,
        names: 64 * MIB,
        path: 4096,
        header: MIB,
        link_steps: 20_000_000,
    };
}

/// The largest file that is inspected, in bytes: host binaries are read into memory one at a time.
pub const LARGEST_FILE: u64 = 256 * MIB;

/// The largest `metadata.json`, in bytes. Real ones have a few hundred.
pub const LARGEST_METADATA: u64 = MIB;

/// The maximum number of symbolic links in a path, which is Linux's limit.
pub const LINKS: u32 = 40;

/// The largest window of a zstd frame, which its decoder keeps in memory, in bytes: the 8 MiB that
/// RFC 8878 recommends for every decoder, times 16 for `zstd --ultra`.
pub(super) const ZSTD_WINDOW: u64 = 128 * MIB;

/// The number of layers that are unpacked in parallel; each may take [`ZSTD_WINDOW`] and more.
pub(super) const UNPACKED_AT_ONCE: usize = 2;

/// The number of anomalies that are kept per variant: more than a user reads.
pub(super) const ODDITIES: usize = 100;

/// Which limit was exceeded, with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooLarge {
    /// [`Limits::document`].
    #[error("it is larger than {}, the limit for documents", text::size(*.0))]
    Document(u64),
    /// [`Limits::variants`].
    #[error("it has more than {0} variants")]
    Variants(u64),
    /// [`Limits::layers`].
    #[error("it has more than {0} layers")]
    Layers(u64),
    /// [`Limits::stored`].
    #[error("the image is larger than {}", text::size(*.0))]
    Stored(u64),
    /// [`Limits::unpacked`].
    #[error("the layers of the image unpack to more than {}", text::size(*.0))]
    Unpacked(u64),
    /// [`Limits::entries`].
    #[error("the image has more than {0} files and directories")]
    Entries(u64),
    /// [`Limits::names`].
    #[error("the paths in the image have more than {} in total", text::size(*.0))]
    Names(u64),
    /// [`Limits::path`].
    #[error("a path is longer than {0} bytes")]
    Path(u64),
    /// [`Limits::header`].
    #[error("a header is larger than {}", text::size(*.0))]
    Header(u64),
    /// [`Limits::link_steps`].
    #[error("its symbolic links lead through more than {0} directories")]
    LinkSteps(u64),
}

/// The remaining budget of the limits that all layers share.
#[derive(Debug)]
pub(super) struct Budget {
    pub limits: Limits,
    unpacked: AtomicU64,
    entries: AtomicU64,
    nodes: AtomicU64,
    names: AtomicU64,
}

impl Budget {
    pub fn new(limits: Limits) -> Self {
        let [unpacked, entries, nodes, names] = [const { AtomicU64::new(0) }; 4];
        Self { limits, unpacked, entries, nodes, names }
    }

    /// Accounts for unpacked bytes of a layer.
    pub fn unpack(&self, bytes: u64) -> Result<(), TooLarge> {
        take(&self.unpacked, bytes, self.limits.unpacked).map_err(TooLarge::Unpacked)
    }

    /// Accounts for a node of a variant's tree.
    pub fn node(&self) -> Result<(), TooLarge> {
        take(&self.nodes, 1, self.limits.entries).map_err(TooLarge::Entries)
    }

    /// Accounts for an entry of a layer whose path and link target have this many bytes.
    pub fn entry(&self, names: u64) -> Result<(), TooLarge> {
        take(&self.entries, 1, self.limits.entries).map_err(TooLarge::Entries)?;
        take(&self.names, names, self.limits.names).map_err(TooLarge::Names)
    }
}

/// Adds to the used amount; an error if the sum exceeds `limit`.
fn take(used: &AtomicU64, amount: u64, limit: u64) -> Result<(), u64> {
    let add = |used: u64| used.checked_add(amount).filter(|sum| *sum <= limit);
    used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).map(drop).map_err(|_| limit)
}
