//! The documents of an extension's image.

use std::collections::BTreeMap;

use super::layer::PackedLayer;
use crate::contents::{ImageContents, dockerfile};
use crate::oci::layout::blob_path;
use crate::oci::{
    ContainerConfig, Descriptor, DockerManifestItem, History, ImageConfiguration, ImageIndex,
    ImageManifest, OciPlatform, Reference, RootFs, Tag, annotation,
};
use crate::platform::{Arch, ImagePlatform};

/// The time of everything in the image.
const CREATED: &str = "1970-01-01T00:00:00Z";

/// The configuration of one variant.
pub(super) fn configuration(
    contents: &ImageContents,
    platform: ImagePlatform,
    layers: &[PackedLayer],
) -> ImageConfiguration {
    let OciPlatform { os, architecture, variant } = platform.into();
    ImageConfiguration {
        os,
        architecture,
        variant,
        created: CREATED.to_owned(),
        config: ContainerConfig { labels: contents.labels().clone() },
        rootfs: RootFs::new(layers.iter().map(|layer| layer.diff_id).collect()),
        history: history(contents, platform),
    }
}

/// The instructions of an equivalent `Dockerfile`, for the history.
fn history(contents: &ImageContents, platform: ImagePlatform) -> Vec<History> {
    let entry = |(created_by, makes_layer): (String, bool)| History {
        created: CREATED.to_owned(),
        created_by,
        empty_layer: !makes_layer,
    };
    dockerfile::history(contents, platform).into_iter().map(entry).collect()
}

/// The manifest of one variant.
pub(super) fn manifest(configuration: Descriptor, layers: &[PackedLayer]) -> ImageManifest {
    let layers = layers.iter().map(|layer| layer.descriptor.clone()).collect();
    ImageManifest::new(configuration, layers)
}

/// `index.json`, which lists the image and its name.
pub(super) fn index_json(mut image: Descriptor, reference: &Reference<Tag>) -> ImageIndex {
    image.annotations = BTreeMap::from([
        (annotation::REF_NAME.to_owned(), reference.version.to_string()),
        (annotation::IMAGE_NAME.to_owned(), reference.full_name()),
    ]);
    ImageIndex::new(vec![image])
}

/// `manifest.json`, for engines with the classic image store. There, a tag stands for one platform:
/// linux/amd64 gets the tag itself, and other variants get the tag with their architecture appended.
pub(super) fn docker_manifest(
    manifests: &BTreeMap<ImagePlatform, ImageManifest>,
    reference: &Reference<Tag>,
) -> Vec<DockerManifestItem> {
    let image = |(platform, manifest): (&ImagePlatform, &ImageManifest)| DockerManifestItem {
        config: blob_path(manifest.config.digest),
        repo_tags: classic_tag(*platform, &reference.version)
            .map(|tag| reference.name.with_tag(tag).to_string())
            .into_iter()
            .collect(),
        layers: manifest.layers.iter().map(|layer| blob_path(layer.digest)).collect(),
    };
    manifests.iter().map(image).collect()
}

/// `None` if the longer tag exceeds the maximum length.
fn classic_tag(platform: ImagePlatform, tag: &Tag) -> Option<Tag> {
    match platform.0 {
        Arch::Amd64 => Some(tag.clone()),
        arch => format!("{tag}-{}", arch.name()).parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use expect_test::expect;

    use super::*;
    use crate::contents::{CopySource, FileMode, FileOrigin, LayerContents, PerVariant};
    use crate::image::blob::NewBlobs;
    use crate::image::testing::reference;
    use crate::oci::layout::{DOCKER_MANIFEST, INDEX, MARKER};
    use crate::oci::{Digest, MediaType, OciLayout, to_json};

    fn packed(content: &str, size: u64) -> PackedLayer {
        let digest = Digest::of(format!("gzip {content}").as_bytes());
        let descriptor = Descriptor::new(MediaType::LAYER_GZIP, digest, size);
        PackedLayer { descriptor, diff_id: Digest::of(content.as_bytes()) }
    }

    #[test]
    fn the_documents_are_written_exactly_like_this() {
        let own = |name: &str, origin| CopySource::File { name: name.to_owned(), origin };
        let layer = |source, directory: &str, mode| LayerContents {
            sources: vec![source],
            directory: directory.into(),
            mode,
        };
        let metadata = PerVariant::Shared(FileOrigin::Generated("{}".into()));
        let tool = PerVariant::Each {
            amd64: FileOrigin::Generated("amd64".into()),
            arm64: FileOrigin::Generated("arm64".into()),
        };
        let labels = [("b", "2"), ("a", "one\ttwo")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let layers = vec![
            layer(own("metadata.json", metadata), "", FileMode::Data),
            layer(own("tool", tool), "darwin", FileMode::Executable),
        ];
        let contents = ImageContents::new(labels.into(), layers).unwrap();
        let layers = [packed("metadata", 1), packed("tool", 22)];
        let mut text = String::new();
        let mut blobs = NewBlobs::default();
        let mut add = |name: &str, bytes: Vec<u8>| {
            let _ = writeln!(text, "{name}\n{}", String::from_utf8(bytes).unwrap());
        };
        let mut manifests = BTreeMap::new();
        let mut variants = Vec::new();
        for platform in ImagePlatform::ALL {
            let configuration = configuration(&contents, platform, &layers);
            add("configuration", to_json(&configuration));
            let configuration = blobs.add_json(MediaType::CONFIGURATION, &configuration);
            let manifest = manifest(configuration, &layers);
            add("manifest", to_json(&manifest));
            let mut variant = blobs.add_json(MediaType::MANIFEST, &manifest);
            variant.platform = Some(platform.into());
            variants.push(variant);
            manifests.insert(platform, manifest);
        }
        let index = ImageIndex::new(variants);
        add("index", to_json(&index));
        let index = blobs.add_json(MediaType::INDEX, &index);
        add(INDEX, to_json(&index_json(index, &reference())));
        add(DOCKER_MANIFEST, to_json(&docker_manifest(&manifests, &reference())));
        add(MARKER, to_json(&OciLayout::CURRENT));
        let none = ImageContents::new(BTreeMap::new(), Vec::new()).unwrap();
        add("an empty image", to_json(&configuration(&none, ImagePlatform::ALL[0], &[])));
        expect![[r#"
            configuration
            {"architecture":"amd64","config":{"Labels":{"a":"one\ttwo","b":"2"}},"created":"1970-01-01T00:00:00Z","history":[{"created":"1970-01-01T00:00:00Z","created_by":"LABEL a b","empty_layer":true},{"created":"1970-01-01T00:00:00Z","created_by":"COPY metadata.json /"},{"created":"1970-01-01T00:00:00Z","created_by":"COPY --chmod=0755 variants/amd64/tool /darwin/"}],"os":"linux","rootfs":{"diff_ids":["sha256:45447b7afbd5e544f7d0f1df0fccd26014d9850130abd3f020b89ff96b82079f","sha256:7c9bbe5ec9b3fb774e8fa0f54247e93c34ddf8e5d16fe3073420de0ae81a262d"],"type":"layers"}}
            manifest
            {"config":{"digest":"sha256:58bd5a06cd02b4c4dde1c059fb4c6509a48adad6da8cd1dd21ba0749715031c5","mediaType":"application/vnd.oci.image.config.v1+json","size":562},"layers":[{"digest":"sha256:d99cca5566189be0f9456831f2602bd341bc5f39b5768eb4fead59930c5cb45f","mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","size":1},{"digest":"sha256:01213a1bbb8ee0ebb571998eeddcbc2df27faf03c1a769716c55d35dba55a21c","mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","size":22}],"mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2}
            configuration
            {"architecture":"arm64","config":{"Labels":{"a":"one\ttwo","b":"2"}},"created":"1970-01-01T00:00:00Z","history":[{"created":"1970-01-01T00:00:00Z","created_by":"LABEL a b","empty_layer":true},{"created":"1970-01-01T00:00:00Z","created_by":"COPY metadata.json /"},{"created":"1970-01-01T00:00:00Z","created_by":"COPY --chmod=0755 variants/arm64/tool /darwin/"}],"os":"linux","rootfs":{"diff_ids":["sha256:45447b7afbd5e544f7d0f1df0fccd26014d9850130abd3f020b89ff96b82079f","sha256:7c9bbe5ec9b3fb774e8fa0f54247e93c34ddf8e5d16fe3073420de0ae81a262d"],"type":"layers"}}
            manifest
            {"config":{"digest":"sha256:17f9eaaeea5b9b98797b3b7f51ab7579c7d77fe10f62c3b3f5a32619cd2145c8","mediaType":"application/vnd.oci.image.config.v1+json","size":562},"layers":[{"digest":"sha256:d99cca5566189be0f9456831f2602bd341bc5f39b5768eb4fead59930c5cb45f","mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","size":1},{"digest":"sha256:01213a1bbb8ee0ebb571998eeddcbc2df27faf03c1a769716c55d35dba55a21c","mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","size":22}],"mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2}
            index
            {"manifests":[{"digest":"sha256:4dafbc476c97daf4d304ec043a65a8bb3925a562551140f6ed5857f4bcf5324e","mediaType":"application/vnd.oci.image.manifest.v1+json","platform":{"architecture":"amd64","os":"linux"},"size":552},{"digest":"sha256:abb97efce0b8e3468f5b736b49585815be6e89e6ef1fa55f36c167d705e63b08","mediaType":"application/vnd.oci.image.manifest.v1+json","platform":{"architecture":"arm64","os":"linux"},"size":552}],"mediaType":"application/vnd.oci.image.index.v1+json","schemaVersion":2}
            index.json
            {"manifests":[{"annotations":{"io.containerd.image.name":"docker.io/example/tool:1.0.0","org.opencontainers.image.ref.name":"1.0.0"},"digest":"sha256:917af7e59f4e3e8959a60f1eeea4e21c34e8dbe97ce9f36da0116af5bc3361e3","mediaType":"application/vnd.oci.image.index.v1+json","size":491}],"mediaType":"application/vnd.oci.image.index.v1+json","schemaVersion":2}
            manifest.json
            [{"Config":"blobs/sha256/58bd5a06cd02b4c4dde1c059fb4c6509a48adad6da8cd1dd21ba0749715031c5","Layers":["blobs/sha256/d99cca5566189be0f9456831f2602bd341bc5f39b5768eb4fead59930c5cb45f","blobs/sha256/01213a1bbb8ee0ebb571998eeddcbc2df27faf03c1a769716c55d35dba55a21c"],"RepoTags":["example/tool:1.0.0"]},{"Config":"blobs/sha256/17f9eaaeea5b9b98797b3b7f51ab7579c7d77fe10f62c3b3f5a32619cd2145c8","Layers":["blobs/sha256/d99cca5566189be0f9456831f2602bd341bc5f39b5768eb4fead59930c5cb45f","blobs/sha256/01213a1bbb8ee0ebb571998eeddcbc2df27faf03c1a769716c55d35dba55a21c"],"RepoTags":["example/tool:1.0.0-arm64"]}]
            oci-layout
            {"imageLayoutVersion":"1.0.0"}
            an empty image
            {"architecture":"amd64","config":{"Labels":{}},"created":"1970-01-01T00:00:00Z","history":[],"os":"linux","rootfs":{"diff_ids":[],"type":"layers"}}
        "#]].assert_eq(&text);
    }
}
