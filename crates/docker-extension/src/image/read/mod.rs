//! Reads any image from wherever it is: an archive, a folder, a registry, the Docker Engine.
//!
//! ```text
//! ImageSource ─▶ Blobs and the first document ─▶ variants' documents ─▶ layers ─▶ trees
//! ```
//!
//! An image may come from anybody, so nothing in it is believed: digests and sizes are checked
//! while bytes stream by, [`limits`] bounds everything, and no file of an image is ever written to
//! the disk. [`tree`] is what is left of the layers; what is strange about them is an [`oddity`],
//! and only what keeps the image from being read is a [`ReadError`].

mod archive;
mod assemble;
mod choose;
mod daemon;
mod error;
#[cfg(test)]
mod hostile;
mod layer;
mod layout;
pub mod limits;
mod merge;
pub mod oddity;
mod open;
mod path;
mod registry;
mod source;
mod store;
mod stored;
mod tar;
#[cfg(test)]
mod testing;
pub mod tree;
mod unpack;

pub(super) use archive::ImageArchive;
pub use error::ReadError;
pub use layer::FileContent;
pub use source::ImageSource;
pub use stored::{StoredImage, Variant};
