//! The image itself: an OCI image layout in one tar file, packed here or written by buildx, and the
//! images of others, which `read` reads.
//!
//! To pack it, the files of a layer become a `layer` (tar `entry` by entry, through `gzip`) and that a
//! `blob`, `layout` describes them, and an `archive` holds it all.

mod archive;
mod blob;
mod built;
mod entry;
mod gzip;
mod layer;
mod layout;
mod pack;
pub mod read;
#[cfg(test)]
mod testing;

pub use built::Image;
pub use pack::pack;
