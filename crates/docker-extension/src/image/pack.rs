//! Packs the image: the embedded engine, which needs no other program.

use camino::Utf8Path;

use super::archive::{self, Manifests};
use super::blob::{BlobContent, NewBlobs};
use super::built::Image;
use super::layer::{self, PackedLayer};
use super::layout;
use crate::contents::{LayerContents, PerVariant};
use crate::context::Context;
use crate::error::Result;
use crate::oci::{ImageIndex, MediaType, Reference, Tag};
use crate::platform::{Arch, ImagePlatform};
use crate::progress::Step;
use crate::text;

/// Writes the image of `context`, named `reference`, to the new file `archive`.
///
/// # Errors
/// A file can't be read or written. Part of the archive may exist then.
pub fn pack(
    context: &Context,
    reference: &Reference<Tag>,
    archive: &Utf8Path,
    step: &Step<'_>,
) -> Result<Image> {
    let mut blobs = NewBlobs::default();
    let layers = pack_layers(context, archive, &mut blobs, step)?;
    let mut manifests = Manifests::new();
    let mut variants = Vec::new();
    for platform in ImagePlatform::ALL {
        let layers: Vec<PackedLayer> =
            layers.iter().map(|layer| layer.get(platform).clone()).collect();
        let configuration = layout::configuration(context.contents(), platform, &layers);
        let configuration = blobs.add_json(MediaType::CONFIGURATION, &configuration);
        let manifest = layout::manifest(configuration, &layers);
        let mut variant = blobs.add_json(MediaType::MANIFEST, &manifest);
        variant.platform = Some(platform.into());
        variants.push(variant);
        manifests.insert(platform, manifest);
    }
    let index = blobs.add_json(MediaType::INDEX, &ImageIndex::new(variants));
    let digest = index.digest;
    step.at("writing the archive");
    archive::write(archive, blobs, index, &manifests, reference)?;
    Ok(Image {
        reference: reference.clone(),
        digest,
        archive: archive.to_owned(),
        platforms: manifests.into_keys().collect(),
    })
}

/// Packs the layers. A layer that both variants have is packed and stored once.
fn pack_layers(
    context: &Context,
    archive: &Utf8Path,
    blobs: &mut NewBlobs,
    step: &Step<'_>,
) -> Result<Vec<PerVariant<PackedLayer>>> {
    // On the same disk as the archive, because they become part of it.
    let directory = archive.parent().filter(|directory| !directory.as_str().is_empty());
    let directory = directory.unwrap_or(Utf8Path::new("."));
    let mut pack = |layer: &LayerContents, platform| -> Result<PackedLayer> {
        let count = text::count(layer.files(platform).len(), "file");
        step.at(format_args!("packing {count}"));
        let (packed, file) = layer::pack(context, layer, platform, directory)?;
        blobs.add(&packed.descriptor, BlobContent::Disk(file));
        Ok(packed)
    };
    let [amd64, arm64] = [Arch::Amd64, Arch::Arm64].map(ImagePlatform);
    let layers = context.contents().layers().iter();
    let layers = layers.map(|layer| {
        let packed = pack(layer, amd64)?;
        if layer.is_shared() {
            return Ok(PerVariant::Shared(packed));
        }
        Ok(PerVariant::Each { amd64: packed, arm64: pack(layer, arm64)? })
    });
    layers.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::io::Read;

    use camino::Utf8PathBuf;
    use flate2::read::GzDecoder;
    use proptest::prelude::*;
    use serde_json::Value;
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::contents::{CopySource, FileMode, FileOrigin, Files, ImageContents, LayerContents};
    use crate::image::testing::{Written, build, reference};
    use crate::oci::layout::blob_path;
    use crate::oci::{Descriptor, ImageConfiguration, ImageManifest};
    use crate::text::hex;

    fn contents() -> ImageContents {
        contents_with(&[("index.html", "<html>"), ("assets/ü.js", "js")])
    }

    fn contents_with(pages: &[(&str, &str)]) -> ImageContents {
        let file = |name: &str, text: &str| CopySource::File {
            name: name.to_owned(),
            origin: PerVariant::Shared(FileOrigin::Generated(text.into())),
        };
        let shared = |path: &str, list| CopySource::Directory {
            path: path.to_owned(),
            files: PerVariant::Shared(files(list)),
        };
        let [amd64, arm64] = ["amd64", "arm64"].map(|arch| files(&[("tool", arch)]));
        let tool = CopySource::Directory {
            path: "bin".to_owned(),
            files: PerVariant::Each { amd64, arm64 },
        };
        let layer = |sources, directory: &str, mode| LayerContents {
            sources,
            directory: directory.into(),
            mode,
        };
        let labels = [("b", "2"), ("a", "one\ttwo")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let layers = vec![
            layer(
                vec![file("metadata.json", "{}"), file("icon.svg", "<svg/>")],
                "",
                FileMode::Data,
            ),
            layer(vec![shared("ui", pages)], "ui", FileMode::Data),
            layer(vec![tool], "darwin", FileMode::Executable),
            layer(vec![shared("windows", &[("tool.exe", "exe")])], "windows", FileMode::Executable),
        ];
        ImageContents::new(labels.into(), layers).unwrap()
    }

    fn files(list: &[(&str, &str)]) -> Files {
        let file = |(path, text): &(&str, &str)| {
            (Utf8PathBuf::from(*path), FileOrigin::Generated((*text).into()))
        };
        list.iter().map(file).collect()
    }

    /// The files of an archive, in their order.
    fn unpack(archive: impl Read) -> Vec<(String, u32, Vec<u8>)> {
        let mut archive = tar::Archive::new(archive);
        let entries = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            let header = entry.header();
            assert_eq!((header.mtime().unwrap(), header.uid().unwrap()), (0, 0));
            assert_eq!((header.username().unwrap(), header.gid().unwrap()), (Some(""), 0));
            let path = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
            (path, header.mode().unwrap(), content)
        });
        entries.collect()
    }

    struct Opened(BTreeMap<String, Vec<u8>>);

    impl Opened {
        fn new(archive: &[u8]) -> Self {
            Self(unpack(archive).into_iter().map(|(path, _, content)| (path, content)).collect())
        }

        fn json<T: serde::de::DeserializeOwned>(&self, path: &str) -> T {
            serde_json::from_slice(&self.0[path]).unwrap()
        }

        fn variants(&self) -> Vec<ImageManifest> {
            let index: ImageIndex = self.json("index.json");
            let index: ImageIndex = self.json(&blob_path(index.manifests[0].digest));
            let manifests = index.manifests.iter();
            manifests.map(|manifest| self.json(&blob_path(manifest.digest))).collect()
        }

        fn layer(&self, layer: &Descriptor) -> Vec<u8> {
            let mut tar = Vec::new();
            let blob = &self.0[&blob_path(layer.digest)];
            GzDecoder::new(&blob[..]).read_to_end(&mut tar).unwrap();
            tar
        }
    }

    #[test]
    fn every_blob_matches_its_name_and_its_descriptors() {
        let opened = Opened::new(&build(contents()).unwrap());
        let mut named = BTreeSet::new();
        for (path, content) in &opened.0 {
            if let Some(hash) = path.strip_prefix("blobs/sha256/").filter(|hash| !hash.is_empty()) {
                assert_eq!(hash, hex(&Sha256::digest(content)));
                named.insert(hash.to_owned());
            }
        }
        let mut described = BTreeSet::new();
        let index: ImageIndex = opened.json("index.json");
        let image: ImageIndex = opened.json(&blob_path(index.manifests[0].digest));
        let mut descriptors = [index.manifests, image.manifests].concat();
        for manifest in opened.variants() {
            let config: ImageConfiguration = opened.json(&blob_path(manifest.config.digest));
            for (layer, diff_id) in manifest.layers.iter().zip(config.rootfs.diff_ids) {
                assert_eq!(diff_id.hex(), hex(&Sha256::digest(opened.layer(layer))));
            }
            descriptors.extend(manifest.layers);
            descriptors.push(manifest.config);
        }
        for descriptor in descriptors {
            assert_eq!(opened.0[&blob_path(descriptor.digest)].len() as u64, descriptor.size);
            described.insert(descriptor.digest.hex());
        }
        assert_eq!(named, described);
    }

    #[test]
    fn a_layer_of_both_variants_is_stored_once() {
        let opened = Opened::new(&build(contents()).unwrap());
        let [amd64, arm64] = &opened.variants()[..] else { panic!("two variants") };
        let shared: Vec<_> = amd64.layers.iter().zip(&arm64.layers).map(|(a, b)| a == b).collect();
        assert_eq!(shared, [true, true, false, true]);
    }

    #[test]
    fn layers_have_the_entries_that_copy_creates() {
        let opened = Opened::new(&build(contents()).unwrap());
        let [amd64, arm64] = &opened.variants()[..] else { panic!("two variants") };
        let entries = |manifest: &ImageManifest, layer: usize| {
            let entries = unpack(&opened.layer(&manifest.layers[layer])[..]);
            entries
                .into_iter()
                .map(|(path, mode, content)| {
                    format!("{mode:o} {path} {}", String::from_utf8(content).unwrap())
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(entries(amd64, 0), ["644 icon.svg <svg/>", "644 metadata.json {}"]);
        assert_eq!(
            entries(amd64, 1),
            ["755 ui/ ", "755 ui/assets/ ", "644 ui/assets/ü.js js", "644 ui/index.html <html>"]
        );
        assert_eq!(entries(amd64, 2), ["755 darwin/ ", "755 darwin/tool amd64"]);
        assert_eq!(entries(arm64, 2), ["755 darwin/ ", "755 darwin/tool arm64"]);
        assert_eq!(entries(arm64, 3), ["755 windows/ ", "755 windows/tool.exe exe"]);
    }

    #[test]
    fn the_documents_contain_the_fields_that_docker_uses() {
        let opened = Opened::new(&build(contents()).unwrap());
        let index: Value = opened.json("index.json");
        let annotations = &index["manifests"][0]["annotations"];
        assert_eq!(annotations["org.opencontainers.image.ref.name"], "1.0.0");
        assert_eq!(annotations["io.containerd.image.name"], "docker.io/example/tool:1.0.0");
        let manifest: Value = opened.json("manifest.json");
        assert_eq!(manifest[0]["RepoTags"][0], "example/tool:1.0.0");
        assert_eq!(manifest[1]["RepoTags"][0], "example/tool:1.0.0-arm64");
        for (variant, arch) in opened.variants().iter().zip(["amd64", "arm64"]) {
            let config: Value = opened.json(&blob_path(variant.config.digest));
            assert_eq!((&config["architecture"], &config["os"]), (&arch.into(), &"linux".into()));
            assert_eq!(config["created"], "1970-01-01T00:00:00Z");
            assert_eq!(config["config"]["Labels"]["a"], "one\ttwo");
            let layers = config["history"].as_array().unwrap().iter();
            let instructions: Vec<_> =
                layers.map(|entry| entry["created_by"].as_str().unwrap()).collect();
            assert_eq!(instructions[0], "LABEL a b");
            assert_eq!(instructions[2], "COPY ui/ /ui/");
            assert_eq!(instructions[3], format!("COPY --chmod=0755 bin/{arch}/ /darwin/"));
        }
    }

    #[test]
    fn equal_files_make_equal_bytes_wherever_and_whenever_they_were_written() {
        let (first, second) = (Written::new(contents()), Written::new(contents()));
        second.age("ui/index.html");
        second.age("windows/tool.exe");
        assert!(first.build().unwrap() == second.build().unwrap());
    }

    #[test]
    fn a_missing_source_file_is_named_in_the_error() {
        let written = Written::new(contents());
        fs::remove_file(written.context.dir().join("icon.svg")).unwrap();
        let error = written.build().unwrap_err();
        assert!(error.to_string().contains("icon.svg"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn an_unwritable_directory_is_named_in_the_error() {
        let written = Written::new(contents());
        let archive = written.context.dir().join("no/such/directory/image.tar");
        let progress = crate::progress::Progress::new(crate::progress::Verbosity::Quiet);
        let result = pack(&written.context, &reference(), &archive, &progress.step(""));
        assert!(result.unwrap_err().to_string().contains("no/such/directory"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn any_name_and_any_content_can_be_read_back(
            files in prop::collection::btree_map(
                // Long names do not fit into a tar header; the prefix keeps names and directories
                // apart.
                ("[a-z ü日😀]{1,40}(/[a-zé ._-]{0,60}x){0,3}").prop_map(|path| format!("d{path}x/f")),
                prop::collection::vec(any::<u8>(), 0..2000),
                1..6,
            )
        ) {
            let list = files.iter().map(|(path, content)| (path.into(), FileOrigin::Generated(content.clone())));
            let sources = vec![CopySource::Directory {
                path: "ui".to_owned(),
                files: PerVariant::Shared(list.collect()),
            }];
            let layer =
                LayerContents { sources, directory: "ui/deep".into(), mode: FileMode::Data };
            let contents = ImageContents::new(BTreeMap::new(), vec![layer]).unwrap();
            let opened = Opened::new(&build(contents).unwrap());
            let tar = opened.layer(&opened.variants()[0].layers[0]);
            let found: BTreeMap<_, _> = unpack(&tar[..])
                .into_iter()
                .filter(|(path, ..)| !path.ends_with('/'))
                .map(|(path, _, content)| (path["ui/deep/".len()..].to_owned(), content))
                .collect();
            prop_assert_eq!(found, files);
        }
    }
}
