//! The documents that describe an image: index, manifest, configuration; those of OCI, and those of
//! Docker ("schema 2"), which have the same members.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Error;
use crate::platform::OciPlatform;

/// What names a blob.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Digest(String);

impl Digest {
    /// Reads `sha256:` and 64 hexadecimal digits: nothing else may become a path.
    pub fn parse(text: &str) -> Option<Self> {
        let hash = text.strip_prefix("sha256:")?;
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (hash.len() == 64 && hash.bytes().all(is_digit)).then(|| Self(hash.to_owned()))
    }

    /// The hexadecimal digits.
    pub fn hash(&self) -> &str {
        &self.0
    }

    /// As documents write it.
    pub fn text(&self) -> String {
        format!("sha256:{}", self.0)
    }
}

/// What points to a blob.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    pub digest: String,
    pub platform: Option<Platform>,
    #[serde(default)]
    pub annotations: Option<BTreeMap<String, String>>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Platform {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
    variant: Option<String>,
}

impl From<Platform> for OciPlatform {
    fn from(Platform { os, architecture, variant }: Platform) -> Self {
        let variant = variant.filter(|variant| !variant.is_empty());
        Self { os, architecture, variant }
    }
}

impl Descriptor {
    /// Whether it is about another manifest, and none that is run.
    pub fn is_attestation(&self) -> bool {
        let is_unknown = |it: &Platform| it.os == "unknown" && it.architecture == "unknown";
        self.platform.as_ref().is_some_and(is_unknown)
            || self
                .annotations
                .as_ref()
                .is_some_and(|it| it.contains_key("vnd.docker.reference.type"))
    }
}

/// An index or a manifest: told apart by their members, as old ones have no media type.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    pub manifests: Option<Vec<Descriptor>>,
    pub config: Option<Descriptor>,
    #[serde(default)]
    pub layers: Vec<Descriptor>,
    #[serde(default)]
    pub schema_version: u32,
}

/// What a configuration says that matters here.
#[derive(Debug, Deserialize)]
pub(super) struct Configuration {
    #[serde(flatten)]
    pub platform: Platform,
    pub config: Option<Runtime>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Runtime {
    pub labels: Option<BTreeMap<String, String>>,
}

/// An image in the `manifest.json` of an archive without an index.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DockerImage {
    pub config: String,
    #[serde(default)]
    pub repo_tags: Option<Vec<String>>,
    pub layers: Vec<String>,
}

/// Reads a document.
pub(super) fn parse<T: DeserializeOwned>(name: &str, bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| Error::broken(name, error))
}
