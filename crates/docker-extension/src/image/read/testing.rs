//! Valid and invalid images, assembled by hand.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tar::Header;

use super::error::ReadError;
use super::limits::Limits;
use super::stored::StoredImage;
use crate::oci::Digest;
use crate::progress::{Progress, Verbosity};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIGURATION: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
const STATEMENT: &str = "application/vnd.in-toto+json";
const ATTESTATION: &str = "application/vnd.docker.attestation.manifest.v1+json";

/// Limits that tests reach quickly.
pub(super) const SMALL: Limits = Limits {
    document: 16 * 1024,
    variants: 4,
    layers: 8,
    stored: 1024 * 1024,
    unpacked: 8 * 1024 * 1024,
    entries: 1000,
    names: 16 * 1024,
    path: 512,
    header: 4096,
    link_steps: 1000,
};

/// Writes a tar file entry by entry.
#[derive(Clone, Default)]
pub(super) struct Tar(Vec<u8>);

impl Tar {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.entry(b'0', path, "", content.as_ref())
    }

    pub fn directory(self, path: &str) -> Self {
        self.entry(b'5', path, "", b"")
    }

    pub fn symlink(self, path: &str, target: &str) -> Self {
        self.entry(b'2', path, target, b"")
    }

    pub fn hard_link(self, path: &str, target: &str) -> Self {
        self.entry(b'1', path, target, b"")
    }

    pub fn entry(self, kind: u8, path: &str, link: &str, content: &[u8]) -> Self {
        self.bytes(kind, path.as_bytes(), link.as_bytes(), content.len() as u64, content)
    }

    /// An entry whose header may have a wrong size.
    pub fn bytes(mut self, kind: u8, path: &[u8], link: &[u8], size: u64, content: &[u8]) -> Self {
        let mut header = Header::new_gnu();
        header.as_mut_bytes()[..path.len()].copy_from_slice(path);
        header.as_mut_bytes()[157..157 + link.len()].copy_from_slice(link);
        header.as_mut_bytes()[156] = kind;
        header.set_mode(if kind == b'5' { 0o755 } else { 0o644 });
        header.set_size(size);
        header.set_cksum();
        self.0.extend(header.as_bytes());
        self.0.extend(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    /// A PAX header with these records.
    pub fn extended(self, records: &[(&str, &str)]) -> Self {
        let mut content = String::new();
        for (key, value) in records {
            let rest = format!(" {key}={value}\n");
            // The length includes its own digits.
            let length = rest.len() + if rest.len() < 9 { 1 } else { 2 };
            content += &format!("{length}{rest}");
        }
        self.entry(b'x', "extended", "", content.as_bytes())
    }

    /// The tar file without the zeros at the end.
    pub fn unfinished(self) -> Vec<u8> {
        self.0
    }

    pub fn finish(mut self) -> Vec<u8> {
        self.0.extend([0; 1024]);
        self.0
    }
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// An OCI layout that is filled by hand.
#[derive(Default)]
pub(super) struct Image {
    blobs: Vec<(Digest, Vec<u8>)>,
}

impl Image {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a blob, and returns its descriptor.
    pub fn blob(&mut self, media_type: &str, bytes: Vec<u8>) -> Value {
        let digest = Digest::of(&bytes);
        let size = bytes.len();
        self.blobs.push((digest, bytes));
        json!({ "mediaType": media_type, "digest": digest.to_string(), "size": size })
    }

    pub fn layer(&mut self, bytes: Vec<u8>) -> Value {
        self.blob(LAYER, bytes)
    }

    /// A manifest of layers, which are given as tar files and are compressed here.
    pub fn manifest(&mut self, architecture: &str, layers: &[Vec<u8>]) -> Value {
        let diff_ids: Vec<_> = layers.iter().map(|tar| Digest::of(tar)).collect();
        let layers = layers.iter().map(|tar| self.layer(gzip(tar))).collect();
        self.manifest_of(architecture, layers, &diff_ids)
    }

    /// A manifest of layers that were added before.
    pub fn manifest_of(
        &mut self,
        architecture: &str,
        layers: Vec<Value>,
        diff_ids: &[Digest],
    ) -> Value {
        let configuration = json!({
            "os": "linux",
            "architecture": architecture,
            "config": { "Labels": { "for": architecture } },
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
        });
        let config = self.blob(CONFIGURATION, configuration.to_string().into_bytes());
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config,
            "layers": layers,
        });
        let mut descriptor = self.blob(MANIFEST, manifest.to_string().into_bytes());
        descriptor["platform"] = json!({ "os": "linux", "architecture": architecture });
        descriptor
    }

    /// The provenance of an image manifest, as BuildKit before 0.32 stored it: the manifest of an image for an
    /// unknown platform, with the statement as its layer.
    pub fn attestation(&mut self, subject: &Value) -> Value {
        let layer = self.statement(subject, "https://in-toto.io/Statement/v0.1");
        let config = json!({
            "architecture": "unknown",
            "os": "unknown",
            "config": {},
            "rootfs": { "type": "layers", "diff_ids": [layer["digest"]] },
        });
        let config = self.blob(CONFIGURATION, config.to_string().into_bytes());
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config,
            "layers": [layer],
        });
        let descriptor = self.blob(MANIFEST, manifest.to_string().into_bytes());
        Self::marked_by_buildkit(descriptor, subject)
    }

    /// The provenance of an image manifest, as BuildKit stores it since 0.32: an artifact.
    pub fn artifact_attestation(&mut self, subject: &Value) -> Value {
        let layer = self.statement(subject, "https://in-toto.io/Statement/v1");
        let descriptor = self.artifact(ATTESTATION, vec![layer], subject);
        Self::marked_by_buildkit(descriptor, subject)
    }

    /// An artifact that refers to the manifest `subject`, in the form of the OCI image specification 1.1.
    pub fn artifact(&mut self, kind: &str, layers: Vec<Value>, subject: &Value) -> Value {
        let mut config = self.blob(EMPTY, b"{}".to_vec());
        config["data"] = json!("e30=");
        let of = |name: &str| subject[name].clone();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": kind,
            "config": config,
            "layers": layers,
            "subject": { "mediaType": MANIFEST, "digest": of("digest"), "size": of("size") },
        });
        self.blob(MANIFEST, manifest.to_string().into_bytes())
    }

    fn statement(&mut self, subject: &Value, version: &str) -> Value {
        const PREDICATE: &str = "https://slsa.dev/provenance/v1";
        let digest = subject["digest"].as_str().unwrap_or_default().replace("sha256:", "");
        let statement = json!({
            "_type": version,
            "predicateType": PREDICATE,
            "subject": [{ "name": "_", "digest": { "sha256": digest } }],
            "predicate": {},
        });
        let mut layer = self.blob(STATEMENT, statement.to_string().into_bytes());
        layer["annotations"] = json!({ "in-toto.io/predicate-type": PREDICATE });
        layer
    }

    fn marked_by_buildkit(mut descriptor: Value, subject: &Value) -> Value {
        descriptor["annotations"] = json!({
            "vnd.docker.reference.digest": subject["digest"],
            "vnd.docker.reference.type": "attestation-manifest",
        });
        descriptor["platform"] = json!({ "architecture": "unknown", "os": "unknown" });
        descriptor
    }

    pub fn index(&mut self, manifests: Vec<Value>) -> Value {
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests });
        self.blob(INDEX, index.to_string().into_bytes())
    }

    /// The archive whose `index.json` refers to these.
    pub fn archive(self, images: Vec<Value>) -> Vec<u8> {
        let index = json!({ "schemaVersion": 2, "manifests": images });
        let tar = Tar::new()
            .file("oci-layout", r#"{"imageLayoutVersion": "1.0.0"}"#)
            .file("index.json", index.to_string());
        let add = |tar: Tar, (digest, bytes): &(Digest, Vec<u8>)| {
            tar.file(&format!("blobs/sha256/{}", digest.hex()), bytes)
        };
        self.blobs.iter().fold(tar, add).finish()
    }
}

/// The archive of an image with one variant with these layers, given as tar files.
pub(super) fn archive_of(layers: &[Vec<u8>]) -> Vec<u8> {
    let mut image = Image::new();
    let manifest = image.manifest("amd64", layers);
    image.archive(vec![manifest])
}

/// Reads an archive within these limits.
pub(super) fn read(archive: Vec<u8>, limits: &Limits) -> Result<StoredImage, ReadError> {
    let progress = Progress::new(Verbosity::Quiet);
    StoredImage::from_archive(Cursor::new(archive), limits, &progress.step("reading"))
}
