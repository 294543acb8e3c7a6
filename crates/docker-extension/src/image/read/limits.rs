//! How much an image may ask of the machine that reads it: every bound on what is read of one.
//!
//! An image comes from anywhere, and every size in it may lie. With [`Limits::DEFAULT`] reading one
//! takes at most a gigabyte of memory, most of it for the names of a million files, and nine
//! gigabytes of disk, in temporary files without a name; the text beside each field says why it is
//! as it is.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::text;

/// The limits of reading one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a JSON document: index, manifest or configuration. Registries take no larger
    /// manifests than these 4 MiB.
    pub document: u64,
    /// Variants under an index. Official images have about ten.
    pub variants: u64,
    /// Layers of a variant. Docker makes none with more than 127.
    pub layers: u64,
    /// Bytes of all blobs as they are stored, which is what a download writes to the disk.
    /// Extensions are some hundred megabytes.
    pub stored: u64,
    /// Bytes of all layers without compression, each counted once. They are streamed, so this is
    /// a limit of time.
    pub unpacked: u64,
    /// Files, folders and links of all variants together, and entries of an archive. Each takes
    /// some 250 bytes of memory.
    pub entries: u64,
    /// Bytes of all paths and link targets together.
    pub names: u64,
    /// Bytes of one path; Linux opens none that is longer.
    pub path: u64,
    /// Bytes of the extended headers of one entry of a tar: what Go's reader, and with it Docker,
    /// takes.
    pub header: u64,
    /// Parts of paths that are walked because a folder is a symbolic link. Links in links in links
    /// make short names expensive.
    pub link_steps: u64,
}

const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;

impl Limits {
    /// Those of every command.
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

/// The largest file whose content is inspected, in bytes: host binaries are held in memory one at a
/// time.
pub const LARGEST_FILE: u64 = 256 * MIB;

/// The largest `metadata.json`, in bytes. Real ones have some hundred.
pub const LARGEST_METADATA: u64 = MIB;

/// How many symbolic links a path may lead through: as many as Linux follows.
pub const LINKS: u32 = 40;

/// How far back a zstd frame may refer, in bytes, which is what its decoder holds in memory: the
/// 8 MiB that RFC 8878 asks every decoder to have, times 16 for `zstd --ultra`.
pub(super) const ZSTD_WINDOW: u64 = 128 * MIB;

/// How many layers are unpacked at once; each may take [`ZSTD_WINDOW`] and more.
pub(super) const UNPACKED_AT_ONCE: usize = 2;

/// How many oddities of a variant are kept: more than a user reads.
pub(super) const ODDITIES: usize = 100;

/// Which limit was exceeded, and how much it allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooLarge {
    /// [`Limits::document`].
    #[error("it is larger than {}, which no document of an image is", text::size(*.0))]
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
    #[error("the image has more than {0} files and folders")]
    Entries(u64),
    /// [`Limits::names`].
    #[error("the names of all files in the image are longer than {}", text::size(*.0))]
    Names(u64),
    /// [`Limits::path`].
    #[error("a path is longer than {0} bytes")]
    Path(u64),
    /// [`Limits::header`].
    #[error("a header is larger than {}", text::size(*.0))]
    Header(u64),
    /// [`Limits::link_steps`].
    #[error("its symbolic links lead through more than {0} folders")]
    LinkSteps(u64),
}

/// What is left of the limits that hold for all layers together; shared by those who read them.
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

    /// Takes bytes that a layer unpacks to.
    pub fn unpack(&self, bytes: u64) -> Result<(), TooLarge> {
        take(&self.unpacked, bytes, self.limits.unpacked).map_err(TooLarge::Unpacked)
    }

    /// Takes a node of a variant's tree.
    pub fn node(&self) -> Result<(), TooLarge> {
        take(&self.nodes, 1, self.limits.entries).map_err(TooLarge::Entries)
    }

    /// Takes an entry of a layer whose path and link target have so many bytes.
    pub fn entry(&self, names: u64) -> Result<(), TooLarge> {
        take(&self.entries, 1, self.limits.entries).map_err(TooLarge::Entries)?;
        take(&self.names, names, self.limits.names).map_err(TooLarge::Names)
    }
}

/// Adds to what was used, unless that would be more than `limit`, which is the error then.
fn take(used: &AtomicU64, amount: u64, limit: u64) -> Result<(), u64> {
    let add = |used: u64| used.checked_add(amount).filter(|sum| *sum <= limit);
    used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).map(drop).map_err(|_| limit)
}
