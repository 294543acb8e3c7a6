//! The JSON documents of an image, in OCI's format and in Docker's schema 2: every part that this
//! tool writes or reads.
//!
//! Reading takes what Go takes, in which most of these documents are written: `null` is the same as
//! a missing value. Values that only the writer uses are not read, whatever they are.

use std::collections::BTreeMap;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use super::annotation;
use super::digest::Digest;
use super::media_type::{BlobKind, MediaType};
use super::missing::{empty_is_none, null_is_default};
use super::platform::OciPlatform;

/// The only schema of indexes and manifests that is in use.
const SCHEMA_VERSION: u64 = 2;

/// A reference to a blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    #[serde(default, deserialize_with = "null_is_default")]
    pub media_type: MediaType,
    pub digest: Digest,
    /// In bytes.
    pub size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<OciPlatform>,
    #[serde(
        default,
        deserialize_with = "null_is_default",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub annotations: BTreeMap<String, String>,
}

impl Descriptor {
    pub fn new(media_type: MediaType, digest: Digest, size: u64) -> Self {
        Self { media_type, digest, size, platform: None, annotations: BTreeMap::new() }
    }

    /// Whether the blob says something about another manifest, such as how it was built.
    pub fn is_attestation(&self) -> bool {
        const UNKNOWN: &str = "unknown";
        let is_unknown = |it: &OciPlatform| it.os == UNKNOWN && it.architecture == UNKNOWN;
        self.annotations.contains_key(annotation::REFERENCE_TYPE)
            || self.platform.as_ref().is_some_and(is_unknown)
    }

    /// Whether registries store the blob as a manifest, by its media type.
    pub fn is_manifest(&self) -> bool {
        matches!(self.media_type.kind(), BlobKind::Index | BlobKind::Manifest)
    }
}

/// An image index, or Docker's manifest list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageIndex {
    schema_version: u64,
    #[serde(default, deserialize_with = "null_is_default")]
    media_type: MediaType,
    pub manifests: Vec<Descriptor>,
}

impl ImageIndex {
    pub fn new(manifests: Vec<Descriptor>) -> Self {
        Self { schema_version: SCHEMA_VERSION, media_type: MediaType::INDEX, manifests }
    }
}

/// The manifest of one variant of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageManifest {
    schema_version: u64,
    #[serde(default, deserialize_with = "null_is_default")]
    media_type: MediaType,
    pub config: Descriptor,
    #[serde(default, deserialize_with = "null_is_default")]
    pub layers: Vec<Descriptor>,
}

impl ImageManifest {
    pub fn new(config: Descriptor, layers: Vec<Descriptor>) -> Self {
        Self { schema_version: SCHEMA_VERSION, media_type: MediaType::MANIFEST, config, layers }
    }
}

/// The document that an image begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageDocument {
    Index(ImageIndex),
    Manifest(ImageManifest),
}

impl ImageDocument {
    /// Reads an index or a manifest. Its content decides which of the two it is: the media type of a
    /// descriptor or a registry is not trusted.
    pub fn parse(json: &[u8]) -> Result<Self, InvalidDocument> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct DocumentOutline {
            schema_version: Option<u64>,
            manifests: Option<IgnoredAny>,
            config: Option<IgnoredAny>,
            #[serde(default, deserialize_with = "null_is_default")]
            layers: Vec<IgnoredAny>,
        }
        let outline: DocumentOutline = from_json(json)?;
        match outline.schema_version {
            Some(SCHEMA_VERSION) => {}
            Some(1) => return Err(InvalidDocument::Schema1),
            _ => return Err(InvalidDocument::UnknownSchema),
        }
        let (document, kind, media_type) = match (outline.manifests, outline.config) {
            (Some(_), None) if outline.layers.is_empty() => {
                let index: ImageIndex = from_json(json)?;
                let media_type = index.media_type.clone();
                (ImageDocument::Index(index), BlobKind::Index, media_type)
            }
            (None, Some(_)) => {
                let manifest: ImageManifest = from_json(json)?;
                let media_type = manifest.media_type.clone();
                (ImageDocument::Manifest(manifest), BlobKind::Manifest, media_type)
            }
            (None, None) => return Err(InvalidDocument::NoImage),
            _ => return Err(InvalidDocument::IndexAndManifest),
        };
        if media_type.is_empty() || media_type.kind() == kind {
            Ok(document)
        } else {
            Err(InvalidDocument::MediaType(media_type))
        }
    }
}

/// The configuration of one variant of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageConfiguration {
    #[serde(default, deserialize_with = "null_is_default")]
    pub os: String,
    #[serde(default, deserialize_with = "null_is_default")]
    pub architecture: String,
    #[serde(default, deserialize_with = "empty_is_none", skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// As in RFC 3339.
    #[serde(skip_deserializing)]
    pub created: String,
    #[serde(default, deserialize_with = "null_is_default")]
    pub config: ContainerConfig,
    pub rootfs: RootFs,
    #[serde(skip_deserializing)]
    pub history: Vec<History>,
}

impl ImageConfiguration {
    pub fn platform(&self) -> OciPlatform {
        OciPlatform {
            os: self.os.clone(),
            architecture: self.architecture.clone(),
            variant: self.variant.clone(),
        }
    }
}

/// The settings of containers that are made from an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ContainerConfig {
    #[serde(default, deserialize_with = "null_is_default")]
    pub labels: BTreeMap<String, String>,
}

/// The layers of an image, the lowest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootFs {
    #[serde(rename = "type", skip_deserializing)]
    kind: RootFsType,
    /// The digests of the layers without compression.
    #[serde(default, deserialize_with = "null_is_default")]
    pub diff_ids: Vec<Digest>,
}

impl RootFs {
    pub fn new(diff_ids: Vec<Digest>) -> Self {
        Self { kind: RootFsType::Layers, diff_ids }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum RootFsType {
    #[default]
    Layers,
}

/// How a layer was made; `docker history` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct History {
    pub created: String,
    pub created_by: String,
    /// The instruction changed the configuration only.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub empty_layer: bool,
}

/// The file [`MARKER`](super::layout::MARKER).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OciLayout {
    image_layout_version: &'static str,
}

impl OciLayout {
    pub const CURRENT: Self = Self { image_layout_version: "1.0.0" };
}

/// An image in [`DOCKER_MANIFEST`](super::layout::DOCKER_MANIFEST).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DockerManifestItem {
    /// The path of the configuration in the archive.
    pub config: String,
    #[serde(default, deserialize_with = "null_is_default")]
    pub repo_tags: Vec<String>,
    /// The paths of the layers, the lowest first.
    #[serde(default, deserialize_with = "null_is_default")]
    pub layers: Vec<String>,
}

/// A document that is not one of an image.
#[derive(Debug, thiserror::Error)]
pub enum InvalidDocument {
    #[error("it can't be understood: {0}")]
    Json(#[from] serde_json::Error),
    /// It is in the first format of registries.
    #[error("it is an image of schema 1, which registries and engines have given up")]
    Schema1,
    #[error("it is of no known schema")]
    UnknownSchema,
    #[error("it is neither an index nor a manifest")]
    NoImage,
    #[error("it is both an index and a manifest")]
    IndexAndManifest,
    #[error("its media type `{0}` is none of an image that can be run")]
    MediaType(MediaType),
}

pub fn from_json<T: DeserializeOwned>(json: &[u8]) -> Result<T, InvalidDocument> {
    Ok(serde_json::from_slice(json)?)
}

/// The bytes of a document: without spaces and with sorted keys, because they decide its digest.
pub fn to_json(document: &impl Serialize) -> Vec<u8> {
    let mut value = serde_json::to_value(document).expect("documents are structs and texts");
    value.sort_all_objects();
    value.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const CONFIGURATION: &str = "application/vnd.docker.container.image.v1+json";

    fn read(json: &Value) -> Result<ImageDocument, String> {
        ImageDocument::parse(json.to_string().as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn documents_are_told_by_what_is_in_them() {
        let config = json!({ "mediaType": CONFIGURATION, "digest": DIGEST, "size": 1 });
        let manifest = json!({ "schemaVersion": 2, "config": config, "layers": null });
        assert!(matches!(read(&manifest), Ok(ImageDocument::Manifest(it)) if it.layers.is_empty()));
        let index = json!({ "schemaVersion": 2, "manifests": [], "annotations": null });
        assert!(matches!(read(&index), Ok(ImageDocument::Index(it)) if it.manifests.is_empty()));
        for (mut document, kind) in [(manifest, BlobKind::Manifest), (index, BlobKind::Index)] {
            for media_type in MediaType::ROOTS {
                document["mediaType"] = json!(media_type);
                let is_right = MediaType::from(media_type).kind() == kind;
                assert_eq!(read(&document).is_ok(), is_right, "{document}");
            }
        }
    }

    #[test]
    fn what_is_no_image_is_refused_with_the_reason() {
        let reason = |json: Value| read(&json).unwrap_err();
        assert!(reason(json!({ "schemaVersion": 1, "fsLayers": [] })).contains("schema 1"));
        assert!(reason(json!({ "schemaVersion": 2 })).contains("neither an index nor"));
        assert!(reason(json!({ "schemaVersion": 3 })).contains("no known schema"));
        let config = json!({ "digest": DIGEST, "size": 1 });
        let both = json!({ "schemaVersion": 2, "config": config, "manifests": [] });
        assert!(reason(both).contains("both"));
        assert!(reason(json!([])).contains("can't be understood"));
    }

    #[test]
    fn attestations_are_told_from_variants() {
        let descriptor = |json: Value| {
            let mut whole = json!({ "digest": DIGEST, "size": 1 });
            whole.as_object_mut().unwrap().extend(json.as_object().unwrap().clone());
            serde_json::from_value::<Descriptor>(whole).unwrap().is_attestation()
        };
        assert!(descriptor(json!({ "platform": { "os": "unknown", "architecture": "unknown" } })));
        assert!(descriptor(json!({ "annotations": { "vnd.docker.reference.type": "x" } })));
        assert!(!descriptor(json!({ "platform": { "os": "linux", "architecture": "unknown" } })));
        assert!(!descriptor(json!({})));
    }

    #[test]
    fn a_configuration_is_read_for_what_matters_here() {
        let json = json!({
            "os": "linux",
            "architecture": null,
            "variant": "",
            "config": null,
            "rootfs": { "diff_ids": [DIGEST], "type": 1 },
            "created": 1,
            "history": "none",
        });
        let configuration: ImageConfiguration = from_json(json.to_string().as_bytes()).unwrap();
        let platform = OciPlatform { os: "linux".into(), architecture: "".into(), variant: None };
        assert_eq!(configuration.platform(), platform);
        assert_eq!(configuration.config.labels, BTreeMap::new());
        assert_eq!(configuration.rootfs.diff_ids, [DIGEST.parse().unwrap()]);
    }
}
