//! The names and documents of the OCI specifications and of Docker's older formats, shared by the
//! code that reads images and the code that writes them.

pub mod annotation;
mod digest;
mod document;
pub mod layout;
mod media_type;
mod missing;
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
