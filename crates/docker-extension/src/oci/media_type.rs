//! The media types of an image's parts, in OCI's format and in Docker's schema 2.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A media type from a document: any text, empty if it is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MediaType(Cow<'static, str>);

/// The kind of a blob, by its media type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlobKind {
    /// An image index, which Docker calls a manifest list.
    Index,
    Manifest,
    Configuration,
    Layer,
    /// A layer that registries don't store: OCI calls it non-distributable, Docker calls it foreign.
    ForeignLayer,
    /// A statement about an image, signed or not: provenance, a bill of materials, a signature.
    Statement,
    Other,
}

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIGURATION: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
const LAYER_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const FOREIGN_LAYER: &str = "application/vnd.oci.image.layer.nondistributable.v1.tar";

const DOCKER_MANIFEST_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_CONFIGURATION: &str = "application/vnd.docker.container.image.v1+json";
const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar";
const DOCKER_FOREIGN_LAYER: &str = "application/vnd.docker.image.rootfs.foreign.diff.tar";

/// The empty configuration `{}` of a manifest that is not an image.
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
/// The media types of BuildKit, of in-toto, and the start of those of sigstore.
const STATEMENTS: [&str; 5] = [
    "application/vnd.in-toto+json",
    "application/vnd.in-toto.bundle+json",
    "application/vnd.dsse.envelope.v1+json",
    "application/vnd.dev.sigstore.",
    "application/vnd.dev.cosign.",
];

/// The compression suffixes of layer media types.
const COMPRESSIONS: [&str; 5] = ["", "+gzip", "+zstd", ".gzip", ".zstd"];

impl MediaType {
    pub const INDEX: Self = Self(Cow::Borrowed(INDEX));
    pub const MANIFEST: Self = Self(Cow::Borrowed(MANIFEST));
    pub const CONFIGURATION: Self = Self(Cow::Borrowed(CONFIGURATION));
    pub const LAYER: Self = Self(Cow::Borrowed(LAYER));
    pub const LAYER_GZIP: Self = Self(Cow::Borrowed(LAYER_GZIP));
    pub const EMPTY: Self = Self(Cow::Borrowed(EMPTY));

    /// The types of the first document of an image.
    pub const ROOTS: [&str; 4] = [INDEX, MANIFEST, DOCKER_MANIFEST_LIST, DOCKER_MANIFEST];

    pub fn kind(&self) -> BlobKind {
        let is_layer = |layers: [&str; 2]| {
            let suffix = |layer| self.0.strip_prefix(layer);
            layers.into_iter().filter_map(suffix).any(|suffix| COMPRESSIONS.contains(&suffix))
        };
        match &*self.0 {
            INDEX | DOCKER_MANIFEST_LIST => BlobKind::Index,
            MANIFEST | DOCKER_MANIFEST => BlobKind::Manifest,
            CONFIGURATION | DOCKER_CONFIGURATION => BlobKind::Configuration,
            _ if is_layer([LAYER, DOCKER_LAYER]) => BlobKind::Layer,
            _ if is_layer([FOREIGN_LAYER, DOCKER_FOREIGN_LAYER]) => BlobKind::ForeignLayer,
            other if STATEMENTS.iter().any(|it| other.starts_with(it)) => BlobKind::Statement,
            _ => BlobKind::Other,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for MediaType {
    fn from(text: &str) -> Self {
        Self(Cow::Owned(text.to_owned()))
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_media_types_of_both_formats_are_known() {
        let kinds: [(BlobKind, &[&str]); 7] = [
            (BlobKind::Index, &[INDEX, DOCKER_MANIFEST_LIST]),
            (BlobKind::Manifest, &[MANIFEST, DOCKER_MANIFEST]),
            (BlobKind::Configuration, &[CONFIGURATION, DOCKER_CONFIGURATION]),
            (
                BlobKind::Layer,
                &[
                    "application/vnd.oci.image.layer.v1.tar",
                    "application/vnd.oci.image.layer.v1.tar+gzip",
                    "application/vnd.oci.image.layer.v1.tar+zstd",
                    "application/vnd.docker.image.rootfs.diff.tar.gzip",
                    "application/vnd.docker.image.rootfs.diff.tar",
                ],
            ),
            (
                BlobKind::ForeignLayer,
                &[
                    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
                    "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
                ],
            ),
            (
                BlobKind::Statement,
                &[
                    "application/vnd.in-toto+json",
                    "application/vnd.dev.cosign.simplesigning.v1+json",
                    "application/vnd.dev.sigstore.bundle.v0.3+json",
                ],
            ),
            (BlobKind::Other, &[EMPTY, "", "text/plain"]),
        ];
        for (kind, media_types) in kinds {
            for media_type in media_types {
                assert_eq!(MediaType::from(*media_type).kind(), kind, "{media_type}");
            }
        }
    }
}
