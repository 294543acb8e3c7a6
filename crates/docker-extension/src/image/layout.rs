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
use crate::contents::{ImageContents, dockerfile};
use crate::platform::{Arch, ImagePlatform};
use crate::project::reference::{ImageReference, Tag};

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
    contents: &ImageContents,
    platform: ImagePlatform,
    layers: &[Packed],
) -> ImageConfiguration {
    let diff_ids: Vec<_> = layers.iter().map(|layer| layer.diff_id.to_string()).collect();
    let labels: HashMap<_, _> = contents.labels().clone().into_iter().collect();
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
fn history(contents: &ImageContents, platform: ImagePlatform) -> Vec<History> {
    let entry = |(instruction, makes_layer): (String, bool)| {
        let entry = HistoryBuilder::default().created(CREATED).created_by(instruction);
        let entry = if makes_layer { entry } else { entry.empty_layer(true) };
        entry.build().expect(COMPLETE)
    };
    dockerfile::history(contents, platform).into_iter().map(entry).collect()
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
