//! An image that was read.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::error::{Broken, ReadError};
use super::layer::{self, FileContent};
use super::limits::{Budget, Limits};
use super::store::{self, Blobs};
use super::tree::FileTree;
use crate::oci::{Descriptor, Digest, ImageName, OciPlatform, Tag};

/// An image, read: what its documents say, and the names of all files in it. Their contents are
/// read when somebody asks for them.
pub struct StoredImage {
    pub name: Option<ImageName>,
    pub tag: Option<Tag>,
    /// The digest of its index or manifest; in archives that `docker save` of old wrote, that of
    /// its configuration.
    pub digest: Digest,
    /// Whether it has an index (of Docker: a manifest list), or is one manifest without.
    pub is_index: bool,
    /// Its variants, in the order of its index.
    pub variants: Vec<Variant>,
    /// Variants that the index lists, but which are not there.
    pub absent: Vec<Absent>,
    /// How many attestations the index lists beside the variants.
    pub attestations: usize,
    pub(super) blobs: Box<dyn Blobs>,
    pub(super) limits: Limits,
    pub(super) layers: Vec<Descriptor>,
    pub(super) places: HashMap<Digest, ContentPlace>,
}

/// A variant of an image.
#[derive(Debug)]
pub struct Variant {
    /// The platform that the index says it is for; where there is none, that of its configuration.
    pub platform: OciPlatform,
    /// The platform that its configuration says it is for.
    pub configured: OciPlatform,
    /// The digest of its manifest; in archives that `docker save` of old wrote, that of its
    /// configuration.
    pub digest: Digest,
    pub labels: BTreeMap<String, String>,
    pub tree: FileTree,
}

/// A variant that is listed but not there, as an engine has it that has pulled one platform only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// Its platform, where the index tells it.
    pub platform: Option<OciPlatform>,
    /// The digest of its manifest.
    pub digest: Digest,
}

/// Where a content is.
#[derive(Clone, Copy, Debug)]
pub(super) struct ContentPlace {
    /// Its number among the layers.
    pub layer: usize,
    /// Its number among the layer's entries.
    pub entry: u32,
}

impl StoredImage {
    /// Hands the contents `wanted` to `sink`, each once, in whatever order they are stored. One is
    /// in memory at a time. What the image doesn't have is left out.
    ///
    /// # Errors
    /// A layer can't be read any more.
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
