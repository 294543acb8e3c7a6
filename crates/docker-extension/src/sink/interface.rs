//! The interface of all destinations.

use crate::context::Context;
use crate::error::Result;
use crate::image::Image;
use crate::progress::Progress;

/// A destination for images.
pub trait Sink: Sync {
    /// Its name in the plan: `docker-engine`, `registry`.
    fn name(&self) -> &'static str;

    /// Checks, before long work, that the destination is reachable.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Delivers the image that was built from `context`.
    fn deliver(&self, image: &Image, context: &Context, progress: &Progress) -> Result<()>;
}
