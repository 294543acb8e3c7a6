//! `cargo tree`: the crates that the binaries of a target are made of.

use std::collections::BTreeSet;

use camino::Utf8Path;
use cargo_metadata::Package;
use semver::Version;
use target_lexicon::Triple;
use xshell::cmd;

use super::shell::shell;
use crate::process::{self, ProcessError};

/// A crate and its version, which `Cargo.lock` may hold several times, from several sources.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResolvedCrate {
    name: String,
    version: Version,
}

impl ResolvedCrate {
    /// Reads `ring v0.17.14` or `tool v1.0.0 (/path)`.
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

/// The crates that the binaries of `packages` are made of: exactly those that cargo would compile for
/// `target`. Build scripts and procedural macros, and what they are made of, run on this machine and
/// are not among them.
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

/// Reads what `cargo tree` prints with the format `{p}`.
pub fn parse(tree: &str) -> BTreeSet<ResolvedCrate> {
    tree.lines().filter_map(ResolvedCrate::parse).collect()
}
