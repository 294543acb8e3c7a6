//! Reads any image from wherever it is: an archive, a folder, a registry, the Docker Engine.
//!
//! ```text
//! ImageSource ─▶ Blobs and the first document ─▶ variants' documents ─▶ layers ─▶ trees
//! ```
//!
//! An image may come from anybody, so nothing in it is believed: digests and sizes are checked
//! while bytes stream by, [`limits`] bounds everything, and no file of an image is ever written to
//! the disk. [`tree`] is what is left of the layers; what is strange about them is an [`oddity`],
//! and only what keeps the image from being read is a [`ReadError`].

mod archive;
mod assemble;
mod choose;
mod daemon;
mod error;
#[cfg(test)]
mod hostile;
mod layer;
mod layout;
pub mod limits;
mod merge;
pub mod oddity;
mod open;
mod path;
mod registry;
mod source;
mod store;
mod tar;
#[cfg(test)]
mod testing;
pub mod tree;
mod unpack;

use std::collections::{BTreeMap, BTreeSet, HashMap};

pub(super) use archive::ImageArchive;
pub use error::{Broken, ReadError};
pub use source::ImageSource;

use limits::{Budget, Limits};
use store::Blobs;
use tree::FileTree;

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
    blobs: Box<dyn Blobs>,
    limits: Limits,
    layers: Vec<Descriptor>,
    places: HashMap<Digest, ContentPlace>,
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

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileContent {
    Whole(Vec<u8>),
    /// It is larger than the caller wants to have in memory.
    TooLarge {
        /// In bytes.
        size: u64,
    },
}

/// Where a content is.
#[derive(Clone, Copy, Debug)]
struct ContentPlace {
    /// Its number among the layers.
    layer: usize,
    /// Its number among the layer's entries.
    entry: u32,
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
