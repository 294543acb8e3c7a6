//! How much an image may ask of the machine that reads it. Sound extensions stay far below; what is
//! above is told, and not read. Together they keep memory below 1 GiB, whatever the image holds;
//! the content of layers is never written to the disk.

/// Bytes of a document: an index, a manifest, a configuration. Registries refuse larger manifests.
pub const DOCUMENT: u64 = 4 * 1024 * 1024;
/// Variants of an image, and images in an archive.
pub const DESCRIPTORS: usize = 100;
/// Layers of a variant. Docker's storage drivers take 127.
pub const LAYERS: usize = 500;
/// Entries of all layers together, folders that are merely implied among them.
pub const ENTRIES: usize = 500_000;
/// Bytes of an entry's path, and of a link's target. Linux takes 4096.
pub const PATH: u64 = 4096;
/// Folders around an entry.
pub const DEPTH: usize = 256;
/// Bytes of the paths of all entries together.
pub const PATHS: usize = 128 * 1024 * 1024;
/// Bytes of an entry's extended header (pax).
pub const EXTENSIONS: u64 = 1024 * 1024;
/// Bytes of all layers together, unpacked.
pub const UNPACKED: u64 = 16 * 1024 * 1024 * 1024;
/// Bytes of a file whose content is wanted.
pub const CONTENT: u64 = 256 * 1024 * 1024;
/// Bytes that a zstd decoder may look back.
pub const WINDOW: u64 = 128 * 1024 * 1024;
/// Links that are followed on the way to a file. Linux follows 40.
pub const LINKS: usize = 40;
