//! Opens an image: from a source to its first document.

use std::io::{Read, Seek};

use camino::Utf8Path;

use super::archive::{self, ImageArchive};
use super::assemble::{ImageRoot, assemble};
use super::choose::{self, Chosen};
use super::error::{Broken, ReadError};
use super::layout::LayoutDirectory;
use super::limits::Limits;
use super::source::ImageSource;
use super::store::{self, Blobs};
use super::stored::StoredImage;
use super::{daemon, registry};
use crate::oci::layout::{DOCKER_MANIFEST, INDEX};
use crate::oci::{Descriptor, ImageDocument, ImageIndex, ImageManifest, MediaType};
use crate::progress::Step;

/// The file that Docker before 1.10 wrote instead of `manifest.json`.
const ANCIENT: &str = "repositories";

impl StoredImage {
    /// Reads the image at `source`, except for the contents of its files.
    ///
    /// # Errors
    /// The source can't be reached, or the image is invalid.
    pub fn open(source: &ImageSource, step: &Step<'_>) -> Result<Self, ReadError> {
        let limits = &Limits::DEFAULT;
        let root = match source {
            ImageSource::Archive { path, image } => {
                let file = archive::open(path, limits)?;
                in_archive(file, path, image.as_deref(), limits)?
            }
            ImageSource::Layout { path, image } => {
                let layout = LayoutDirectory::new(path);
                let index = layout.document(INDEX, limits)?;
                let index = index.ok_or_else(|| ReadError::broken(INDEX, Broken::Missing))?;
                in_layout(Box::new(layout), &index, image.as_deref(), limits)?
            }
            ImageSource::Registry(reference) => registry::find(reference, limits)?,
            ImageSource::Daemon(reference) => {
                let archive = daemon::save(reference, limits)?;
                let place = format!("the archive of {reference}");
                let mut root = in_archive(archive, Utf8Path::new(&place), None, limits)?;
                root.called = reference.clone().into();
                root
            }
        };
        assemble(root, limits, step)
    }

    /// Reads the image in an uncompressed archive, within `limits`.
    ///
    /// # Errors
    /// Those of [`StoredImage::open`].
    pub fn from_archive(
        archive: impl Read + Seek + Send + 'static,
        limits: &Limits,
        step: &Step<'_>,
    ) -> Result<Self, ReadError> {
        assemble(in_archive(archive, Utf8Path::new("archive"), None, limits)?, limits, step)
    }
}

fn in_archive(
    archive: impl Read + Seek + Send + 'static,
    path: &Utf8Path,
    image: Option<&str>,
    limits: &Limits,
) -> Result<ImageRoot, ReadError> {
    let archive = ImageArchive::new(archive, path, limits)?;
    if let Some(index) = archive.document(INDEX, limits)? {
        return in_layout(Box::new(archive), &index, image, limits);
    }
    if let Some(manifest) = archive.document(DOCKER_MANIFEST, limits)? {
        return from_docker(archive, &manifest, image);
    }
    let is_ancient = archive.document(ANCIENT, limits)?.is_some();
    Err(ReadError::broken(
        path.as_str(),
        if is_ancient { Broken::Ancient } else { Broken::NoImage },
    ))
}

fn in_layout(
    blobs: Box<dyn Blobs>,
    index: &[u8],
    image: Option<&str>,
    limits: &Limits,
) -> Result<ImageRoot, ReadError> {
    let (chosen, called) = choose::from_index(index, image, blobs.place())?;
    let (digest, document) = match chosen {
        Chosen::Index { digest, variants } => {
            (digest, ImageDocument::Index(ImageIndex::new(variants)))
        }
        Chosen::Blob(blob) => {
            let document = store::document(&*blobs, "image", &blob, limits, ImageDocument::parse)?;
            (blob.digest, document)
        }
    };
    Ok(ImageRoot { blobs, called, digest, document })
}

/// Archives of `docker save` refer to the parts of an image by their paths. Here, every part is
/// identified by its digest.
fn from_docker<R: Read + Seek + Send + 'static>(
    mut archive: ImageArchive<R>,
    manifest: &[u8],
    image: Option<&str>,
) -> Result<ImageRoot, ReadError> {
    let (image, called) = choose::from_docker_manifest(manifest, image, archive.place())?;
    let (digest, size) = archive.name_blob(&image.config)?;
    let configuration = Descriptor::new(MediaType::CONFIGURATION, digest, size);
    let mut layers = Vec::new();
    for name in &image.layers {
        let (digest, size) = archive.name_blob(name)?;
        layers.push(Descriptor::new(MediaType::LAYER, digest, size));
    }
    let document = ImageDocument::Manifest(Box::new(ImageManifest::new(configuration, layers)));
    Ok(ImageRoot { blobs: Box::new(archive), called, digest, document })
}
