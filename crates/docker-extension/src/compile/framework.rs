//! The error for a macOS framework without a stub: which framework, which crate requires it, and how to
//! continue.

use cargo_metadata::Package;

use super::crates::{self, Crates, Linkage};
use super::symbol;
use crate::error::Error;
use crate::project::added_symbols;
use crate::text;

/// The error for `frameworks` that the linker does not find.
pub(super) fn missing(crates: &Crates<'_>, frameworks: &[String]) -> Error {
    let links = |name: &String| crates.that_link(&Linkage::Framework(name));
    let mut packages: Vec<&Package> = frameworks.iter().flat_map(links).collect();
    packages.sort_by(|one, other| one.id.cmp(&other.id));
    packages.dedup_by(|one, other| one.id == other.id);
    explain(crates, frameworks, &packages)
}

/// `packages` are those that link the frameworks; empty if they are unknown.
fn explain(crates: &Crates<'_>, frameworks: &[String], packages: &[&Package]) -> Error {
    let noun = if frameworks.len() == 1 { "framework" } else { "frameworks" };
    let places = added_symbols::places(&symbol::declared_in(frameworks, packages, crates));
    let frameworks = text::list(frameworks);
    let required_by = crates::required_by(packages);
    let dependents = packages
        .first()
        .map(|package| format!(" ({} shows what depends on it)", crates.tree_command(package)));
    Error::new(format!("no stub for the macOS {noun} {frameworks}{required_by}")).help(format!(
        "add {places} as docs/linking.md explains, or build on a Mac, or remove the crate from the macOS build{}, or leave macOS out of the binary's \
         `platforms` in its package's `[package.metadata.docker-extension]`",
        dependents.unwrap_or_default()
    ))
}

#[cfg(test)]
mod tests {
    use super::super::crates::testing::package;
    use super::*;
    use crate::platform::{Arch, HostPlatform, Os};

    fn error(frameworks: &[&str], packages: &[&Package]) -> Error {
        let platform = HostPlatform::new(Os::Darwin, Arch::Arm64);
        let crates = Crates { platform, packages: Vec::new(), scripts: &[] };
        let frameworks: Vec<String> = frameworks.iter().map(|&name| name.to_owned()).collect();
        explain(&crates, &frameworks, packages)
    }

    #[test]
    fn the_help_names_the_version_of_a_crate_because_there_may_be_several() {
        let packages = [package("sec", "1.0.0", &[]), package("sec", "2.0.0", &[])];
        let error = error(&["Security"], &packages.each_ref());
        let expected = "no stub for the macOS framework Security, required by the crate `sec` 1.0.0 and \
                        the crate `sec` 2.0.0";
        assert_eq!(error.to_string(), expected);
        let command = "`cargo tree --target aarch64-apple-darwin -i sec@1.0.0`";
        assert!(error.advice().unwrap().contains(command), "{error:?}");
    }

    #[test]
    fn frameworks_of_unknown_crates_are_named_alone() {
        let error = error(&["A", "B"], &[]);
        assert_eq!(error.to_string(), "no stub for the macOS frameworks A and B");
        assert!(!error.advice().unwrap().contains("cargo tree"), "{error:?}");
    }
}
