//! The files of an image layout, and of what `docker save` writes.

use super::digest::Digest;

pub const BLOBS: &str = "blobs/sha256";
/// The file that lists the images of a layout.
pub const INDEX: &str = "index.json";
/// The file that makes a directory a layout.
pub const MARKER: &str = "oci-layout";
/// The file that lists the images of what `docker save` writes.
pub const DOCKER_MANIFEST: &str = "manifest.json";

/// The path of a blob in a layout.
pub fn blob_path(digest: Digest) -> String {
    format!("{BLOBS}/{}", digest.hex())
}
