//! The image layout in one tar file: written whole, or read and completed where buildx wrote it.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};

use camino::Utf8Path;
use oci_spec::image::{Descriptor, ImageIndex, ImageManifest, MediaType};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tar::{Archive, Builder};

use super::Error;
use super::blob::{Blobs, Content, json};
use super::entry::{append_file, append_folder};
use super::layout::{self, BLOBS, DOCKER_MANIFEST, INDEX, LAYOUT};
use crate::files::{self, IoContext};
use crate::platform::ImagePlatform;
use crate::project::reference::ImageReference;

const FILE_MODE: u32 = 0o644;
/// No document of an image comes near it; what is larger is not read into memory.
const LARGEST_DOCUMENT: u64 = 4 * 1024 * 1024;

/// The variants' manifests.
pub(super) type Manifests = BTreeMap<ImagePlatform, ImageManifest>;

/// Writes the archive of the image that `index` describes; entries are sorted by path.
pub(super) fn write(
    archive: &Utf8Path,
    blobs: Blobs,
    index: Descriptor,
    manifests: &Manifests,
    reference: &ImageReference,
) -> Result<(), Error> {
    let file = BufWriter::new(files::create(archive)?);
    write_entries(file, blobs, index, manifests, reference)
        .map_err(|error| Error::io("write", archive, error))
}

fn write_entries(
    target: impl Write,
    blobs: Blobs,
    index: Descriptor,
    manifests: &Manifests,
    reference: &ImageReference,
) -> io::Result<()> {
    let mut tar = Builder::new(target);
    append_folder(&mut tar, "blobs")?;
    append_folder(&mut tar, BLOBS)?;
    for (hash, size, content) in blobs.into_iter() {
        let path = format!("{BLOBS}/{hash}");
        match content {
            Content::Memory(bytes) => append_file(&mut tar, &path, FILE_MODE, size, &bytes[..])?,
            Content::Disk(mut file) => {
                file.rewind()?;
                append_file(&mut tar, &path, FILE_MODE, size, file)?;
            }
        }
    }
    append_json(&mut tar, INDEX, &layout::index_json(index, reference))?;
    append_json(&mut tar, DOCKER_MANIFEST, &layout::docker_manifest(manifests, reference))?;
    append_json(&mut tar, LAYOUT, &layout::marker())?;
    tar.into_inner()?.flush()
}

fn append_json<W: Write>(
    tar: &mut Builder<W>,
    path: &str,
    document: &impl Serialize,
) -> io::Result<()> {
    let bytes = json(document);
    append_file(tar, path, FILE_MODE, bytes.len() as u64, &bytes[..])
}

/// What an archive says of its image.
pub(super) struct Found {
    /// The digest of the image's index.
    pub digest: String,
    /// Its variants; attestations are left out.
    pub manifests: Manifests,
}

/// Reads the archive of one image, by whatever it was written.
pub(super) fn read(archive: &Utf8Path) -> Result<Found, Error> {
    let index: ImageIndex = read_json(archive, INDEX)?;
    let [image] = &index.manifests()[..] else {
        let reason = format!("{INDEX} has {} images instead of one", index.manifests().len());
        return Err(Error::Archive { path: archive.to_owned(), reason });
    };
    if *image.media_type() != MediaType::ImageIndex {
        let reason = "its image has one platform only".to_owned();
        return Err(Error::Archive { path: archive.to_owned(), reason });
    }
    let variants: ImageIndex = read_json(archive, &layout::blob_path(image))?;
    let mut manifests = Manifests::new();
    for variant in variants.manifests() {
        if let Some(platform) = layout::image_platform(variant) {
            manifests.insert(platform, read_json(archive, &layout::blob_path(variant))?);
        }
    }
    Ok(Found { digest: image.digest().to_string(), manifests })
}

/// Adds the `manifest.json` that buildx doesn't write.
pub(super) fn add_docker_manifest(
    archive: &Utf8Path,
    manifests: &Manifests,
    reference: &ImageReference,
) -> Result<(), Error> {
    let append = || -> io::Result<()> {
        let mut file = OpenOptions::new().read(true).write(true).open(archive)?;
        let end = end_of_entries(&file)?;
        file.set_len(end)?;
        file.seek(SeekFrom::Start(end))?;
        let mut tar = Builder::new(file);
        append_json(&mut tar, DOCKER_MANIFEST, &layout::docker_manifest(manifests, reference))?;
        tar.into_inner()?.flush()
    };
    append().map_err(|error| Error::io("complete", archive, error))
}

/// Where the blocks of zeros begin with which a tar file ends.
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

fn read_json<T: DeserializeOwned>(archive: &Utf8Path, path: &str) -> Result<T, Error> {
    let invalid = |reason| Error::Archive { path: archive.to_owned(), reason };
    let bytes = read_entry(&files::open(archive)?, path).doing("read", archive)?;
    let bytes = bytes.ok_or_else(|| invalid(format!("{path} is missing")))?;
    serde_json::from_slice(&bytes).map_err(|error| invalid(format!("{path}: {error}")))
}

fn read_entry(file: &File, path: &str) -> io::Result<Option<Vec<u8>>> {
    for entry in Archive::new(file).entries_with_seek()? {
        let entry = entry?;
        if entry.path_bytes() == path.as_bytes() {
            let mut bytes = Vec::new();
            entry.take(LARGEST_DOCUMENT).read_to_end(&mut bytes)?;
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}
