//! Assembles an image from its first document: the documents of its variants, their layers, which are
//! read once each, and their trees.

use std::collections::{BTreeMap, HashMap};

use super::choose::Called;
use super::error::{Broken, ReadError};
use super::layer::{self, EntryKind, LayerIndex};
use super::limits::{Budget, Limits, TooLarge, UNPACKED_AT_ONCE};
use super::merge::Merge;
use super::store::{self, Blobs};
use super::stored::{Absent, ContentPlace, StoredImage, Variant};
use super::tree::FileTree;
use crate::oci::{
    BlobKind, Descriptor, Digest, ImageConfiguration, ImageDocument, ImageManifest,
    InvalidDocument, OciPlatform, from_json,
};
use crate::parallel::in_parallel;
use crate::progress::Step;
use crate::text;

const MANIFEST: &str = "manifest";
const CONFIGURATION: &str = "configuration";
pub(super) const LAYER: &str = "layer";

/// The first document of an image.
pub(super) struct ImageRoot {
    pub blobs: Box<dyn Blobs>,
    pub called: Called,
    pub digest: Digest,
    pub document: ImageDocument,
}

/// What the first document lists.
#[derive(Default)]
struct ImageOutline {
    variants: Vec<VariantOutline>,
    absent: Vec<Absent>,
    /// The number of manifests that are not variants.
    attestations: usize,
}

/// A variant whose layers are not read yet.
struct VariantOutline {
    platform: OciPlatform,
    configured: OciPlatform,
    digest: Digest,
    labels: BTreeMap<String, String>,
    layers: Vec<LayerOutline>,
}

/// A layer of a variant.
struct LayerOutline {
    blob: Descriptor,
    /// Its uncompressed digest, from the configuration.
    diff_id: Digest,
}

/// Reads the image that starts with `root`.
pub(super) fn assemble(
    root: ImageRoot,
    limits: &Limits,
    step: &Step<'_>,
) -> Result<StoredImage, ReadError> {
    let ImageRoot { blobs, called, digest, document } = root;
    let assembler = Assembler { blobs: &*blobs, budget: Budget::new(*limits), step };
    let is_index = matches!(document, ImageDocument::Index(_));
    let ImageOutline { variants: outlines, mut absent, attestations } =
        assembler.outline_image(document, digest)?;
    let layers = assembler.layers(&outlines)?;
    let mut variants = Vec::new();
    for outline in outlines {
        match assembler.tree(&outline, &layers)? {
            Some(tree) => variants.push(outline.with(tree)),
            None => absent.push(outline.absent()),
        }
    }
    if variants.is_empty() && !absent.is_empty() {
        return Err(ReadError::broken(format!("index {digest}"), Broken::NoVariant));
    }
    let (places, layers) = layers.into_places();
    let Called { name, tag } = called;
    let limits = *limits;
    Ok(StoredImage {
        name,
        tag,
        digest,
        is_index,
        variants,
        absent,
        attestations,
        blobs,
        limits,
        layers,
        places,
    })
}

struct Assembler<'a> {
    blobs: &'a dyn Blobs,
    budget: Budget,
    step: &'a Step<'a>,
}

impl Assembler<'_> {
    fn outline_image(
        &self,
        document: ImageDocument,
        digest: Digest,
    ) -> Result<ImageOutline, ReadError> {
        let mut found = ImageOutline::default();
        let listed = match document {
            ImageDocument::Manifest(manifest) if manifest.is_attestation() => {
                return Err(ReadError::broken(format!("{MANIFEST} {digest}"), Broken::Attestation));
            }
            ImageDocument::Manifest(manifest) => {
                found.variants.push(self.outline(*manifest, digest, None)?);
                return Ok(found);
            }
            ImageDocument::Index(index) => index.manifests,
        };
        let (attestations, listed): (Vec<_>, Vec<_>) =
            listed.into_iter().partition(Descriptor::is_attestation);
        found.attestations = attestations.len();
        let limit = self.budget.limits.variants;
        if listed.len() as u64 > limit {
            return Err(ReadError::too_large(format!("index {digest}"), TooLarge::Variants(limit)));
        }
        for child in listed {
            let platform = child.platform.clone();
            let outline = self.manifest(&child).and_then(|manifest| {
                let is_attestation = manifest.is_attestation();
                let outline = || self.outline(manifest, child.digest, platform.clone());
                if is_attestation { Ok(None) } else { outline().map(Some) }
            });
            match outline {
                Ok(Some(outline)) => found.variants.push(outline),
                Ok(None) => found.attestations += 1,
                Err(error) if error.is_missing() => {
                    found.absent.push(Absent { platform, digest: child.digest });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    fn manifest(&self, child: &Descriptor) -> Result<ImageManifest, ReadError> {
        check_kind(MANIFEST, child, BlobKind::Manifest)?;
        match self.document(MANIFEST, child, ImageDocument::parse)? {
            ImageDocument::Manifest(manifest) => Ok(*manifest),
            ImageDocument::Index(_) => {
                let reason = Broken::Unexpected("it is an index, not a manifest");
                Err(ReadError::broken(store::name(MANIFEST, child), reason))
            }
        }
    }

    fn outline(
        &self,
        manifest: ImageManifest,
        digest: Digest,
        platform: Option<OciPlatform>,
    ) -> Result<VariantOutline, ReadError> {
        let ImageManifest { config, layers, .. } = manifest;
        let limit = self.budget.limits.layers;
        if layers.len() as u64 > limit {
            return Err(ReadError::too_large(
                format!("{MANIFEST} {digest}"),
                TooLarge::Layers(limit),
            ));
        }
        check_kind(CONFIGURATION, &config, BlobKind::Configuration)?;
        for layer in &layers {
            check_kind(LAYER, layer, BlobKind::Layer)?;
        }
        let configuration: ImageConfiguration = self.document(CONFIGURATION, &config, from_json)?;
        let diff_ids = &configuration.rootfs.diff_ids;
        if diff_ids.len() != layers.len() {
            let (listed, layers) = (diff_ids.len(), layers.len());
            let reason = Broken::LayerCount { listed, layers };
            return Err(ReadError::broken(store::name(CONFIGURATION, &config), reason));
        }
        let layers = layers.into_iter().zip(diff_ids);
        let layers =
            layers.map(|(blob, diff_id)| LayerOutline { blob, diff_id: *diff_id }).collect();
        let configured = configuration.platform();
        Ok(VariantOutline {
            platform: platform.unwrap_or_else(|| configured.clone()),
            configured,
            digest,
            labels: configuration.config.labels,
            layers,
        })
    }

    fn document<T>(
        &self,
        what: &str,
        blob: &Descriptor,
        parse: impl FnOnce(&[u8]) -> Result<T, InvalidDocument>,
    ) -> Result<T, ReadError> {
        store::document(self.blobs, what, blob, &self.budget.limits, parse)
    }

    /// Reads the layers of all variants, each once.
    fn layers(&self, outlines: &[VariantOutline]) -> Result<ReadLayers, ReadError> {
        let layers = outlines.iter().flat_map(|outline| &outline.layers).map(|layer| &layer.blob);
        // The same blob with another size would fail the check of its size.
        let unique: BTreeMap<_, _> = layers.map(|it| ((it.digest, it.size), it)).collect();
        let blobs: Vec<_> = unique.into_values().cloned().collect();
        let size = blobs.iter().fold(0_u64, |sum, blob| sum.saturating_add(blob.size));
        let limit = self.budget.limits.stored;
        if size > limit {
            return Err(ReadError::too_large("the image", TooLarge::Stored(limit)));
        }
        let shown = format!("{}, {}", text::count(blobs.len(), LAYER), text::size(size));
        self.step.at(&shown);
        self.blobs.fetch(&blobs, self.step)?;
        self.step.at(&shown);
        let read = in_parallel(&blobs, UNPACKED_AT_ONCE, |blob| {
            let layer =
                store::read(self.blobs, LAYER, blob, |source| layer::index(source, &self.budget));
            match layer {
                Ok(layer) => Ok(Some(layer)),
                Err(error) if error.is_missing() => Ok(None),
                Err(error) => Err(error),
            }
        })?;
        let by_digest = blobs.iter().enumerate();
        let by_digest = by_digest.map(|(at, blob)| ((blob.digest, blob.size), at)).collect();
        Ok(ReadLayers { blobs, read, by_digest })
    }

    /// The tree of a variant; `None` if one of its layers is missing.
    fn tree(
        &self,
        outline: &VariantOutline,
        layers: &ReadLayers,
    ) -> Result<Option<FileTree>, ReadError> {
        let mut merge = Merge::new(&self.budget);
        for LayerOutline { blob, diff_id } in &outline.layers {
            let Some(layer) = layers.get(blob) else { return Ok(None) };
            if layer.diff_id != *diff_id {
                let (expected, found) = (*diff_id, layer.diff_id);
                let reason = Broken::DiffId { expected, found };
                return Err(ReadError::broken(store::name(LAYER, blob), reason));
            }
            merge
                .add(&layer.entries)
                .map_err(|limit| ReadError::too_large(store::name(LAYER, blob), limit))?;
        }
        Ok(Some(merge.finish()))
    }
}

/// Checks that the media type of a blob matches its use.
fn check_kind(what: &str, blob: &Descriptor, expected: BlobKind) -> Result<(), ReadError> {
    let media_type = &blob.media_type;
    let reason = match media_type.kind() {
        kind if kind == expected => return Ok(()),
        BlobKind::ForeignLayer if expected == BlobKind::Layer => {
            Broken::Foreign(media_type.clone())
        }
        _ => Broken::MediaType(media_type.clone()),
    };
    Err(ReadError::broken(store::name(what, blob), reason))
}

impl VariantOutline {
    fn with(self, tree: FileTree) -> Variant {
        let VariantOutline { platform, configured, digest, labels, .. } = self;
        Variant { platform, configured, digest, labels, tree }
    }

    fn absent(self) -> Absent {
        Absent { platform: Some(self.platform), digest: self.digest }
    }
}

/// The layers of an image.
struct ReadLayers {
    blobs: Vec<Descriptor>,
    /// The entries of each layer; `None` if it is missing.
    read: Vec<Option<LayerIndex>>,
    by_digest: HashMap<(Digest, u64), usize>,
}

impl ReadLayers {
    fn get(&self, blob: &Descriptor) -> Option<&LayerIndex> {
        let at = self.by_digest.get(&(blob.digest, blob.size))?;
        self.read.get(*at)?.as_ref()
    }

    /// The location of each content, and the blobs of the layers.
    fn into_places(self) -> (HashMap<Digest, ContentPlace>, Vec<Descriptor>) {
        let mut places = HashMap::new();
        for (layer, read) in self.read.into_iter().enumerate() {
            let entries = read.into_iter().flat_map(|layer| layer.entries);
            for (entry, number) in entries.zip(0..) {
                if let EntryKind::File { content, .. } = entry.kind {
                    places.entry(content).or_insert(ContentPlace { layer, entry: number });
                }
            }
        }
        (places, self.blobs)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::*;
    use crate::image::read::FileContent;
    use crate::image::read::testing::{Image, SMALL, Tar, gzip, read};
    use crate::image::read::tree::NodeKind;
    use crate::oci::MediaType;

    fn content_of(image: &StoredImage, variant: usize, path: &str) -> Digest {
        match image.variants[variant].tree.resolve(path).map(|found| &found.node.kind) {
            Ok(NodeKind::File { content, .. }) => *content,
            other => panic!("{path}: {other:?}"),
        }
    }

    fn contents(image: &StoredImage, wanted: &[Digest], largest: u64) -> Vec<FileContent> {
        let mut found = BTreeMap::new();
        let set: BTreeSet<_> = wanted.iter().copied().collect();
        image
            .contents(&set, largest, |id, content| assert_eq!(found.insert(id, content), None))
            .unwrap();
        wanted.iter().filter_map(|id| found.get(id).cloned()).collect()
    }

    #[test]
    fn variants_share_layers_and_equal_contents() {
        let shared = Tar::new().file("ui/index.html", "<html>").file("empty", "").finish();
        let tool = |name: &str| Tar::new().file("a", name).file("same", "same").file("b", name);
        let mut image = Image::new();
        let manifests = ["amd64", "arm64"].map(|architecture| {
            image.manifest(architecture, &[shared.clone(), tool(architecture).finish()])
        });
        let index = image.index(manifests.to_vec());
        let image = read(image.archive(vec![index.clone()]), &SMALL).unwrap();

        assert_eq!(json!(image.digest), index["digest"]);
        let platforms: Vec<_> = image.variants.iter().map(|it| it.platform.to_string()).collect();
        assert_eq!(platforms, ["linux/amd64", "linux/arm64"]);
        assert_eq!(image.variants[1].labels["for"], "arm64");
        assert_eq!(image.layers.len(), 3);

        let of = |variant, path| content_of(&image, variant, path);
        assert_eq!(of(0, "same"), of(1, "same"));
        assert_eq!(of(0, "a"), of(0, "b"));
        assert_ne!(of(0, "a"), of(1, "a"));
        let wanted =
            [of(0, "a"), of(1, "b"), of(1, "same"), of(0, "ui/index.html"), of(0, "empty")];
        let whole = |text: &str| FileContent::Whole(text.as_bytes().to_vec());
        let expected = ["amd64", "arm64", "same", "<html>", ""].map(whole);
        assert_eq!(contents(&image, &wanted, 100), expected);
        assert_eq!(contents(&image, &wanted[..1], 4), [FileContent::TooLarge { size: 5 }]);
        assert_eq!(contents(&image, &[Digest::of(b"elsewhere")], 100), []);
    }

    #[test]
    fn attestations_are_counted_and_missing_variants_are_reported() {
        let mut image = Image::new();
        let tar = Tar::new().file("a", "").finish();
        let mut attestation = image.blob("application/vnd.oci.image.manifest.v1+json", vec![]);
        attestation["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
        let amd64 = image.manifest("amd64", std::slice::from_ref(&tar));
        // The manifest of one is missing, and a layer of the other.
        let nowhere = json!(Digest::of(b"nowhere").to_string());
        let mut arm64 = amd64.clone();
        arm64["digest"] = nowhere.clone();
        arm64["platform"]["architecture"] = json!("arm64");
        let mut layer = image.layer(gzip(&tar));
        layer["digest"] = nowhere;
        let riscv = image.manifest_of("riscv64", vec![layer], &[Digest::of(&tar)]);
        let index = image.index(vec![attestation, arm64.clone(), riscv, amd64]);
        let image = read(image.archive(vec![index]), &SMALL).unwrap();
        assert_eq!((image.attestations, image.variants.len()), (1, 1));
        let absent = image.absent.iter().map(|it| it.platform.as_ref().map(ToString::to_string));
        let absent: Vec<_> = absent.flatten().collect();
        assert_eq!(absent, ["linux/arm64", "linux/riscv64"]);

        let mut alone = Image::new();
        let index = alone.index(vec![arm64]);
        let error = read(alone.archive(vec![index]), &SMALL).err().unwrap();
        assert!(error.to_string().ends_with("all variants that it lists are missing"));
    }

    #[test]
    fn a_manifest_alone_has_the_platform_of_its_configuration() {
        let mut image = Image::new();
        let mut manifest = image.manifest("arm64", &[]);
        manifest.as_object_mut().unwrap().remove("platform");
        let image = read(image.archive(vec![manifest.clone()]), &SMALL).unwrap();
        assert!(!image.is_index);
        assert_eq!(json!(image.digest), manifest["digest"]);
        assert_eq!(image.variants[0].platform.to_string(), "linux/arm64");
    }

    #[test]
    fn a_platform_that_differs_from_the_configuration_is_reported() {
        let mut image = Image::new();
        let mut manifest = image.manifest("arm64", &[]);
        manifest["platform"]["architecture"] = json!("amd64");
        let index = image.index(vec![manifest]);
        let image = read(image.archive(vec![index]), &SMALL).unwrap();
        let Variant { platform, configured, .. } = &image.variants[0];
        assert_eq!(
            (platform.to_string(), configured.to_string()),
            ("linux/amd64".into(), "linux/arm64".into())
        );
    }

    #[test]
    fn layers_that_differ_from_the_configuration_are_reported() {
        let tar = Tar::new().file("a", "").finish();
        let reason = |diff_ids: &[Digest], spoil: bool| {
            let mut image = Image::new();
            let mut layer = image.layer(gzip(&tar));
            if spoil {
                layer["digest"] = image.layer(gzip(b"else"))["digest"].clone();
            }
            let manifest = image.manifest_of("amd64", vec![layer], diff_ids);
            match read(image.archive(vec![manifest]), &SMALL) {
                Err(ReadError::Broken { reason, .. }) => reason,
                other => panic!("{:?}", other.map(|_| ())),
            }
        };
        assert!(matches!(reason(&[], false), Broken::LayerCount { listed: 0, layers: 1 }));
        assert!(matches!(reason(&[Digest::of(b"")], false), Broken::DiffId { .. }));
        assert!(matches!(reason(&[Digest::of(&tar)], true), Broken::Size { .. }));
    }

    #[test]
    fn a_layer_that_registries_do_not_store_is_distinguished_from_other_media_types() {
        let reason = |media_type: &str| {
            let mut image = Image::new();
            let tar = Tar::new().file("a", "").finish();
            let layer = image.blob(media_type, gzip(&tar));
            let manifest = image.manifest_of("amd64", vec![layer], &[Digest::of(&tar)]);
            match read(image.archive(vec![manifest]), &SMALL) {
                Ok(_) => None,
                Err(ReadError::Broken { reason, .. }) => Some(reason),
                Err(error) => panic!("{error}"),
            }
        };
        assert!(reason("application/vnd.docker.image.rootfs.diff.tar.gzip").is_none());
        let foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
        assert!(matches!(reason(foreign), Some(Broken::Foreign(_))));
        for other in ["application/octet-stream", "", MediaType::ROOTS[1]] {
            assert!(matches!(reason(other), Some(Broken::MediaType(_))), "{other}");
        }
    }

    /// An index as BuildKit writes it, with an attestation for each variant.
    fn attested(image: &mut Image, attestation: impl Fn(&mut Image, &Value) -> Value) -> Value {
        let mut manifests = Vec::new();
        let mut attestations = Vec::new();
        for architecture in ["amd64", "arm64"] {
            let tar = Tar::new().file("a", architecture).finish();
            let manifest = image.manifest(architecture, &[tar]);
            attestations.push(attestation(image, &manifest));
            manifests.push(manifest);
        }
        // In the order of BuildKit: the attestations follow the variants.
        image.index([manifests, attestations].concat())
    }

    fn assert_attested(archive: Vec<u8>, form: &str) {
        let image = read(archive, &SMALL).unwrap_or_else(|error| panic!("{form}: {error}"));
        let platforms: Vec<_> = image.variants.iter().map(|it| it.platform.to_string()).collect();
        assert_eq!(platforms, ["linux/amd64", "linux/arm64"], "{form}");
        assert_eq!((image.attestations, image.absent.len()), (2, 0), "{form}");
    }

    #[test]
    fn the_attestations_of_every_version_of_buildkit_are_not_variants() {
        for (form, attestation) in [
            ("before 0.32", Image::attestation as fn(&mut Image, &Value) -> Value),
            ("since 0.32", Image::artifact_attestation),
        ] {
            let mut image = Image::new();
            let index = attested(&mut image, attestation);
            assert_attested(image.archive(vec![index]), form);

            // A tool that copied the index without platforms and annotations.
            let mut image = Image::new();
            let index = attested(&mut image, |image, manifest| {
                let mut attestation = attestation(image, manifest);
                let fields = attestation.as_object_mut().unwrap();
                fields.retain(|name, _| !["platform", "annotations"].contains(&&**name));
                attestation
            });
            assert_attested(image.archive(vec![index]), &format!("{form}, without marks"));

            // An index with a single variant, as `docker buildx build` for one platform makes it.
            let mut image = Image::new();
            let manifest = image.manifest("arm64", &[]);
            let beside = attestation(&mut image, &manifest);
            let index = image.index(vec![manifest, beside]);
            let found = read(image.archive(vec![index]), &SMALL).unwrap();
            assert_eq!((found.variants.len(), found.attestations), (1, 1), "{form}");

            // Without any variant, there is nothing to validate.
            let mut image = Image::new();
            let manifest = image.manifest("arm64", &[]);
            let alone = attestation(&mut image, &manifest);
            let error = read(image.archive(vec![alone]), &SMALL).err().unwrap().to_string();
            assert!(error.ends_with("other artifact, not an image"), "{form}: {error}");
        }
    }

    #[test]
    fn signatures_and_other_artifacts_in_an_index_are_not_variants() {
        const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
        const SIGNATURE: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
        let bundle = |image: &mut Image, manifest: &Value| {
            let layer = image.blob(BUNDLE, b"{}".to_vec());
            image.artifact(BUNDLE, vec![layer], manifest)
        };
        let signature = |image: &mut Image, _: &Value| {
            let layer = image.blob(SIGNATURE, b"{\"critical\":{}}".to_vec());
            let mut signature = image.manifest_of("", vec![layer], &[]);
            signature.as_object_mut().unwrap().remove("platform");
            signature
        };
        // An artifact for one platform, which ORAS can write.
        let manual = |image: &mut Image, manifest: &Value| {
            let layer = image.blob("text/plain", b"Read me".to_vec());
            let mut manual =
                image.artifact("application/vnd.example.manual", vec![layer], manifest);
            manual["platform"] = manifest["platform"].clone();
            manual
        };
        type Artifact = dyn Fn(&mut Image, &Value) -> Value;
        for (form, artifact) in [
            ("cosign 3", &bundle as &Artifact),
            ("cosign 2", &signature),
            ("ORAS, with a platform", &manual),
        ] {
            let mut image = Image::new();
            let index = attested(&mut image, artifact);
            assert_attested(image.archive(vec![index]), form);
        }
    }

    #[test]
    fn an_archive_of_docker_save_with_attestations_is_read() {
        let mut image = Image::new();
        let index = attested(&mut image, Image::artifact_attestation);
        // Docker writes `manifest.json` for older engines; it lists only images.
        let mut archive = image.archive(vec![index]);
        archive.truncate(archive.len() - 1024);
        let manifest = json!([{ "Config": "blobs/sha256/0", "RepoTags": ["a:1"], "Layers": [] }]);
        let old = Tar::new().file("manifest.json", manifest.to_string()).finish();
        assert_attested([archive, old].concat(), "docker save");
    }

    #[test]
    fn archives_of_docker_before_25_are_read_by_their_paths() {
        let tar = Tar::new().file("a", "old").finish();
        let configuration = json!({
            "os": "linux",
            "architecture": "amd64",
            "config": { "Labels": null },
            "rootfs": { "diff_ids": [Digest::of(&tar), Digest::of(&tar), Digest::of(&tar)] },
        });
        let manifest = json!([{
            "Config": "config.json",
            "RepoTags": ["example/tool:1.0.0"],
            "Layers": ["1/layer.tar", "2/layer.tar", "3/layer.tar"],
        }]);
        let archive = Tar::new()
            .file("1/layer.tar", &tar)
            .symlink("2/layer.tar", "../1/layer.tar")
            .file("3/layer.tar", gzip(&tar))
            .file("config.json", configuration.to_string())
            .file("manifest.json", manifest.to_string())
            .file("repositories", "{}")
            .finish();
        let image = read(archive, &SMALL).unwrap();
        assert_eq!(image.tag.as_ref().map(ToString::to_string).as_deref(), Some("1.0.0"));
        assert_eq!(image.digest, Digest::of(configuration.to_string().as_bytes()));
        let wanted = [content_of(&image, 0, "a")];
        assert_eq!(contents(&image, &wanted, 100), [FileContent::Whole(b"old".to_vec())]);

        let ancient = read(Tar::new().file("repositories", "{}").finish(), &SMALL).err().unwrap();
        assert!(ancient.to_string().contains("before 1.10"), "{ancient}");
        let other = read(Tar::new().file("a", "").finish(), &SMALL).err().unwrap();
        assert!(other.to_string().contains("neither `index.json` nor"), "{other}");
    }
}
