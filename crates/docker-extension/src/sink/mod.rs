//! Where an image goes, as in ko's `pkg/publish`: a file, a Docker Engine, a registry.

use crate::context::Context;
use crate::error::Result;
use crate::image::Image;
use crate::progress::Progress;

mod archive;
mod docker_engine;
mod registry;

pub use archive::ArchiveFile;
pub use docker_engine::DockerEngine;
pub use registry::Registry;

/// A destination of images.
pub trait Sink {
    /// Fails where the destination can be seen to be out of reach: to be asked before long work.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Delivers the image that was made from `context`.
    ///
    /// # Errors
    /// The destination has not got the image.
    fn deliver(&self, image: &Image, context: &Context, progress: &Progress) -> Result<()>;
}
