//! OCI images: written here, completed after buildx has written them, or read by [`read`].
//!
//! To write one, `layer` packs the files of a layer (tar `entry` by entry, through `gzip`) as a `blob`,
//! `layout` describes the layers, and `archive` writes them all.

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
