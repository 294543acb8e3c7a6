//! The names and documents of the OCI specifications and of Docker's older formats, once for those
//! who read images and those who write them.

use serde::{Deserialize, Deserializer};

pub mod annotation;
mod digest;
mod document;
pub mod layout;
mod media_type;
mod platform;
mod reference;

pub use digest::Digest;
pub use document::{
    ContainerConfig, Descriptor, DockerManifestItem, History, ImageConfiguration, ImageDocument,
    ImageIndex, ImageManifest, InvalidDocument, OciLayout, RootFs, from_json, to_json,
};
pub use media_type::{BlobKind, MediaType};
pub use platform::OciPlatform;
pub use reference::{ImageName, InvalidReference, Reference, Tag, Version};

/// Takes `null` for a missing value.
fn null_is_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn empty_is_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::deserialize(deserializer)?.filter(|text: &String| !text.is_empty()))
}
