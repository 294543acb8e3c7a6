//! Reading any image: from its `source` a `store` of blobs, whose `documents` name the `layer`s that
//! make the `tree` of each variant.
//!
//! Whatever an image holds, reading it ends, in a known amount of memory ([`limits`]), and nothing
//! of it is written anywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

mod documents;
mod error;
mod layer;
pub mod limits;
mod source;
mod store;
mod tree;

use crate::context::contents::Labels;
use crate::files::hex;
use crate::platform::OciPlatform;
use documents::{Configuration, Descriptor, Digest, DockerImage, Document, parse};
pub use error::Error;
pub use source::ImageSource;
use store::{Bytes, Store};
pub use tree::{ContentId, Folder, Node, NodeKind, Oddity, Resolved, Tree};

/// An image that was read.
#[derive(Debug)]
pub struct StoredImage {
    /// The name that it has where it is stored, if that says.
    pub name: Option<String>,
    /// The digest of its index, or of its only manifest.
    pub digest: Option<String>,
    /// Whether it has an index; else it is a single manifest.
    pub is_index: bool,
    /// What it has for each platform.
    pub variants: Vec<Variant>,
    /// How many manifests of the index are about others: attestations.
    pub attestations: usize,
    store: Store,
    layers: Vec<Blob>,
    _kept: Option<NamedTempFile>,
}

/// What an image has for one platform.
#[derive(Debug)]
pub struct Variant {
    /// The platform under which it is listed; that of its configuration where it is not.
    pub platform: OciPlatform,
    /// The platform that its configuration names.
    pub configured: OciPlatform,
    /// Its labels.
    pub labels: Labels,
    /// Its files.
    pub tree: Tree,
}

/// A blob in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Blob {
    path: String,
    digest: Option<Digest>,
}

impl Blob {
    fn new(descriptor: &Descriptor) -> Result<Self, Error> {
        let digest = Digest::parse(&descriptor.digest)
            .ok_or_else(|| Error::broken(&descriptor.digest, "it is no SHA-256 digest"))?;
        Ok(Self { path: format!("blobs/sha256/{}", digest.hash()), digest: Some(digest) })
    }

    fn named(path: &str) -> Self {
        Self { path: path.to_owned(), digest: None }
    }

    fn name(&self) -> String {
        self.digest.as_ref().map_or_else(|| self.path.clone(), Digest::text)
    }
}

/// What the manifest of a variant comes down to.
struct Parts {
    listed: Option<OciPlatform>,
    config: Blob,
    layers: Vec<Blob>,
}

impl StoredImage {
    /// Reads an image's documents, and the entries of its layers.
    ///
    /// # Errors
    /// It can't be got at, or is broken ([`Error::Broken`]).
    pub fn open(source: &ImageSource) -> Result<Self, Error> {
        let (store, kept) = source.store()?;
        let image = Self { _kept: kept, ..Self::read(store, source)? };
        Ok(image)
    }

    /// Reads an archive that is in memory.
    ///
    /// # Errors
    /// It is broken.
    pub fn from_archive(bytes: &[u8]) -> Result<Self, Error> {
        let source = ImageSource::Archive("memory".into());
        let store = Store::archive(Bytes::Memory(bytes.into()), "memory".into())?;
        Self::read(store, &source)
    }

    fn read(store: Store, source: &ImageSource) -> Result<Self, Error> {
        let mut image = Self {
            name: None,
            digest: None,
            is_index: false,
            variants: Vec::new(),
            attestations: 0,
            store,
            layers: Vec::new(),
            _kept: None,
        };
        let parts = match image.store.document("index.json")? {
            Some(index) => image.read_index(&index, source)?,
            None => vec![image.read_docker_manifest(source)?],
        };
        image.read_variants(parts)?;
        Ok(image)
    }

    /// The variants of the one image that an OCI image layout names.
    fn read_index(&mut self, index: &[u8], source: &ImageSource) -> Result<Vec<Parts>, Error> {
        let index: Document = parse("index.json", index)?;
        let mut images = index.manifests.unwrap_or_default();
        self.name = images.iter().find_map(image_name);
        images.dedup_by(|one, other| one.digest == other.digest);
        let [image] = &images[..] else {
            // It may be the image's own index.
            if !images.is_empty() && images.iter().all(|image| image.platform.is_some()) {
                self.is_index = true;
                return self.read_manifests(&images);
            }
            return Err(several(source, images.len()));
        };
        let blob = Blob::new(image)?;
        self.digest = blob.digest.as_ref().map(Digest::text);
        let document: Document = self.document(&blob)?;
        match document.manifests {
            Some(manifests) => {
                self.is_index = true;
                self.read_manifests(&manifests)
            }
            None => Ok(vec![manifest_parts(&blob, document, None)?]),
        }
    }

    fn read_manifests(&mut self, manifests: &[Descriptor]) -> Result<Vec<Parts>, Error> {
        if manifests.len() > limits::DESCRIPTORS {
            return Err(Error::broken("the index", "it lists more than 100 manifests"));
        }
        let (attestations, manifests): (Vec<_>, Vec<_>) =
            manifests.iter().partition(|manifest| manifest.is_attestation());
        self.attestations = attestations.len();
        let mut parts = Vec::new();
        for manifest in manifests {
            let blob = Blob::new(manifest)?;
            // The local Docker has those alone that were pulled.
            if self.store.open(&blob.path)?.is_none() {
                continue;
            }
            let document = self.document(&blob)?;
            let platform = manifest.platform.clone().map(OciPlatform::from);
            parts.push(manifest_parts(&blob, document, platform)?);
        }
        Ok(parts)
    }

    /// The image in an archive of an engine before version 25.
    fn read_docker_manifest(&mut self, source: &ImageSource) -> Result<Parts, Error> {
        let Some(manifest) = self.store.document("manifest.json")? else {
            let (ImageSource::Archive(path) | ImageSource::Layout(path)) = source else {
                return Err(Error::broken("the image", "it has no index.json"));
            };
            let reason = "it has neither index.json nor manifest.json";
            return Err(Error::NoImage { path: path.clone(), reason });
        };
        let mut images: Vec<DockerImage> = parse("manifest.json", &manifest)?;
        let count = images.len();
        let (Some(image), true) = (images.pop(), count == 1) else {
            return Err(several(source, count));
        };
        self.name = image.repo_tags.unwrap_or_default().into_iter().next();
        let layers = image.layers.iter().map(|path| Blob::named(path)).collect();
        Ok(Parts { listed: None, config: Blob::named(&image.config), layers })
    }

    fn document<T: serde::de::DeserializeOwned>(&self, blob: &Blob) -> Result<T, Error> {
        let name = blob.name();
        let bytes = self
            .store
            .document(&blob.path)?
            .ok_or_else(|| Error::broken(&name, "it is missing"))?;
        verify(blob, Sha256::new_with_prefix(&bytes))?;
        parse(&name, &bytes)
    }

    fn read_variants(&mut self, all: Vec<Parts>) -> Result<(), Error> {
        for layer in all.iter().flat_map(|parts| &parts.layers) {
            if !self.layers.contains(layer) {
                self.layers.push(layer.clone());
            }
        }
        let mut budget = Budget::default();
        let mut entries = Vec::new();
        for layer in &self.layers {
            entries.push(self.entries(layer, &mut budget)?);
        }
        let mut nodes = limits::ENTRIES;
        for Parts { listed, config, layers } in all {
            let configuration: Configuration = self.document(&config)?;
            let configured = OciPlatform::from(configuration.platform);
            let labels = configuration.config.and_then(|it| it.labels).unwrap_or_default();
            let mut tree = Tree::default();
            for layer in &layers {
                let Some(number) = self.layers.iter().position(|it| it == layer) else { continue };
                tree.apply(number, &entries[number], &mut nodes)
                    .map_err(|reason| Error::broken(layer.name(), reason))?;
            }
            let platform = listed.unwrap_or_else(|| configured.clone());
            self.variants.push(Variant { platform, configured, labels, tree });
        }
        Ok(())
    }

    /// The entries of a layer, whose digest is compared on the way.
    fn entries(&self, blob: &Blob, budget: &mut Budget) -> Result<Vec<tree::Entry>, Error> {
        let name = blob.name();
        let file =
            self.store.open(&blob.path)?.ok_or_else(|| Error::broken(&name, "it is missing"))?;
        let mut hashed = Hashed { inner: file, hasher: Sha256::new() };
        let mut entries = Vec::new();
        let read = layer::unpack(&mut hashed).and_then(|tar| {
            let tar = layer::Limited { inner: tar, budget: &mut budget.unpacked };
            layer::read(tar, |_, entry, _| {
                let too_many = || io::Error::other("the layers have too many entries");
                budget.entries = budget.entries.checked_sub(1).ok_or_else(too_many)?;
                budget.paths = budget.paths.checked_sub(entry.path.len()).ok_or_else(too_many)?;
                entries.push(entry);
                Ok(())
            })
        });
        read.and_then(|()| io::copy(&mut hashed, &mut io::sink()))
            .map_err(|error| Error::unreadable(&name, &error))?;
        verify(blob, hashed.hasher)?;
        Ok(entries)
    }

    /// Reads the content of files, one layer after the other, and hands each to `each`. Those larger
    /// than [`limits::CONTENT`] are handed as `None`.
    ///
    /// # Errors
    /// A layer can't be read.
    pub fn contents(
        &self,
        wanted: &BTreeSet<ContentId>,
        mut each: impl FnMut(ContentId, Option<&[u8]>),
    ) -> Result<(), Error> {
        let mut by_layer: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for id in wanted {
            by_layer.entry(id.layer).or_default().insert(id.entry);
        }
        let mut budget = limits::UNPACKED;
        for (layer, entries) in by_layer {
            let Some(blob) = self.layers.get(layer) else { continue };
            let name = blob.name();
            let file = self
                .store
                .open(&blob.path)?
                .ok_or_else(|| Error::broken(&name, "it is missing"))?;
            let read = layer::unpack(file).and_then(|tar| {
                let tar = layer::Limited { inner: tar, budget: &mut budget };
                layer::read(tar, |entry, head, content| {
                    if !entries.contains(&entry) {
                        return Ok(());
                    }
                    let is_small = matches!(
                        head.kind,
                        tree::EntryKind::File { size } if size <= limits::CONTENT
                    );
                    let bytes = if is_small {
                        Some(layer::bounded(content, limits::CONTENT, "it is too large")?)
                    } else {
                        None
                    };
                    each(ContentId { layer, entry }, bytes.as_deref());
                    Ok(())
                })
            });
            read.map_err(|error| Error::unreadable(&name, &error))?;
        }
        Ok(())
    }
}

/// What may still be read.
struct Budget {
    unpacked: u64,
    entries: usize,
    paths: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { unpacked: limits::UNPACKED, entries: limits::ENTRIES, paths: limits::PATHS }
    }
}

struct Hashed<R> {
    inner: R,
    hasher: Sha256,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        Ok(read)
    }
}

fn verify(blob: &Blob, hasher: Sha256) -> Result<(), Error> {
    let Some(digest) = &blob.digest else { return Ok(()) };
    let found = hex(&hasher.finalize());
    if found == digest.hash() {
        Ok(())
    } else {
        Err(Error::broken(blob.name(), format!("its content has the digest sha256:{found}")))
    }
}

fn manifest_parts(
    blob: &Blob,
    document: Document,
    listed: Option<OciPlatform>,
) -> Result<Parts, Error> {
    let broken = |reason| Err(Error::broken(blob.name(), reason));
    let Some(config) = &document.config else {
        return broken(match document.schema_version {
            1 => "it has the format \"schema 1\", which engines no longer pull",
            _ => "it is neither an index nor a manifest",
        });
    };
    if document.layers.len() > limits::LAYERS {
        return broken("it has more than 500 layers");
    }
    let layers = document.layers.iter().map(Blob::new).collect::<Result<_, _>>()?;
    Ok(Parts { listed, config: Blob::new(config)?, layers })
}

/// The name that the writer of the layout has given to an image.
fn image_name(descriptor: &Descriptor) -> Option<String> {
    let annotations = descriptor.annotations.as_ref()?;
    ["io.containerd.image.name", "org.opencontainers.image.ref.name"]
        .iter()
        .find_map(|name| annotations.get(*name).cloned())
}

fn several(source: &ImageSource, count: usize) -> Error {
    match source {
        ImageSource::Archive(path) | ImageSource::Layout(path) => {
            Error::Several { path: path.clone(), count }
        }
        ImageSource::Daemon(name) => Error::Several { path: name.into(), count },
    }
}
