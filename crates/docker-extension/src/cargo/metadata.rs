//! `cargo metadata`: the packages of a workspace.

use std::io;

use camino::Utf8Path;
use cargo_metadata::{Error, Metadata, MetadataCommand, Package, Result};
use target_lexicon::Triple;

use crate::process::{self, ProcessError};

/// The workspace around `dir` and its own packages, without their dependencies.
pub fn workspace(dir: &Utf8Path) -> Result<Metadata> {
    read(MetadataCommand::new().current_dir(dir).no_deps())
}

/// The workspace at `root` with the dependencies for `target`, in the versions of `Cargo.lock`.
///
/// `packages` also lists crates for other targets; [`packages`] leaves them out. Both include crates
/// that no enabled feature uses; [`super::tree`] does not.
pub fn resolved(root: &Utf8Path, target: &Triple) -> Result<Metadata> {
    let options = ["--locked", "--filter-platform", &target.to_string()].map(str::to_owned);
    read(MetadataCommand::new().current_dir(root).other_options(options))
}

/// Unlike [`MetadataCommand::exec`], it ends with Ctrl-C, and is reported when it waits for the network or for
/// another cargo.
fn read(command: &MetadataCommand) -> Result<Metadata> {
    match process::read(command.cargo_command()) {
        Ok(json) => MetadataCommand::parse(json),
        Err(ProcessError::Failed { messages, .. }) => {
            Err(Error::CargoMetadata { stderr: messages })
        }
        Err(error) => Err(io::Error::other(error).into()),
    }
}

/// The crates that may be compiled for `target`.
pub fn packages(root: &Utf8Path, target: &Triple) -> Result<Vec<Package>> {
    let metadata = resolved(root, target)?;
    let nodes = metadata.resolve.map(|resolve| resolve.nodes).unwrap_or_default();
    let is_resolved = |package: &Package| nodes.iter().any(|node| node.id == package.id);
    Ok(metadata.packages.into_iter().filter(is_resolved).collect())
}
