//! `Cargo.lock`: the versions of a workspace's dependencies.

use camino::Utf8Path;
use semver::Version;
use xshell::cmd;

use super::shell::shell;
use crate::error::{Error, Result};
use crate::files;
use crate::process::{self, ProcessError};

/// Updates the lock file for the workspace at `root`, without changing versions that are still valid.
///
/// # Errors
/// A dependency can't be found; cargo's message names it.
pub fn update_workspace(root: &Utf8Path) -> Result<(), ProcessError> {
    let sh = shell(root)?;
    offline_first(|offline| {
        process::read(cmd!(sh, "cargo update --workspace --quiet {offline...}"))
    })?;
    Ok(())
}

/// Whether a line of cargo's output says that the lock file does not match the manifests.
pub fn is_outdated_in(line: &str) -> bool {
    // "cannot update the lock file … because --locked was passed"; the wording varies between versions.
    line.contains("lock file") && line.contains("--locked")
}

/// The error for a lock file that does not match the manifests.
pub fn outdated() -> Error {
    Error::new("`Cargo.lock` is out of date; host binaries are built with `--locked`")
        .help("run `cargo update --workspace`, and commit `Cargo.lock`")
}

/// The version of a package in the lock file of the workspace at `root`.
///
/// # Errors
/// The lock file contains no version of the package, or several.
pub fn locked_version(root: &Utf8Path, package: &str) -> Result<Version> {
    let path = root.join("Cargo.lock");
    let lock: Option<toml::Table> = files::read_text(&path)?.parse().ok();
    let packages = lock.as_ref().and_then(|lock| lock.get("package")?.as_array());
    let named = packages
        .into_iter()
        .flatten()
        .filter(|it| it.get("name").and_then(|name| name.as_str()) == Some(package));
    let versions: Vec<Version> =
        named.filter_map(|it| it.get("version")?.as_str()?.parse().ok()).collect();
    match <[Version; 1]>::try_from(versions) {
        Ok([version]) => Ok(version),
        Err(_) => {
            Err(Error::new(format!("`{path}` does not contain exactly one version of `{package}`"))
                .help("run `cargo update --workspace`")
                .usage())
        }
    }
}

/// Calls cargo offline, which is fast if nothing is missing, and on failure again with the network.
///
/// # Errors
/// Those of the second call.
pub fn offline_first<T>(
    call: impl Fn(&'static [&'static str]) -> Result<T, ProcessError>,
) -> Result<T, ProcessError> {
    match call(&["--offline"]) {
        Err(ProcessError::Failed { .. }) => call(&[]),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outdated_lock_file_is_recognized_and_the_help_updates_it() {
        let line = "error: cannot update the lock file /w/Cargo.lock because --locked was passed to \
                    prevent this";
        assert!(is_outdated_in(line));
        assert!(!is_outdated_in("    Blocking waiting for file lock on package cache"));
        assert!(outdated().advice().unwrap().contains("`cargo update --workspace`"));
    }
}
