//! What the image holds, as a value.
//!
//! `Dockerfile`, `docker-bake.hcl`, `metadata.json`, labels, history and layers are functions of it, so
//! that both engines make the same image. Nothing in this module reads or writes a file.

pub mod bake;
pub mod dockerfile;
mod extension;
pub mod html;
pub mod labels;
mod metadata;
mod model;

pub use extension::ContentsInput;
pub use model::{
    CopySource, FileMode, FileOrigin, Files, ImageContents, LayerContents, PerVariant,
};
