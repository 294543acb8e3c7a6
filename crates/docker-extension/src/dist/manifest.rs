//! `dist-manifest.json`: what a run made, for release workflows and other tools to read.

use std::fmt::Write;

use serde::Serialize;

use crate::engine::EngineKind;
use crate::oci::Digest;
use crate::platform::{HostPlatform, ImagePlatform};
use crate::text;

pub const MANIFEST: &str = "dist-manifest.json";
/// The checksums of every file that a release publishes.
pub const CHECKSUMS: &str = "SHA256SUMS";

/// The version of the manifest's schema. Keys are added without a new one; it changes when a key
/// goes away or changes its meaning.
pub const SCHEMA_VERSION: u32 = 1;

/// The manifest. Every path in it is relative to the folder that holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DistManifest {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The extension's name: the last part of its image's name.
    pub name: String,
    /// The extension's version.
    pub version: String,
    /// The image.
    pub image: ImageEntry,
    /// Every host binary for every platform.
    pub host_binaries: Vec<HostBinaryEntry>,
    /// Every file that a release publishes, but this manifest and the checksums.
    pub artifacts: Vec<Artifact>,
}

/// The image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImageEntry {
    /// Its name and tag.
    pub reference: String,
    /// The digest of its index.
    pub digest: Digest,
    /// Its archive, an OCI image layout in a tar file.
    pub archive: String,
    /// Its variants.
    pub platforms: Vec<ImagePlatform>,
    /// What made it.
    pub engine: EngineKind,
}

/// A host binary for one platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HostBinaryEntry {
    /// The binary's name.
    pub name: String,
    /// Where it runs.
    pub platform: HostPlatform,
    /// The Rust triple that it was built for.
    pub target: String,
    /// The file.
    pub path: String,
    #[serde(serialize_with = "Digest::serialize_hex")]
    pub sha256: Digest,
    /// The file's size in bytes.
    pub size: u64,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Artifact {
    /// The file.
    pub path: String,
    /// What it is.
    pub kind: ArtifactKind,
    #[serde(serialize_with = "Digest::serialize_hex")]
    pub sha256: Digest,
    /// Its size in bytes.
    pub size: u64,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArtifactKind {
    /// The image.
    Image,
    /// The host binaries of one platform.
    HostBinaries,
}

impl DistManifest {
    /// The manifest's text.
    pub fn to_json(&self) -> String {
        text::json(self)
    }

    /// The text of `SHA256SUMS`, as `sha256sum --check` reads it; `manifest` is the manifest's own.
    pub(super) fn checksums(&self, manifest: Digest) -> String {
        let files = self.artifacts.iter().map(|artifact| (&*artifact.path, artifact.sha256));
        let mut lines: Vec<(&str, Digest)> = files.chain([(MANIFEST, manifest)]).collect();
        lines.sort_unstable();
        let mut text = String::new();
        for (path, digest) in lines {
            let _ = writeln!(text, "{}  {path}", digest.hex());
        }
        text
    }
}

/// The name of the image's archive, as the text of a manifest says it; none where that is no manifest.
pub fn archive(text: &str) -> Option<String> {
    let manifest: serde_json::Value = serde_json::from_str(text).ok()?;
    let archive = manifest.get("image")?.get("archive")?.as_str()?;
    // Nothing beside the manifest has a folder in its name.
    let is_name = !archive.is_empty() && !archive.contains(['/', '\\']);
    is_name.then(|| archive.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn its_keys_are_a_promise_to_release_workflows() {
        let manifest = DistManifest {
            schema_version: SCHEMA_VERSION,
            name: "tool".to_owned(),
            version: "1.2.3".to_owned(),
            image: ImageEntry {
                reference: "me/tool:1.2.3".to_owned(),
                digest: Digest::of(b"index"),
                archive: "tool-1.2.3.oci.tar".to_owned(),
                platforms: ImagePlatform::ALL.into(),
                engine: EngineKind::Embedded,
            },
            host_binaries: vec![HostBinaryEntry {
                name: "helper".to_owned(),
                platform: HostPlatform::DEFAULT[1],
                target: HostPlatform::DEFAULT[1].triple().to_string(),
                path: "host/darwin-arm64/helper".to_owned(),
                sha256: Digest::of(b"helper"),
                size: 300_000,
            }],
            artifacts: vec![Artifact {
                path: "tool-1.2.3.oci.tar".to_owned(),
                kind: ArtifactKind::Image,
                sha256: Digest::of(b"archive"),
                size: 900_000,
            }],
        };
        expect![[r#"
            {
              "schema_version": 1,
              "name": "tool",
              "version": "1.2.3",
              "image": {
                "reference": "me/tool:1.2.3",
                "digest": "sha256:1bc04b5291c26a46d918139138b992d2de976d6851d0893b0476b85bfbdfc6e6",
                "archive": "tool-1.2.3.oci.tar",
                "platforms": [
                  "linux/amd64",
                  "linux/arm64"
                ],
                "engine": "embedded"
              },
              "host_binaries": [
                {
                  "name": "helper",
                  "platform": "darwin-arm64",
                  "target": "aarch64-apple-darwin",
                  "path": "host/darwin-arm64/helper",
                  "sha256": "e81d3b0e9d82feaaf5f6e55bdff24731d7eee08632ffa63801e6397290c5d20a",
                  "size": 300000
                }
              ],
              "artifacts": [
                {
                  "path": "tool-1.2.3.oci.tar",
                  "kind": "image",
                  "sha256": "0eb3e36bfb24dcd9bb1d1bece1531216b59539a8fde17ee80224af0653c92aa3",
                  "size": 900000
                }
              ]
            }
        "#]]
        .assert_eq(&manifest.to_json());
        expect![[r#"
            05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f  dist-manifest.json
            0eb3e36bfb24dcd9bb1d1bece1531216b59539a8fde17ee80224af0653c92aa3  tool-1.2.3.oci.tar
        "#]]
        .assert_eq(&manifest.checksums(Digest::of(b"manifest")));
    }
}
