//! The annotations of descriptors that this tool writes or reads.

/// A name of the image; mostly its tag alone.
pub const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// The full name of the image. containerd, and with it `docker load`, takes it from here.
pub const IMAGE_NAME: &str = "io.containerd.image.name";
/// BuildKit marks manifests with it that are about another manifest.
pub const REFERENCE_TYPE: &str = "vnd.docker.reference.type";
