//! `cargo tree`: the crates that are compiled into the binaries of a target.

use std::collections::BTreeSet;

use camino::Utf8Path;
use cargo_metadata::Package;
use semver::Version;
use target_lexicon::Triple;
use xshell::cmd;

use super::shell::shell;
use crate::process::{self, ProcessError};

/// A crate and its version. `Cargo.lock` may list it several times, from different sources.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResolvedCrate {
    name: String,
    version: Version,
}

impl ResolvedCrate {
    /// Parses `ring v0.17.14` or `tool v1.0.0 (/path)`.
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
        Some(Self { name: name.to_owned(), version: version.parse().ok()? })
    }
}

impl From<&Package> for ResolvedCrate {
    fn from(package: &Package) -> Self {
        Self { name: package.name.to_string(), version: package.version.clone() }
    }
}

/// The crates that cargo compiles into the binaries of `packages` for `target`. Build scripts,
/// procedural macros and their dependencies run on this machine and are not included.
pub fn crates(
    root: &Utf8Path,
    target: &Triple,
    packages: &BTreeSet<&str>,
) -> Result<BTreeSet<ResolvedCrate>, ProcessError> {
    let sh = shell(root)?;
    let target = target.to_string();
    let mut tree = cmd!(sh, "cargo tree --locked --target {target}").args([
        "--edges",
        "normal,no-proc-macro",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]);
    for package in packages {
        tree = tree.args(["--package", package]);
    }
    Ok(parse(&process::read(tree)?))
}

/// Parses the output of `cargo tree` in the format `{p}`.
pub fn parse(tree: &str) -> BTreeSet<ResolvedCrate> {
    tree.lines().filter_map(ResolvedCrate::parse).collect()
}
