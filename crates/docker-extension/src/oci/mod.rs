//! The names and documents of the OCI specifications, each once, for those who read images and those
//! who write them.

mod digest;
mod reference;

pub use digest::Digest;
pub use reference::{AnyReference, ImageName, ImageReference, InvalidReference, Tag};
