use std::io;

use camino::Utf8Path;
use xshell::Shell;

use crate::process::ProcessError;

/// A shell whose commands run in `dir`.
pub(super) fn shell(dir: &Utf8Path) -> Result<Shell, ProcessError> {
    let sh = Shell::new().map_err(|error| ProcessError::Start {
        program: "cargo".to_owned(),
        source: io::Error::other(error),
    })?;
    sh.change_dir(dir);
    Ok(sh)
}
