//! What all destinations have in common.

use crate::context::Context;
use crate::error::Result;
use crate::image::Image;
use crate::progress::Progress;

/// A destination of images.
pub trait Sink: Sync {
    /// What the plan calls it: `docker-engine`, `registry`.
    fn name(&self) -> &'static str;

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
