//! `cargo tree`: the crates that are compiled into the binaries of a target, and their features.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use cargo_metadata::Package;
use semver::Version;
use target_lexicon::Triple;
use xshell::cmd;

use super::lockfile;
use super::shell::shell;
use crate::error::Error;
use crate::process::{self, ProcessError};

/// A crate and its version. `Cargo.lock` may list it several times, from different sources.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResolvedCrate {
    pub name: String,
    pub version: Version,
}

impl ResolvedCrate {
    /// Parses `ring v0.17.14` or `tool v1.0.0 (/path)`.
    pub fn parse(line: &str) -> Option<Self> {
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

/// The features of every crate that cargo compiles for a package's binaries on one target, including those
/// that run on this machine: their features change the hashes in the symbols of the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CrateFeatures(BTreeMap<String, BTreeSet<String>>);

impl CrateFeatures {
    /// Whether one call of cargo can build both. Within a call, cargo compiles each crate with the features
    /// that any of the binaries and targets enables.
    pub fn agree_with(&self, other: &Self) -> bool {
        self.0.iter().all(|(name, features)| other.0.get(name).is_none_or(|it| it == features))
    }

    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Parses the output of `cargo tree` in the format `{p}|{f}`.
    fn parse(tree: &str) -> Self {
        let mut features: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for line in tree.lines() {
            // Crates that were listed before have a mark at the end.
            let line = line.strip_suffix(" (*)").unwrap_or(line);
            if let Some((name, enabled)) = line.rsplit_once('|') {
                features.entry(name.to_owned()).or_default().insert(enabled.to_owned());
            }
        }
        Self(features)
    }
}

/// The error if cargo can't list the crates of the host binaries, from its messages.
pub fn unresolvable(error: ProcessError) -> Error {
    if error.messages().lines().any(lockfile::is_outdated_in) {
        return lockfile::outdated();
    }
    Error::new("cargo can't resolve the crates of the host binaries")
        .because(error)
        .help("fix cargo's error above; `cargo fetch --locked` shows it again")
}

/// The features with which cargo compiles the binaries of `package` for `target`, if it compiles nothing else.
pub fn features(
    root: &Utf8Path,
    target: &Triple,
    package: &str,
) -> Result<CrateFeatures, ProcessError> {
    let sh = shell(root)?;
    let target = target.to_string();
    let tree = cmd!(sh, "cargo tree --locked --target {target} --package {package}");
    let format = ["--edges", "normal,build", "--prefix", "none", "--format", "{p}|{f}"];
    Ok(CrateFeatures::parse(&process::read(tree.args(format))?))
}

/// Parses the output of `cargo tree` in the format `{p}`.
pub fn parse(tree: &str) -> BTreeSet<ResolvedCrate> {
    tree.lines().filter_map(ResolvedCrate::parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_agree_if_each_common_crate_has_the_same_ones() {
        let features = |tree| CrateFeatures::parse(tree);
        let one = features("a v1.0.0 (/w/a)|\nb v1.0.0|x,y\nb v1.0.0|x,y (*)\n");
        let two = features("c v1.0.0 (/w/c)|\nb v1.0.0|x,y\n");
        let three = features("d v1.0.0 (/w/d)|\nb v1.0.0|x\n");
        assert!(one.agree_with(&one) && one.agree_with(&two) && two.agree_with(&one));
        assert!(!one.agree_with(&three) && !three.agree_with(&two));
        // Other versions are other crates.
        assert!(one.agree_with(&features("b v2.0.0|\n")));
        // A crate that is compiled twice, also for this machine.
        assert!(!one.agree_with(&features("b v1.0.0|x,y\nb v1.0.0|\n")));
    }
}
