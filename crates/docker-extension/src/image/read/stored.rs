//! An image that was read.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::error::{Broken, ReadError};
use super::layer::{self, FileContent};
use super::limits::{Budget, Limits};
use super::store::{self, Blobs};
use super::tree::FileTree;
use crate::oci::{Descriptor, Digest, ImageName, OciPlatform, Tag};

/// An image: its documents, and the paths of all its files. Contents are read on request.
pub struct StoredImage {
    pub name: Option<ImageName>,
    pub tag: Option<Tag>,
    /// The digest of its index or manifest; in archives of old versions of `docker save`, that of its
    /// configuration.
    pub digest: Digest,
    /// Whether it has an index (Docker: a manifest list), or is a single manifest.
    pub is_index: bool,
    /// Its variants, in the order of its index.
    pub variants: Vec<Variant>,
    /// Variants that the index lists, but that are missing.
    pub absent: Vec<Absent>,
    /// The number of attestations, signatures and other artifacts in the index.
    pub attestations: usize,
    pub(super) blobs: Box<dyn Blobs>,
    pub(super) limits: Limits,
    pub(super) layers: Vec<Descriptor>,
    pub(super) places: HashMap<Digest, ContentPlace>,
}

/// A variant of an image.
#[derive(Debug)]
pub struct Variant {
    /// The platform from the index; without an index, that of its configuration.
    pub platform: OciPlatform,
    /// The platform from its configuration.
    pub configured: OciPlatform,
    /// The digest of its manifest; in archives of old versions of `docker save`, that of its
    /// configuration.
    pub digest: Digest,
    pub labels: BTreeMap<String, String>,
    pub tree: FileTree,
}

/// A variant that is listed but missing, for example in an engine that has pulled one platform only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// Its platform, if the index lists it.
    pub platform: Option<OciPlatform>,
    /// The digest of its manifest.
    pub digest: Digest,
}

/// The location of a content.
#[derive(Clone, Copy, Debug)]
pub(super) struct ContentPlace {
    /// The index of the layer.
    pub layer: usize,
    /// The index of the entry in the layer.
    pub entry: u32,
}

impl StoredImage {
    /// Passes the contents `wanted` to `sink`, each once, in the order of storage. One content is in memory
    /// at a time. Contents that the image does not have are left out.
    ///
    /// # Errors
    /// A layer can no longer be read.
    pub fn contents(
        &self,
        wanted: &BTreeSet<Digest>,
        largest: u64,
        mut sink: impl FnMut(Digest, FileContent),
    ) -> Result<(), ReadError> {
        let mut by_layer: BTreeMap<usize, BTreeMap<u32, Digest>> = BTreeMap::new();
        for content in wanted {
            if let Some(ContentPlace { layer, entry }) = self.places.get(content) {
                by_layer.entry(*layer).or_default().insert(*entry, *content);
            }
        }
        for (layer, wanted) in by_layer {
            let Some(blob) = self.layers.get(layer) else { continue };
            let broken = |reason| ReadError::broken(store::name("layer", blob), reason);
            let source = self.blobs.open(blob)?.ok_or_else(|| broken(Broken::Missing))?;
            let budget = Budget::new(self.limits);
            layer::contents(source, &wanted, largest, &budget, &mut sink)
                .map_err(|failure| failure.at(store::name("layer", blob), self.blobs.place()))?;
        }
        Ok(())
    }
}
