//! The `.oci.tar` file in `dist/`.

use camino::Utf8PathBuf;

use super::interface::Sink;
use crate::context::Context;
use crate::error::Result;
use crate::files;
use crate::image::Image;
use crate::progress::Progress;

/// A file on the same disk as the engine's archive.
pub struct ArchiveFile {
    pub path: Utf8PathBuf,
}

impl Sink for ArchiveFile {
    fn name(&self) -> &'static str {
        "archive"
    }

    fn deliver(&self, image: &Image, _: &Context, _: &Progress) -> Result<()> {
        files::rename(&image.archive, &self.path)?;
        files::make_public(&self.path)
    }
}
