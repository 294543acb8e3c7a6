//! The contents of the image as a value.
//!
//! `Dockerfile`, `docker-bake.hcl`, `metadata.json`, labels, history and layers are computed from it, so
//! that both engines build the same image. This module does not access the file system.

pub mod bake;
pub mod dockerfile;
mod extension;
pub mod html;
pub mod labels;
mod metadata;
mod model;

pub use extension::{ContentsInput, icon_name};
pub use metadata::{COMPOSE_FILE, UI_DIRECTORY};
pub use model::{
    CopySource, FileMode, FileOrigin, Files, ImageContents, LayerContents, PerVariant,
};
