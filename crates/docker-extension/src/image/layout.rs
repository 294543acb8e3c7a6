//! The documents of an OCI image layout: configuration, manifest, index.

use std::collections::{BTreeMap, HashMap};

use oci_spec::image::{
    ANNOTATION_REF_NAME, Arch as OciArch, ConfigBuilder, Descriptor, History, HistoryBuilder,
    ImageConfiguration, ImageConfigurationBuilder, ImageIndex, ImageIndexBuilder, ImageManifest,
    ImageManifestBuilder, MediaType, OciLayout, OciLayoutBuilder, Os, Platform, PlatformBuilder,
    RootFsBuilder, SCHEMA_VERSION,
};
use serde::{Deserialize, Serialize};

use super::layer::Packed;
use crate::context::contents::{Contents, FileMode, Layer};
use crate::oci::{ImageReference, Tag};
use crate::platform::{Arch, ImagePlatform};

/// Where a layout keeps its blobs.
pub(super) const BLOBS: &str = "blobs/sha256";
/// The file that names a layout's images.
pub(super) const INDEX: &str = "index.json";
/// The file that says that it is a layout.
pub(super) const LAYOUT: &str = "oci-layout";
/// The file from which engines with the classic image store load.
pub(super) const DOCKER_MANIFEST: &str = "manifest.json";

/// The time of everything.
const CREATED: &str = "1970-01-01T00:00:00Z";
/// The annotation by which containerd, and with it `docker load`, names an image.
const ANNOTATION_IMAGE_NAME: &str = "io.containerd.image.name";
/// The builders below fail only where a required field is forgotten.
const COMPLETE: &str = "every required field is set";

/// The configuration of one variant.
pub(super) fn configuration(
    contents: &Contents,
    platform: ImagePlatform,
    layers: &[Packed],
) -> ImageConfiguration {
    let diff_ids: Vec<_> = layers.iter().map(|layer| layer.diff_id.to_string()).collect();
    let labels: HashMap<_, _> = contents.labels.clone().into_iter().collect();
    ImageConfigurationBuilder::default()
        .created(CREATED)
        .architecture(oci_arch(platform))
        .os(Os::Linux)
        .config(ConfigBuilder::default().labels(labels).build().expect(COMPLETE))
        .rootfs(RootFsBuilder::default().typ("layers").diff_ids(diff_ids).build().expect(COMPLETE))
        .history(history(contents, platform))
        .build()
        .expect(COMPLETE)
}

/// What `docker history` shows: the instructions of the `Dockerfile` that makes the same image.
fn history(contents: &Contents, platform: ImagePlatform) -> Vec<History> {
    let entry = |instruction| HistoryBuilder::default().created(CREATED).created_by(instruction);
    let names: Vec<_> = contents.labels.keys().map(String::as_str).collect();
    let labels = entry(format!("LABEL {}", names.join(" "))).empty_layer(true);
    let copies = contents.layers.iter().map(|layer| entry(copy_instruction(layer, platform)));
    let labels = (!names.is_empty()).then_some(labels);
    labels.into_iter().chain(copies).map(|entry| entry.build().expect(COMPLETE)).collect()
}

fn copy_instruction(layer: &Layer, platform: ImagePlatform) -> String {
    let sources: Vec<_> =
        layer.sources.iter().map(|source| source.path(platform).into_string()).collect();
    let chmod = if layer.mode == FileMode::Executable { "--chmod=0755 " } else { "" };
    let end = if layer.folder.as_str().is_empty() { "" } else { "/" };
    format!("COPY {chmod}{} /{}{end}", sources.join(" "), layer.folder)
}

/// The manifest of one variant.
pub(super) fn manifest(configuration: Descriptor, layers: &[Packed]) -> ImageManifest {
    let layers: Vec<_> = layers.iter().map(|layer| layer.descriptor.clone()).collect();
    ImageManifestBuilder::default()
        .schema_version(SCHEMA_VERSION)
        .media_type(MediaType::ImageManifest)
        .config(configuration)
        .layers(layers)
        .build()
        .expect(COMPLETE)
}

/// The index of the two variants: the image.
pub(super) fn index(manifests: Vec<Descriptor>) -> ImageIndex {
    ImageIndexBuilder::default()
        .schema_version(SCHEMA_VERSION)
        .media_type(MediaType::ImageIndex)
        .manifests(manifests)
        .build()
        .expect(COMPLETE)
}

/// `index.json`: the one image of the layout, with its name.
pub(super) fn index_json(mut image: Descriptor, reference: &ImageReference) -> ImageIndex {
    image.set_annotations(Some(HashMap::from([
        (ANNOTATION_REF_NAME.to_owned(), reference.tag.to_string()),
        (ANNOTATION_IMAGE_NAME.to_owned(), reference.full_name()),
    ])));
    index(vec![image])
}

/// `oci-layout`.
pub(super) fn marker() -> OciLayout {
    OciLayoutBuilder::default().image_layout_version("1.0.0").build().expect(COMPLETE)
}

/// The platform as a descriptor in an index says it.
pub(super) fn oci_platform(platform: ImagePlatform) -> Platform {
    PlatformBuilder::default()
        .os(Os::Linux)
        .architecture(oci_arch(platform))
        .build()
        .expect(COMPLETE)
}

/// The variant that a descriptor in an index stands for; none where it is an attestation.
pub(super) fn image_platform(descriptor: &Descriptor) -> Option<ImagePlatform> {
    ImagePlatform::ALL
        .into_iter()
        .find(|platform| descriptor.platform().as_ref() == Some(&oci_platform(*platform)))
}

fn oci_arch(platform: ImagePlatform) -> OciArch {
    match platform.0 {
        Arch::Amd64 => OciArch::Amd64,
        Arch::Arm64 => OciArch::ARM64,
    }
}

/// An image in `manifest.json`.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DockerImage {
    config: String,
    repo_tags: Vec<String>,
    layers: Vec<String>,
}

/// `manifest.json`, for engines with the classic image store, whose tags stand for one platform
/// each: the tag is that of linux/amd64, and other variants add their architecture to it.
pub(super) fn docker_manifest(
    manifests: &BTreeMap<ImagePlatform, ImageManifest>,
    reference: &ImageReference,
) -> Vec<DockerImage> {
    let image = |(platform, manifest): (&ImagePlatform, &ImageManifest)| DockerImage {
        config: blob_path(manifest.config()),
        repo_tags: classic_tag(*platform, &reference.tag)
            .map(|tag| reference.name.with_tag(tag).to_string())
            .into_iter()
            .collect(),
        layers: manifest.layers().iter().map(blob_path).collect(),
    };
    manifests.iter().map(image).collect()
}

/// None where the longer tag would be too long for a tag.
fn classic_tag(platform: ImagePlatform, tag: &Tag) -> Option<Tag> {
    match platform.0 {
        Arch::Amd64 => Some(tag.clone()),
        arch => format!("{tag}-{}", arch.name()).parse().ok(),
    }
}

/// Where a blob stands in a layout.
pub(super) fn blob_path(blob: &Descriptor) -> String {
    format!("{BLOBS}/{}", blob.digest().digest())
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use expect_test::expect;

    use super::*;
    use crate::context::contents::Source;
    use crate::image::blob::{digest, json};
    use crate::image::testing::reference;

    fn packed(content: &str, size: u64) -> Packed {
        let [digest, diff_id] = [format!("gzip {content}"), content.to_owned()]
            .map(|bytes| digest(sha2::Digest::new_with_prefix(bytes)));
        Packed { descriptor: Descriptor::new(MediaType::ImageLayerGzip, size, digest), diff_id }
    }

    #[test]
    fn the_documents_are_written_byte_for_byte_like_this() {
        let layer = |source, folder: &str, mode| Layer {
            sources: vec![source],
            folder: folder.into(),
            mode,
        };
        let tool = Source::PerArch { before: "bin/".to_owned(), after: "/tool".to_owned() };
        let contents = Contents {
            labels: [("b", "2"), ("a", "one\ntwo")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            layers: vec![
                layer(Source::Shared("metadata.json".into()), "", FileMode::Data),
                layer(tool, "darwin", FileMode::Executable),
            ],
        };
        let layers = [packed("metadata", 1), packed("tool", 22)];
        let mut text = String::new();
        let mut blobs = crate::image::blob::Blobs::default();
        let mut add = |name: &str, bytes: Vec<u8>| {
            let _ = writeln!(text, "{name}\n{}", String::from_utf8(bytes).unwrap());
        };
        let mut manifests = BTreeMap::new();
        let mut variants = Vec::new();
        for platform in ImagePlatform::ALL {
            let configuration = configuration(&contents, platform, &layers);
            add("configuration", json(&configuration));
            let configuration = blobs.add_json(MediaType::ImageConfig, &configuration);
            let manifest = manifest(configuration, &layers);
            add("manifest", json(&manifest));
            let mut variant = blobs.add_json(MediaType::ImageManifest, &manifest);
            variant.set_platform(Some(oci_platform(platform)));
            variants.push(variant);
            manifests.insert(platform, manifest);
        }
        let index = index(variants);
        add("index", json(&index));
        let index = blobs.add_json(MediaType::ImageIndex, &index);
        add(INDEX, json(&index_json(index, &reference())));
        add(DOCKER_MANIFEST, json(&docker_manifest(&manifests, &reference())));
        add(LAYOUT, json(&marker()));
        let none = Contents { labels: BTreeMap::new(), layers: Vec::new() };
        add("an empty image", json(&configuration(&none, ImagePlatform::ALL[0], &[])));
        expect![[r#"
            configuration
            {"architecture":"amd64","config":{"Labels":{"a":"one\ntwo","b":"2"}},"created":"1970-01-01T00:00:00Z","history":[{"created":"1970-01-01T00:00:00Z","created_by":"LABEL a b","empty_layer":true},{"created":"1970-01-01T00:00:00Z","created_by":"COPY metadata.json /"},{"created":"1970-01-01T00:00:00Z","created_by":"COPY --chmod=0755 bin/amd64/tool /darwin/"}],"os":"linux","rootfs":{"diff_ids":["sha256:45447b7afbd5e544f7d0f1df0fccd26014d9850130abd3f020b89ff96b82079f","sha256:7c9bbe5ec9b3fb774e8fa0f54247e93c34ddf8e5d16fe3073420de0ae81a262d"],"type":"layers"}}
            manifest
            {"config":{"digest":"sha256:aef1d78bffc2175e9143fbbbe3f386390f812b6e6c621570498991bdf52a998d","mediaType":"application/vnd.oci.image.config.v1+json","size":557},"layers":[{"digest":"sha256:d99cca5566189be0f9456831f2602bd341bc5f39b5768eb4fead59930c5cb45f","mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","size":1},{"digest":"sha256:01213a1bbb8ee0ebb571998eeddcbc2df27faf03c1a769716c55d35dba55a21c","mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","size":22}],"mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2}
            configuration
            {"architecture":"arm64","config":{"Labels":{"a":"one\ntwo","b":"2"}},"created":"1970-01-01T00:00:00Z","history":[{"created":"1970-01-01T00:00:00Z","created_by":"LABEL a b","empty_layer":true},{"created":"1970-01-01T00:00:00Z","created_by":"COPY metadata.json /"},{"created":"1970-01-01T00:00:00Z","created_by":"COPY --chmod=0755 bin/arm64/tool /darwin/"}],"os":"linux","rootfs":{"diff_ids":["sha256:45447b7afbd5e544f7d0f1df0fccd26014d9850130abd3f020b89ff96b82079f","sha256:7c9bbe5ec9b3fb774e8fa0f54247e93c34ddf8e5d16fe3073420de0ae81a262d"],"type":"layers"}}
            manifest
            {"config":{"digest":"sha256:8c593718a815462a87d3208af40a62c864c581d4fc0cd46654daf9f19f5fe2b8","mediaType":"application/vnd.oci.image.config.v1+json","size":557},"layers":[{"digest":"sha256:d99cca5566189be0f9456831f2602bd341bc5f39b5768eb4fead59930c5cb45f","mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","size":1},{"digest":"sha256:01213a1bbb8ee0ebb571998eeddcbc2df27faf03c1a769716c55d35dba55a21c","mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","size":22}],"mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2}
            index
            {"manifests":[{"digest":"sha256:3a61207c990a49daf445d3b401c49535d79274181c236a0a101d08e87813dfcd","mediaType":"application/vnd.oci.image.manifest.v1+json","platform":{"architecture":"amd64","os":"linux"},"size":552},{"digest":"sha256:62353bd4cf8e9b6d81111acf83170690497641a61c146604dcc3025044a427a0","mediaType":"application/vnd.oci.image.manifest.v1+json","platform":{"architecture":"arm64","os":"linux"},"size":552}],"mediaType":"application/vnd.oci.image.index.v1+json","schemaVersion":2}
            index.json
            {"manifests":[{"annotations":{"io.containerd.image.name":"docker.io/example/tool:1.0.0","org.opencontainers.image.ref.name":"1.0.0"},"digest":"sha256:e44ca04ed9ca7f147fe903d928a9d95e43464a5d87fea63b855f788005dfe7a7","mediaType":"application/vnd.oci.image.index.v1+json","size":491}],"mediaType":"application/vnd.oci.image.index.v1+json","schemaVersion":2}
            manifest.json
            [{"Config":"blobs/sha256/aef1d78bffc2175e9143fbbbe3f386390f812b6e6c621570498991bdf52a998d","Layers":["blobs/sha256/d99cca5566189be0f9456831f2602bd341bc5f39b5768eb4fead59930c5cb45f","blobs/sha256/01213a1bbb8ee0ebb571998eeddcbc2df27faf03c1a769716c55d35dba55a21c"],"RepoTags":["example/tool:1.0.0"]},{"Config":"blobs/sha256/8c593718a815462a87d3208af40a62c864c581d4fc0cd46654daf9f19f5fe2b8","Layers":["blobs/sha256/d99cca5566189be0f9456831f2602bd341bc5f39b5768eb4fead59930c5cb45f","blobs/sha256/01213a1bbb8ee0ebb571998eeddcbc2df27faf03c1a769716c55d35dba55a21c"],"RepoTags":["example/tool:1.0.0-arm64"]}]
            oci-layout
            {"imageLayoutVersion":"1.0.0"}
            an empty image
            {"architecture":"amd64","config":{"Labels":{}},"created":"1970-01-01T00:00:00Z","history":[],"os":"linux","rootfs":{"diff_ids":[],"type":"layers"}}
        "#]].assert_eq(&text);
    }
}
