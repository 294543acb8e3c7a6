//! The one module that talks to cargo: [`metadata`] reads a workspace, [`tree`] the crates that binaries
//! are made of, and [`build`] runs `cargo build` and reads its messages.

use std::io;

use camino::Utf8Path;
use xshell::Shell;

use crate::process::ProcessError;

pub mod build;
pub mod metadata;
pub mod tree;

/// A shell whose commands run in `dir`.
fn shell(dir: &Utf8Path) -> Result<Shell, ProcessError> {
    let sh = Shell::new().map_err(|error| ProcessError::Start {
        program: "cargo".to_owned(),
        source: io::Error::other(error),
    })?;
    sh.change_dir(dir);
    Ok(sh)
}
