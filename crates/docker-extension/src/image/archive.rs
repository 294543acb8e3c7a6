//! The OCI image layout in one tar file: written here, or written by buildx and then completed here.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};

use camino::Utf8Path;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tar::{Archive, Builder};

use super::blob::{BlobContent, NewBlobs};
use super::entry::{append_directory, append_file};
use super::layout;
use super::read::{self, limits::Limits};
use crate::error::{Error, Result};
use crate::files;
use crate::oci::layout::{BLOBS, DOCKER_MANIFEST, INDEX, MARKER, blob_path};
use crate::oci::{
    BlobKind, Descriptor, Digest, ImageIndex, ImageManifest, OciLayout, OciPlatform, Reference,
    Tag, from_json, to_json,
};
use crate::platform::ImagePlatform;

const FILE_MODE: u32 = 0o644;

/// The manifests of the variants.
pub(super) type Manifests = BTreeMap<ImagePlatform, ImageManifest>;

/// Writes the archive of the image that `index` describes; entries are sorted by path.
pub(super) fn write(
    archive: &Utf8Path,
    blobs: NewBlobs,
    index: Descriptor,
    manifests: &Manifests,
    reference: &Reference<Tag>,
) -> Result<()> {
    let file = BufWriter::new(files::create(archive)?);
    write_entries(file, blobs, index, manifests, reference)
        .map_err(|error| files::error("write", archive, error))
}

fn write_entries(
    target: impl Write,
    blobs: NewBlobs,
    index: Descriptor,
    manifests: &Manifests,
    reference: &Reference<Tag>,
) -> io::Result<()> {
    let mut tar = Builder::new(target);
    append_directory(&mut tar, "blobs")?;
    append_directory(&mut tar, BLOBS)?;
    for (digest, size, content) in blobs.into_iter() {
        let path = blob_path(digest);
        match content {
            BlobContent::Memory(bytes) => {
                append_file(&mut tar, &path, FILE_MODE, size, &bytes[..])?
            }
            BlobContent::Disk(mut file) => {
                file.rewind()?;
                append_file(&mut tar, &path, FILE_MODE, size, file)?;
            }
        }
    }
    append_json(&mut tar, INDEX, &layout::index_json(index, reference))?;
    append_json(&mut tar, DOCKER_MANIFEST, &layout::docker_manifest(manifests, reference))?;
    append_json(&mut tar, MARKER, &OciLayout::CURRENT)?;
    tar.into_inner()?.flush()
}

fn append_json<W: Write>(
    tar: &mut Builder<W>,
    path: &str,
    document: &impl Serialize,
) -> io::Result<()> {
    let bytes = to_json(document);
    append_file(tar, path, FILE_MODE, bytes.len() as u64, &bytes[..])
}

/// The content of an archive.
pub(super) struct ArchivedImage {
    /// The digest of the image's index.
    pub digest: Digest,
    /// Its variants, without attestations.
    pub manifests: Manifests,
}

/// Reads an archive with one image, from any tool.
pub(super) fn read(path: &Utf8Path) -> Result<ArchivedImage> {
    let documents = ArchivedDocuments::open(path)?;
    let index: ImageIndex = documents.json(INDEX)?;
    let images: Vec<&Descriptor> =
        index.manifests.iter().filter(|it| !it.is_attestation()).collect();
    let [image] = images[..] else {
        let count = images.len();
        return Err(invalid(path, format!("{INDEX} lists {count} images, expected one")));
    };
    if image.media_type.kind() != BlobKind::Index {
        return Err(invalid(path, "its image is for one platform only"));
    }
    let variants: ImageIndex = documents.json(&blob_path(image.digest))?;
    let mut manifests = Manifests::new();
    for variant in variants.manifests.into_iter().filter(|it| !it.is_attestation()) {
        let platform = variant.platform.as_ref().and_then(OciPlatform::image_platform);
        if let Some(platform) = platform {
            manifests.insert(platform, documents.json(&blob_path(variant.digest))?);
        }
    }
    Ok(ArchivedImage { digest: image.digest, manifests })
}

pub(super) fn invalid(archive: &Utf8Path, reason: impl std::fmt::Display) -> Error {
    Error::new(format!("`{archive}` is not an image for both platforms: {reason}"))
}

/// The documents of an archive, by their paths in the layout.
struct ArchivedDocuments<'a> {
    path: &'a Utf8Path,
    archive: read::ImageArchive<File>,
}

impl<'a> ArchivedDocuments<'a> {
    fn open(path: &'a Utf8Path) -> Result<Self> {
        let archive = read::ImageArchive::new(files::open(path)?, path, &Limits::DEFAULT);
        Ok(Self { path, archive: archive.map_err(|error| invalid(path, error))? })
    }

    fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        let bytes = self.archive.document(name, &Limits::DEFAULT);
        let bytes = bytes.map_err(|error| invalid(self.path, error))?;
        let bytes = bytes.ok_or_else(|| invalid(self.path, format!("{name} is missing")))?;
        from_json(&bytes).map_err(|error| invalid(self.path, format!("{name}: {error}")))
    }
}

/// Adds the `manifest.json` that buildx does not write.
pub(super) fn add_docker_manifest(
    archive: &Utf8Path,
    manifests: &Manifests,
    reference: &Reference<Tag>,
) -> Result<()> {
    let append = || -> io::Result<()> {
        let mut file = OpenOptions::new().read(true).write(true).open(archive)?;
        let end = end_of_entries(&file)?;
        file.set_len(end)?;
        file.seek(SeekFrom::Start(end))?;
        let mut tar = Builder::new(file);
        append_json(&mut tar, DOCKER_MANIFEST, &layout::docker_manifest(manifests, reference))?;
        tar.into_inner()?.flush()
    };
    append().map_err(|error| files::error("complete", archive, error))
}

/// The offset of the zero blocks that end a tar file.
fn end_of_entries(file: &File) -> io::Result<u64> {
    const TAR_BLOCK: u64 = 512;
    let mut end = 0;
    let mut archive = Archive::new(file);
    archive.entries_with_seek()?.try_for_each(|entry| {
        let entry = entry?;
        end = entry.raw_file_position() + entry.size().next_multiple_of(TAR_BLOCK);
        io::Result::Ok(())
    })?;
    Ok(end)
}
