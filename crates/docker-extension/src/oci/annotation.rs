//! The annotations of descriptors that are written or read here.

/// A name of the image; usually only its tag.
pub const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// The full name of the image. containerd, and therefore `docker load`, uses it.
pub const IMAGE_NAME: &str = "io.containerd.image.name";
/// BuildKit sets it on manifests that describe another manifest.
pub const REFERENCE_TYPE: &str = "vnd.docker.reference.type";
/// cosign sets it on the entries of the layouts that `cosign save` writes.
pub const COSIGN_KIND: &str = "kind";
/// The start of all values of [`COSIGN_KIND`].
pub const COSIGN_KINDS: &str = "dev.cosignproject.cosign/";
