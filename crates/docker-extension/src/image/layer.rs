//! The files of a layer as a blob: tar, hashed for the diff ID, compressed, and hashed for the digest, in
//! one pass with only a few blocks in memory.
//!
//! Equal files make equal layers on any machine, because everything else is fixed: the order of the
//! entries, times (the epoch), owners (root, without names), modes, and gzip's header and level.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use tar::Builder;

use super::blob::Hashing;
use super::entry::{append_directory, append_file};
use super::gzip::{self, GzipError};
use crate::contents::LayerContents;
use crate::context::Context;
use crate::error::Result;
use crate::files::{self, IoContext};
use crate::oci::{Descriptor, Digest, MediaType};
use crate::platform::ImagePlatform;

/// A packed layer, for manifest and configuration.
#[derive(Clone, Debug)]
pub(super) struct PackedLayer {
    /// Its descriptor for the manifest.
    pub descriptor: Descriptor,
    /// The digest of the uncompressed tar file.
    pub diff_id: Digest,
}

/// Packs a layer of one variant into a new unnamed file in `directory`.
pub(super) fn pack(
    context: &Context,
    layer: &LayerContents,
    platform: ImagePlatform,
    directory: &Utf8Path,
) -> Result<(PackedLayer, File)> {
    let entries = entries(layer, platform);
    let mode = layer.mode.bits();
    let writing = "write a temporary file in";
    let file = tempfile::tempfile_in(directory).doing(writing, directory)?;
    let packed = gzip::compress(Hashing::new(file), |blocks| {
        let tar = write_tar(context.dir(), &entries, mode, Hashing::new(blocks))?;
        let (_, diff_id, _) = tar.finish();
        Ok(diff_id)
    });
    match packed {
        Ok((target, diff_id)) => {
            let (file, digest, size) = target.finish();
            let descriptor = Descriptor::new(MediaType::LAYER_GZIP, digest, size);
            Ok((PackedLayer { descriptor, diff_id }, file))
        }
        Err(GzipError::Input(error)) => Err(error),
        Err(GzipError::Target(error)) => Err(files::error(writing, directory, error)),
    }
}

/// The entries of a layer by their paths in the image; directories have no file. Paths compare
/// component by component, so a directory comes before its content.
fn entries(
    layer: &LayerContents,
    platform: ImagePlatform,
) -> BTreeMap<Utf8PathBuf, Option<Utf8PathBuf>> {
    let mut entries = BTreeMap::new();
    let add_directories = |path: &Utf8Path, entries: &mut BTreeMap<_, _>| {
        // The last ancestor of a path is empty: the root, which every image has.
        let directories = path.ancestors().filter(|path| !path.as_str().is_empty());
        entries.extend(directories.map(|path| (path.to_owned(), None)));
    };
    add_directories(&layer.directory, &mut entries);
    for file in layer.files(platform) {
        add_directories(file.path.parent().unwrap_or("".as_ref()), &mut entries);
        entries.insert(file.path, Some(file.context_path));
    }
    entries
}

fn write_tar<W: Write>(
    context: &Utf8Path,
    entries: &BTreeMap<Utf8PathBuf, Option<Utf8PathBuf>>,
    mode: u32,
    target: W,
) -> Result<W> {
    let mut tar = Builder::new(target);
    for (path, source) in entries {
        match source {
            None => append_directory(&mut tar, path.as_str())
                .map_err(|error| files::error("pack the directory", path, error))?,
            Some(source) => {
                let source = context.join(source);
                let file = files::open(&source)?;
                let size = file.metadata().doing("read", &source)?.len();
                append_file(&mut tar, path.as_str(), mode, size, file)
                    .map_err(|error| files::error("pack", &source, error))?;
            }
        }
    }
    tar.into_inner().map_err(|error| files::error("finish", "the layer", error))
}
