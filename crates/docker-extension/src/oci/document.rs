//! The JSON documents of an image, in OCI's format and in Docker's schema 2: the parts that are
//! written or read here.
//!
//! Most of these documents are written in Go, so parsing follows Go: `null` is the same as a missing
//! value. Values that are only written are ignored when parsing.

use std::collections::BTreeMap;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use super::annotation;
use super::digest::Digest;
use super::media_type::{BlobKind, MediaType};
use super::missing::{empty_is_none, null_is_default};
use super::platform::OciPlatform;

/// The only schema version of indexes and manifests in use.
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
    /// For an index that lists what refers to an image; empty for the variants of an image.
    #[serde(
        default,
        deserialize_with = "null_is_default",
        skip_serializing_if = "MediaType::is_empty"
    )]
    artifact_type: MediaType,
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
        let (artifact_type, annotations) = (MediaType::default(), BTreeMap::new());
        Self { media_type, digest, size, artifact_type, platform: None, annotations }
    }

    /// Whether the blob is about another manifest: how it was built, what it contains, or a signature.
    /// A descriptor without any sign of it may still refer to an [attestation]; then only the manifest
    /// itself says so.
    ///
    /// [attestation]: ImageManifest::is_attestation
    pub fn is_attestation(&self) -> bool {
        const UNKNOWN: &str = "unknown";
        let is_unknown = |it: &OciPlatform| it.os == UNKNOWN && it.architecture == UNKNOWN;
        let is_no_image = |kind: &String| {
            let kind = kind.strip_prefix(annotation::COSIGN_KINDS);
            kind.is_some_and(|kind| !["image", "imageIndex"].contains(&kind))
        };
        self.annotations.contains_key(annotation::REFERENCE_TYPE)
            || self.platform.as_ref().is_some_and(is_unknown)
            || self.annotations.get(annotation::COSIGN_KIND).is_some_and(is_no_image)
            || !self.artifact_type.is_empty()
                && self.artifact_type.kind() != BlobKind::Configuration
    }

    /// Whether registries store the blob as a manifest. The media type decides.
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
    /// What the manifest is, if it is not an image.
    #[serde(
        default,
        deserialize_with = "null_is_default",
        skip_serializing_if = "MediaType::is_empty"
    )]
    artifact_type: MediaType,
    pub config: Descriptor,
    #[serde(default, deserialize_with = "null_is_default")]
    pub layers: Vec<Descriptor>,
}

impl ImageManifest {
    pub fn new(config: Descriptor, layers: Vec<Descriptor>) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            media_type: MediaType::MANIFEST,
            artifact_type: MediaType::default(),
            config,
            layers,
        }
    }

    /// Whether it is about another manifest instead of being an image. BuildKit since 0.32, cosign since 3
    /// and ORAS write an artifact as the OCI specification defines it: with an empty configuration and an
    /// `artifactType`. Older versions wrote the manifest of an image with statements in place of layers.
    pub fn is_attestation(&self) -> bool {
        let is_image = self.config.media_type.kind() == BlobKind::Configuration;
        let is_statement = |it: &Descriptor| it.media_type.kind() == BlobKind::Statement;
        let has_only_statements = !self.layers.is_empty() && self.layers.iter().all(is_statement);
        let is_artifact =
            !self.artifact_type.is_empty() || self.config.media_type == MediaType::EMPTY;
        has_only_statements || !is_image && is_artifact
    }
}

/// The first document of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageDocument {
    Index(ImageIndex),
    /// Boxed, because it is much larger than an index.
    Manifest(Box<ImageManifest>),
}

impl ImageDocument {
    /// Parses an index or a manifest. Its content decides which of the two it is, because the media type
    /// from a descriptor or a registry is untrusted.
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
                (ImageDocument::Manifest(Box::new(manifest)), BlobKind::Manifest, media_type)
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
    /// In the format of RFC 3339.
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

/// The settings of containers of the image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ContainerConfig {
    #[serde(default, deserialize_with = "null_is_default")]
    pub labels: BTreeMap<String, String>,
}

/// The layers of an image, from the lowest to the highest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootFs {
    #[serde(rename = "type", skip_deserializing)]
    kind: RootFsType,
    /// The digests of the uncompressed layers.
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

/// The instruction that made a layer; `docker history` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct History {
    pub created: String,
    pub created_by: String,
    /// Whether the instruction only changed the configuration.
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
    /// The paths of the layers, from the lowest to the highest.
    #[serde(default, deserialize_with = "null_is_default")]
    pub layers: Vec<String>,
}

/// Why a document is not a valid document of an image.
#[derive(Debug, thiserror::Error)]
pub enum InvalidDocument {
    #[error("it can't be parsed: {0}")]
    Json(#[from] serde_json::Error),
    /// It has the first format that registries used.
    #[error("it has schema version 1, which registries and engines no longer support")]
    Schema1,
    #[error("it has an unknown schema version")]
    UnknownSchema,
    #[error("it is neither an index nor a manifest")]
    NoImage,
    #[error("it is both an index and a manifest")]
    IndexAndManifest,
    #[error("its media type `{0}` is not one of a runnable image")]
    MediaType(MediaType),
}

pub fn from_json<T: DeserializeOwned>(json: &[u8]) -> Result<T, InvalidDocument> {
    Ok(serde_json::from_slice(json)?)
}

/// The document as JSON, without spaces and with sorted keys, because the bytes decide its digest.
pub fn to_json(document: &impl Serialize) -> Vec<u8> {
    let mut value = serde_json::to_value(document).expect("documents can be serialized");
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
    fn the_content_of_a_document_decides_its_kind() {
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
    fn other_documents_are_rejected_with_the_reason() {
        let reason = |json: Value| read(&json).unwrap_err();
        assert!(reason(json!({ "schemaVersion": 1, "fsLayers": [] })).contains("schema version 1"));
        assert!(reason(json!({ "schemaVersion": 2 })).contains("neither an index nor"));
        assert!(reason(json!({ "schemaVersion": 3 })).contains("unknown schema version"));
        let config = json!({ "digest": DIGEST, "size": 1 });
        let both = json!({ "schemaVersion": 2, "config": config, "manifests": [] });
        assert!(reason(both).contains("both"));
        assert!(reason(json!([])).contains("can't be parsed"));
    }

    #[test]
    fn attestations_are_distinguished_from_variants() {
        let descriptor = |json: Value| {
            let mut whole = json!({ "digest": DIGEST, "size": 1 });
            whole.as_object_mut().unwrap().extend(json.as_object().unwrap().clone());
            serde_json::from_value::<Descriptor>(whole).unwrap().is_attestation()
        };
        assert!(descriptor(json!({ "platform": { "os": "unknown", "architecture": "unknown" } })));
        assert!(descriptor(json!({ "annotations": { "vnd.docker.reference.type": "x" } })));
        assert!(descriptor(json!({ "annotations": { "kind": "dev.cosignproject.cosign/sigs" } })));
        let bundle = "application/vnd.dev.sigstore.bundle.v0.3+json";
        assert!(descriptor(json!({ "artifactType": bundle })));
        assert!(!descriptor(json!({ "artifactType": CONFIGURATION })));
        assert!(!descriptor(json!({ "artifactType": null, "annotations": { "kind": "image" } })));
        let cosign = json!({ "kind": "dev.cosignproject.cosign/imageIndex" });
        assert!(!descriptor(json!({ "annotations": cosign })));
        assert!(!descriptor(json!({ "platform": { "os": "linux", "architecture": "unknown" } })));
        assert!(!descriptor(json!({})));
    }

    #[test]
    fn an_attestation_is_recognized_by_its_manifest_alone() {
        let of = |media_type: &str| json!({ "mediaType": media_type, "digest": DIGEST, "size": 2 });
        let manifest = |artifact_type: Value, config: &str, layer: &str| {
            let json = json!({
                "schemaVersion": 2,
                "artifactType": artifact_type,
                "config": of(config),
                "layers": [of(layer)],
            });
            match read(&json) {
                Ok(ImageDocument::Manifest(manifest)) => manifest.is_attestation(),
                other => panic!("{other:?}"),
            }
        };
        const EMPTY: &str = "application/vnd.oci.empty.v1+json";
        const STATEMENT: &str = "application/vnd.in-toto+json";
        const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
        let buildkit = json!("application/vnd.docker.attestation.manifest.v1+json");
        assert!(manifest(buildkit, EMPTY, STATEMENT));
        assert!(manifest(Value::Null, CONFIGURATION, STATEMENT));
        assert!(manifest(json!("application/vnd.example.manual"), "application/x", "text/plain"));
        assert!(manifest(Value::Null, EMPTY, "text/plain"));
        // The specification lets an image have a type, too.
        assert!(!manifest(json!("application/vnd.example"), CONFIGURATION, LAYER));
        assert!(!manifest(Value::Null, CONFIGURATION, LAYER));
        // An image that is broken.
        assert!(!manifest(Value::Null, "text/plain", LAYER));
        assert!(!manifest(Value::Null, CONFIGURATION, "text/plain"));
    }

    #[test]
    fn the_relevant_parts_of_a_configuration_are_read() {
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
