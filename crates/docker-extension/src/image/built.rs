//! An image that an engine has built.

use camino::{Utf8Path, Utf8PathBuf};

use super::archive;
use crate::error::Result;
use crate::oci::{Digest, Reference, Tag};
use crate::platform::ImagePlatform;

/// The image: an OCI image layout in one tar file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    pub reference: Reference<Tag>,
    /// The digest of its index.
    pub digest: Digest,
    /// The tar file.
    pub archive: Utf8PathBuf,
    /// Its variants.
    pub platforms: Vec<ImagePlatform>,
}

impl Image {
    /// The image in an archive from buildx. Adds the documents that engines with the classic image store
    /// require.
    ///
    /// # Errors
    /// The archive can't be read or written, or is not an image of an extension.
    pub fn complete(archive: &Utf8Path, reference: &Reference<Tag>) -> Result<Self> {
        let found = archive::read(archive)?;
        let missing = ImagePlatform::ALL.iter().find(|it| !found.manifests.contains_key(it));
        if let Some(platform) = missing {
            return Err(archive::invalid(
                archive,
                format!("its image has no variant for {platform}"),
            ));
        }
        archive::add_docker_manifest(archive, &found.manifests, reference)?;
        Ok(Self {
            reference: reference.clone(),
            digest: found.digest,
            archive: archive.to_owned(),
            platforms: found.manifests.into_keys().collect(),
        })
    }
}
