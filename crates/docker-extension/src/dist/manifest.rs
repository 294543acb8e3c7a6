//! `dist-manifest.json`: describes the finished files for release workflows and other tools.

use std::fmt::Write;

use serde::Serialize;

use crate::engine::EngineKind;
use crate::macos_symbols::ImportProof;
use crate::oci::Digest;
use crate::platform::{HostPlatform, ImagePlatform};
use crate::text;

pub const MANIFEST: &str = "dist-manifest.json";
/// The checksums of all files that a release publishes.
pub const CHECKSUMS: &str = "SHA256SUMS";

/// Increased if a key is removed or changes its meaning, not if one is added.
pub const SCHEMA_VERSION: u32 = 1;

/// Paths are relative to the directory of the manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DistManifest {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The extension's name: the last part of the image name.
    pub name: String,
    /// The extension's version.
    pub version: String,
    pub image: ImageEntry,
    pub host_binaries: Vec<HostBinaryEntry>,
    /// All files that a release publishes, except this manifest and the checksums.
    pub artifacts: Vec<Artifact>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImageEntry {
    /// Name and tag.
    pub reference: String,
    /// The digest of the image index.
    pub digest: Digest,
    /// The path of a tar file with an OCI image layout.
    pub archive: String,
    pub platforms: Vec<ImagePlatform>,
    pub engine: EngineKind,
}

/// A host binary for one platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HostBinaryEntry {
    pub name: String,
    pub platform: HostPlatform,
    /// The Rust target triple.
    pub target: String,
    pub path: String,
    #[serde(serialize_with = "Digest::serialize_hex")]
    pub sha256: Digest,
    /// In bytes.
    pub size: u64,
    /// Only for macOS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub macos_imports: Option<MacOsImports>,
}

/// The symbols without which a host binary does not start, and what proves that macOS has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MacOsImports {
    /// The oldest macOS that the host binary supports.
    pub minimum_macos: String,
    /// The number of imported symbols.
    pub count: usize,
    /// The number of symbols that `minimum_macos` is known to have.
    pub proven: usize,
    /// The first other symbols, at most [`MacOsImports::MOST_NAMED`].
    pub unproven: Vec<String>,
    /// Symbols and libraries that are newer than `minimum_macos`.
    pub newer: Vec<String>,
}

impl MacOsImports {
    const MOST_NAMED: usize = 100;
}

impl From<ImportProof> for MacOsImports {
    fn from(proof: ImportProof) -> Self {
        let newer = proof.newer.iter().map(|(name, _)| name.clone());
        Self {
            minimum_macos: proof.minimum.to_string(),
            count: proof.imports(),
            proven: proof.proven,
            unproven: proof.unproven.iter().take(Self::MOST_NAMED).cloned().collect(),
            newer: newer.take(Self::MOST_NAMED).collect(),
        }
    }
}

/// A file that a release publishes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Artifact {
    pub path: String,
    pub kind: ArtifactKind,
    #[serde(serialize_with = "Digest::serialize_hex")]
    pub sha256: Digest,
    /// In bytes.
    pub size: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArtifactKind {
    Image,
    /// A zip archive with the host binaries of one platform.
    HostBinaries,
}

impl DistManifest {
    pub fn to_json(&self) -> String {
        text::json(self)
    }

    /// The text of `SHA256SUMS` in the format of `sha256sum --check`. `manifest` is the digest of the
    /// manifest.
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

/// The file name of the image's archive in the text of a manifest; none if the manifest is invalid.
pub fn archive(text: &str) -> Option<String> {
    let manifest: serde_json::Value = serde_json::from_str(text).ok()?;
    let archive = manifest.get("image")?.get("archive")?.as_str()?;
    // The archive is in the directory of the manifest; anything else is not to be read.
    let is_name = !archive.is_empty() && !archive.contains(['/', '\\']);
    is_name.then(|| archive.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn the_keys_of_a_manifest_are_stable() {
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
                macos_imports: Some(MacOsImports {
                    minimum_macos: "11.0".to_owned(),
                    count: 3,
                    proven: 1,
                    unproven: vec!["_acl_dup".to_owned(), "_dup3".to_owned()],
                    newer: vec!["_dup3".to_owned()],
                }),
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
                  "size": 300000,
                  "macos_imports": {
                    "minimum_macos": "11.0",
                    "count": 3,
                    "proven": 1,
                    "unproven": [
                      "_acl_dup",
                      "_dup3"
                    ],
                    "newer": [
                      "_dup3"
                    ]
                  }
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
