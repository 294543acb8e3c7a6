//! Where an image goes, as in ko's `pkg/publish`: a file, a Docker Engine, a registry.

mod archive;
mod docker_engine;
mod interface;
mod registry;

pub use archive::ArchiveFile;
pub use docker_engine::DockerEngine;
pub use interface::Sink;
pub use registry::Registry;
