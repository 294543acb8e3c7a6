//! The destinations of an image: a file, a Docker Engine, a registry. The design follows `pkg/publish` of ko.

mod archive;
mod docker_engine;
mod interface;
mod registry;

pub use archive::ArchiveFile;
pub use docker_engine::DockerEngine;
pub use interface::Sink;
pub use registry::Registry;
