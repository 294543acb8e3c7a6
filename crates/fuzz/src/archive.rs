//! Archives of images with valid documents and arbitrary labels and layers.

use std::io::Cursor;

use docker_extension::internals::image::read::limits::Limits;
use docker_extension::internals::image::read::{ReadError, StoredImage};
use docker_extension::internals::oci::Digest;
use docker_extension::internals::progress::{Progress, Verbosity};
use serde_json::{Value, json};

use crate::labels::Labels;
use crate::tar::{self, Layer};

const LIMITS: Limits = Limits {
    document: 64 * 1024,
    variants: 4,
    layers: 8,
    stored: 1024 * 1024,
    unpacked: 4 * 1024 * 1024,
    entries: 2000,
    names: 256 * 1024,
    path: 4096,
    header: 64 * 1024,
    link_steps: 20_000,
};

/// Reads an archive within limits that are reached quickly.
pub fn read(archive: Vec<u8>) -> Result<StoredImage, ReadError> {
    let progress = Progress::new(Verbosity::Quiet);
    StoredImage::from_archive(Cursor::new(archive), &LIMITS, &progress.step(""))
}

/// The format of old versions of `docker save`: one variant, without digests.
pub fn docker_save(layers: &[&Layer<'_>]) -> Vec<u8> {
    let mut archive = Vec::new();
    let names: Vec<_> = (0..layers.len()).map(|number| format!("{number}/layer.tar")).collect();
    for (layer, name) in layers.iter().zip(&names) {
        tar::file(&mut archive, name, &layer.stored());
    }
    let configuration = configuration("amd64", &Labels::new(), layers);
    let manifest = json!([{ "Config": "config.json", "Layers": names }]);
    tar::file(&mut archive, "config.json", configuration.to_string().as_bytes());
    tar::file(&mut archive, "manifest.json", manifest.to_string().as_bytes());
    archive
}

/// An OCI layout with both variants of an extension: their labels and layers.
pub fn layout(variants: [(&Labels, &[&Layer<'_>]); 2]) -> Vec<u8> {
    let mut archive = Vec::new();
    let manifests = ["amd64", "arm64"].into_iter().zip(variants).map(|(arch, (labels, layers))| {
        let configuration = configuration(arch, labels, layers).to_string();
        let config = blob(&mut archive, "config.v1+json", configuration.as_bytes());
        let layers = layers.iter().map(|layer| blob(&mut archive, "layer.v1.tar", &layer.stored()));
        let layers: Vec<Value> = layers.collect();
        let manifest = json!({ "schemaVersion": 2, "config": config, "layers": layers });
        let mut descriptor =
            blob(&mut archive, "manifest.v1+json", manifest.to_string().as_bytes());
        descriptor["platform"] = json!({ "os": "linux", "architecture": arch });
        descriptor
    });
    let manifests: Vec<Value> = manifests.collect();
    let index = json!({ "schemaVersion": 2, "manifests": manifests }).to_string();
    let image = blob(&mut archive, "index.v1+json", index.as_bytes());
    let index = json!({ "schemaVersion": 2, "manifests": [image] }).to_string();
    tar::file(&mut archive, "oci-layout", br#"{"imageLayoutVersion": "1.0.0"}"#);
    tar::file(&mut archive, "index.json", index.as_bytes());
    archive
}

fn blob(archive: &mut Vec<u8>, kind: &str, bytes: &[u8]) -> Value {
    let digest = Digest::of(bytes);
    tar::file(archive, &format!("blobs/sha256/{}", digest.hex()), bytes);
    let media_type = format!("application/vnd.oci.image.{kind}");
    json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() })
}

fn configuration(architecture: &str, labels: &Labels, layers: &[&Layer<'_>]) -> Value {
    let diff_ids: Vec<Digest> = layers.iter().map(|layer| Digest::of(&layer.tar())).collect();
    json!({
        "os": "linux",
        "architecture": architecture,
        "config": { "Labels": labels },
        "rootfs": { "type": "layers", "diff_ids": diff_ids },
    })
}
