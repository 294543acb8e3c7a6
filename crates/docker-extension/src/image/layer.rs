//! A tree as a layer: tar, hashed for the diff ID, compressed, hashed again for the digest, in one
//! pass that holds no more than a few blocks in memory.
//!
//! What makes the bytes is fixed: the order of the entries, times (the epoch), owners (root, by
//! number alone), modes, gzip's header and level. So equal files make equal layers, on any machine.

use std::fs::File;
use std::io::Write;

use camino::Utf8Path;
use tar::Builder;

use super::Error;
use super::blob::Hashing;
use super::entry::{append_file, append_folder};
use super::gzip::{self, Failure};
use super::tree::{Node, Tree};
use crate::files::{self, IoContext};
use crate::oci::{Descriptor, Digest, MediaType};

/// A packed layer, as manifest and configuration name it.
#[derive(Clone, Debug)]
pub(super) struct PackedLayer {
    /// What the manifest says of it.
    pub descriptor: Descriptor,
    /// The digest of the tar before compression.
    pub diff_id: Digest,
}

/// Packs `tree` into a new nameless file in `folder`.
pub(super) fn pack(tree: &Tree, folder: &Utf8Path) -> Result<(PackedLayer, File), Error> {
    let writing = "write a temporary file in";
    let file = tempfile::tempfile_in(folder).doing(writing, folder)?;
    let packed = gzip::compress(Hashing::new(file), |blocks| {
        let tar = write_tar(tree, Hashing::new(blocks))?;
        let (_, diff_id, _) = tar.finish();
        Ok(diff_id)
    });
    match packed {
        Ok((target, diff_id)) => {
            let (file, digest, size) = target.finish();
            let descriptor = Descriptor::new(MediaType::LAYER_GZIP, digest, size);
            Ok((PackedLayer { descriptor, diff_id }, file))
        }
        Err(Failure::Input(error)) => Err(error),
        Err(Failure::Target(error)) => Err(Error::io(writing, folder, error)),
    }
}

fn write_tar<W: Write>(tree: &Tree, target: W) -> Result<W, Error> {
    let mut tar = Builder::new(target);
    for (path, node) in &tree.entries {
        match node {
            Node::Folder => append_folder(&mut tar, path.as_str())
                .map_err(|error| Error::io("pack the folder", path, error))?,
            Node::File(source) => {
                let file = files::open(source)?;
                let size = file.metadata().doing("read", source)?.len();
                append_file(&mut tar, path.as_str(), tree.mode.bits(), size, file)
                    .map_err(|error| Error::io("pack", source, error))?;
            }
        }
    }
    tar.into_inner().map_err(|error| Error::io("finish", "the layer", error))
}
