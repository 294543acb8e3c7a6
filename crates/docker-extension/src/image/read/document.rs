//! The JSON documents of an image, in OCI's format and in Docker's schema 2, as far as they matter
//! here. A value that is `null` is as good as missing: Go, in which they are written, takes it so.

use std::collections::BTreeMap;

use serde::de::{Deserialize, DeserializeOwned, Deserializer};

use super::error::Broken;
use crate::oci::Digest;
use crate::platform::OciPlatform;

const INDEX_TYPES: [&str; 2] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
];
const MANIFEST_TYPES: [&str; 2] = [
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];
/// The media types that an image may begin with.
pub(super) const ACCEPTED: [&str; 4] =
    [INDEX_TYPES[0], MANIFEST_TYPES[0], INDEX_TYPES[1], MANIFEST_TYPES[1]];
const CONFIGURATION_TYPES: [&str; 2] =
    ["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"];
/// With what stands behind for compression: it is told by the bytes themselves.
const LAYER_TYPES: [&str; 2] =
    ["application/vnd.oci.image.layer.v1.tar", "application/vnd.docker.image.rootfs.diff.tar"];
const COMPRESSIONS: [&str; 5] = ["", "+gzip", "+zstd", ".gzip", ".zstd"];
const FOREIGN_TYPES: [&str; 2] = [
    "application/vnd.oci.image.layer.nondistributable.v1.tar",
    "application/vnd.docker.image.rootfs.foreign.diff.tar",
];

/// Says of a manifest what it is about another one.
const REFERENCE_TYPE: &str = "vnd.docker.reference.type";
/// The platform of what is no image.
const UNKNOWN: &str = "unknown";

/// What refers to a blob.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    #[serde(default, deserialize_with = "null_is_default")]
    pub media_type: String,
    pub digest: Digest,
    /// In bytes.
    pub size: u64,
    pub platform: Option<Platform>,
    #[serde(default, deserialize_with = "null_is_default")]
    pub annotations: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub(super) struct Platform {
    #[serde(default, deserialize_with = "null_is_default")]
    os: String,
    #[serde(default, deserialize_with = "null_is_default")]
    architecture: String,
    variant: Option<String>,
}

/// What an image begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Document {
    Index(Vec<Descriptor>),
    Manifest(Manifest),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Manifest {
    pub configuration: Descriptor,
    pub layers: Vec<Descriptor>,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub(super) struct Configuration {
    #[serde(default, deserialize_with = "null_is_default")]
    os: String,
    #[serde(default, deserialize_with = "null_is_default")]
    architecture: String,
    variant: Option<String>,
    config: Option<Settings>,
    rootfs: RootFs,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Settings {
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
struct RootFs {
    #[serde(default, deserialize_with = "null_is_default")]
    diff_ids: Vec<Digest>,
}

fn null_is_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads one of these documents.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Broken> {
    Ok(serde_json::from_slice(bytes)?)
}

impl Document {
    /// Reads an index or a manifest, whichever it is: what others say of it is not trusted.
    pub fn parse(bytes: &[u8]) -> Result<Self, Broken> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Any {
            schema_version: u64,
            #[serde(default, deserialize_with = "null_is_default")]
            media_type: String,
            manifests: Option<Vec<Descriptor>>,
            config: Option<Descriptor>,
            #[serde(default, deserialize_with = "null_is_default")]
            layers: Vec<Descriptor>,
        }
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Version {
            schema_version: Option<u64>,
        }
        // Of schema 1 nothing else would be understood.
        if parse::<Version>(bytes)?.schema_version == Some(1) {
            return Err(Broken::Schema1);
        }
        let Any { schema_version, media_type, manifests, config, layers } = parse(bytes)?;
        if schema_version != 2 {
            return Err(Broken::Document("it is of no known schema"));
        }
        let (document, types) = match (manifests, config) {
            (Some(manifests), None) if layers.is_empty() => {
                (Document::Index(manifests), INDEX_TYPES)
            }
            (None, Some(configuration)) => {
                (Document::Manifest(Manifest { configuration, layers }), MANIFEST_TYPES)
            }
            (None, None) => return Err(Broken::Document("it is neither an index nor a manifest")),
            _ => return Err(Broken::Document("it is both an index and a manifest")),
        };
        if media_type.is_empty() || types.contains(&&*media_type) {
            Ok(document)
        } else {
            Err(Broken::MediaType(media_type))
        }
    }
}

impl Descriptor {
    /// Whether it stands for something said about another manifest, such as how it was built.
    pub fn is_attestation(&self) -> bool {
        let is_unknown = |it: &Platform| it.os == UNKNOWN && it.architecture == UNKNOWN;
        self.annotations.contains_key(REFERENCE_TYPE)
            || self.platform.as_ref().is_some_and(is_unknown)
    }

    /// Whether registries keep it among the manifests, by its media type.
    pub fn is_manifest(&self) -> bool {
        ACCEPTED.contains(&&*self.media_type)
    }

    /// Its media type is that of a manifest.
    pub fn check_manifest(&self) -> Result<(), Broken> {
        self.check(&MANIFEST_TYPES)
    }

    /// Its media type is that of an image's configuration.
    pub fn check_configuration(&self) -> Result<(), Broken> {
        self.check(&CONFIGURATION_TYPES)
    }

    /// Its media type is that of a layer that registries keep.
    pub fn check_layer(&self) -> Result<(), Broken> {
        let is = |types: [&str; 2]| {
            let rest = |name| self.media_type.strip_prefix(name);
            types.into_iter().filter_map(rest).any(|rest| COMPRESSIONS.contains(&rest))
        };
        if is(FOREIGN_TYPES) {
            Err(Broken::Foreign(self.media_type.clone()))
        } else if is(LAYER_TYPES) {
            Ok(())
        } else {
            Err(Broken::MediaType(self.media_type.clone()))
        }
    }

    fn check(&self, types: &[&str]) -> Result<(), Broken> {
        if types.contains(&&*self.media_type) {
            Ok(())
        } else {
            Err(Broken::MediaType(self.media_type.clone()))
        }
    }

    /// A blob that nothing else is known of, as in an archive of `docker save`.
    pub fn of_layer(digest: Digest, size: u64) -> Self {
        Self::new(LAYER_TYPES[0], digest, size)
    }

    /// The same of a configuration.
    pub fn of_configuration(digest: Digest, size: u64) -> Self {
        Self::new(CONFIGURATION_TYPES[0], digest, size)
    }

    fn new(media_type: &str, digest: Digest, size: u64) -> Self {
        let media_type = media_type.to_owned();
        Self { media_type, digest, size, platform: None, annotations: BTreeMap::new() }
    }
}

impl Configuration {
    /// The platform that the image says it is for.
    pub fn platform(&self) -> OciPlatform {
        let (os, architecture) = (self.os.clone(), self.architecture.clone());
        Platform { os, architecture, variant: self.variant.clone() }.into()
    }

    /// The digests of the layers without compression.
    pub fn diff_ids(&self) -> &[Digest] {
        &self.rootfs.diff_ids
    }

    /// The image's labels.
    pub fn into_labels(self) -> BTreeMap<String, String> {
        self.config.and_then(|settings| settings.labels).unwrap_or_default()
    }
}

impl From<Platform> for OciPlatform {
    fn from(platform: Platform) -> Self {
        let Platform { os, architecture, variant } = platform;
        Self { os, architecture, variant: variant.filter(|it| !it.is_empty()) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn read(json: &Value) -> Result<Document, String> {
        Document::parse(json.to_string().as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn documents_are_told_by_what_is_in_them() {
        let config = json!({ "mediaType": CONFIGURATION_TYPES[1], "digest": DIGEST, "size": 1 });
        let manifest = json!({ "schemaVersion": 2, "config": config, "layers": null });
        assert!(matches!(read(&manifest), Ok(Document::Manifest(it)) if it.layers.is_empty()));
        let index = json!({ "schemaVersion": 2, "manifests": [], "annotations": null });
        assert_eq!(read(&index), Ok(Document::Index(Vec::new())));
        for (mut document, types) in [(manifest, MANIFEST_TYPES), (index, INDEX_TYPES)] {
            for media_type in ACCEPTED {
                document["mediaType"] = json!(media_type);
                assert_eq!(read(&document).is_ok(), types.contains(&media_type), "{document}");
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
    fn layers_of_all_formats_are_known_and_those_kept_elsewhere_told() {
        let digest = DIGEST.parse().unwrap();
        let check = |media_type: &str| Descriptor::new(media_type, digest, 1).check_layer();
        for media_type in [
            "application/vnd.oci.image.layer.v1.tar",
            "application/vnd.oci.image.layer.v1.tar+gzip",
            "application/vnd.oci.image.layer.v1.tar+zstd",
            "application/vnd.docker.image.rootfs.diff.tar.gzip",
            "application/vnd.docker.image.rootfs.diff.tar",
        ] {
            assert!(check(media_type).is_ok(), "{media_type}");
        }
        for media_type in [
            "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
            "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
        ] {
            assert!(matches!(check(media_type), Err(Broken::Foreign(_))), "{media_type}");
        }
        for media_type in ["application/vnd.in-toto+json", "", "text/plain"] {
            assert!(matches!(check(media_type), Err(Broken::MediaType(_))), "{media_type}");
        }
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
}
