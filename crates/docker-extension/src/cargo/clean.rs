//! `cargo clean`: removes what was built.

use std::collections::BTreeSet;

use camino::Utf8Path;
use xshell::cmd;

use super::shell::shell;
use crate::process::{self, ProcessError};

/// Removes what the release profile built of these packages for these targets, but not their dependencies.
pub fn release(
    root: &Utf8Path,
    packages: &BTreeSet<&str>,
    targets: &BTreeSet<String>,
) -> Result<(), ProcessError> {
    let sh = shell(root)?;
    let mut clean = cmd!(sh, "cargo clean --locked --release --quiet");
    for target in targets {
        clean = clean.args(["--target", target]);
    }
    for package in packages {
        clean = clean.args(["--package", package]);
    }
    process::read(clean).map(drop)
}
