//! Reads an image from an archive, a directory, a registry or the Docker Engine.
//!
//! ```text
//! ImageSource ─▶ Blobs and the first document ─▶ variants' documents ─▶ layers ─▶ trees
//! ```
//!
//! Images are untrusted input: digests and sizes are checked while the bytes are read, [`limits`] bounds
//! everything, and files of an image are never written to the disk. [`tree`] is the result of merging the
//! layers. Anomalies in them are an [`oddity`]; a [`ReadError`] means that the image can't be read.

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
