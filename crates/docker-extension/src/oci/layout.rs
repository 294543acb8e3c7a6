//! The files of an OCI image layout, and of the output of `docker save`.

use super::digest::Digest;

pub const BLOBS: &str = "blobs/sha256";
/// The file that lists the images of a layout.
pub const INDEX: &str = "index.json";
/// The file that marks a directory as a layout.
pub const MARKER: &str = "oci-layout";
/// The file that lists the images in the output of `docker save`.
pub const DOCKER_MANIFEST: &str = "manifest.json";

/// The path of a blob in a layout.
pub fn blob_path(digest: Digest) -> String {
    format!("{BLOBS}/{}", digest.hex())
}
