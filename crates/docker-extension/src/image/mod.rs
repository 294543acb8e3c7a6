//! From the context to the image: two engines behind one interface.
//!
//! `embedded` writes the image itself: the files of a layer become a `layer` (tar `entry` by entry,
//! through `gzip`) and that a `blob`, `layout` describes them, and an `archive` holds it all.
//! `docker` has a `builder` do it, and reads the archive that comes back. `choose` picks.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Serialize, Serializer};

use crate::context::Context;
use crate::platform::ImagePlatform;
use crate::progress::Step;
use crate::project::reference::ImageReference;

mod archive;
mod blob;
mod builder;
mod choose;
mod docker;
mod embedded;
mod entry;
mod error;
mod gzip;
mod layer;
mod layout;
pub mod read;
#[cfg(test)]
mod testing;

pub use builder::{Builder, NoBuilder, check_load, probe};
pub use choose::{AnyEngine, EngineChoice, EngineRequest, choose};
pub use docker::{Docker, load};
pub use embedded::Embedded;
pub use error::Error;

/// What turns a context into an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    /// Written here; needs nothing.
    Embedded,
    /// Docker's builder, buildx.
    Docker,
}

/// The image, as an OCI image layout in one tar file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Its name and tag.
    pub reference: ImageReference,
    /// The digest of its index: `sha256:…`.
    pub digest: String,
    /// The tar file.
    pub archive: Utf8PathBuf,
    /// Its variants.
    pub platforms: Vec<ImagePlatform>,
    /// What made it.
    pub engine: EngineKind,
}

/// Turns a context into an image.
pub trait Engine {
    /// Which engine it is.
    fn kind(&self) -> EngineKind;

    /// Writes the image of `context`, named `reference`, to the new file `archive`.
    ///
    /// # Errors
    /// Whatever keeps the engine from it; the file may then exist in part.
    fn build(
        &self,
        context: &Context,
        reference: &ImageReference,
        archive: &Utf8Path,
        step: &Step<'_>,
    ) -> Result<Image, Error>;
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EngineKind::Embedded => "embedded",
            EngineKind::Docker => "docker",
        })
    }
}

impl Serialize for EngineKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
