//! Names that `rust-lld` finds in no library of macOS: which they are, which crate wants them, and
//! what can be done.
//!
//! A name that a crate says is in a framework may be one that the lists in `data/macos` just don't
//! know yet, and can be left to macOS to find when the program starts. Any other is an error.

use std::collections::BTreeSet;
use std::fmt;

use cargo_metadata::Package;

use super::framework;
use crate::error::Error;
use crate::foreign::{self, Declarations};
use crate::platform::{Arch, HostPlatform, Os};
use crate::project::Project;
use crate::text;

/// Names that no list has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UnknownSymbols(Vec<Unknown>);

impl fmt::Display for UnknownSymbols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let described = text::list(&described(&self.0));
        write!(f, "no library of macOS that xtask knows has {described}")
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Unknown {
    /// As the linker says it.
    symbol: String,
    /// The crate that declares it.
    package: Option<String>,
    /// The framework that the crate says it is in.
    framework: Option<String>,
}

fn described(unknown: &[Unknown]) -> Vec<String> {
    let described = unknown.iter().map(|Unknown { symbol, package, framework }| {
        let of = framework.as_ref().map(|name| format!(" of the framework {name}"));
        let by = package.as_ref().map(|package| format!(", which is wanted by {package}"));
        format!("`{symbol}`{}{}", of.unwrap_or_default(), by.unwrap_or_default())
    });
    described.collect()
}

impl UnknownSymbols {
    pub(super) fn error(&self) -> Error {
        Error::new(self.to_string()).help(
            "fix the name if it is misspelt; if macOS has it, add it to a list of the tool \
             (docs/linking.md explains how), or link with zig (`--linker zig`) or on a Mac",
        )
    }

    /// Whether all of them are said to be in frameworks, so that macOS may find them.
    pub(super) fn may_be_found_at_start(&self) -> bool {
        self.0.iter().all(|unknown| unknown.framework.is_some())
    }

    /// The linker's flags that leave each of them, and nothing else, to the start of the program.
    pub(super) fn flags(&self) -> Vec<String> {
        let flags = |unknown: &Unknown| {
            ["-Clink-arg=-U".to_owned(), format!("-Clink-arg={}", unknown.symbol)]
        };
        self.0.iter().flat_map(flags).collect()
    }

    /// What a person is told when they are left to the start of the program.
    pub(super) fn warning(&self) -> String {
        format!(
            "{self}: macOS looks for it when the program starts, and does not start it without \
             (`--deny-unknown-symbols` makes this an error; docs/linking.md tells how to add a name)"
        )
    }
}

/// The error for `symbols` that the linker did not find.
pub(super) fn explain(
    project: &Project,
    platforms: &[HostPlatform],
    symbols: &BTreeSet<String>,
) -> UnknownSymbols {
    let platform = platforms.iter().find(|platform| platform.os == Os::Darwin);
    let packages = platform.map(|platform| framework::packages(project, *platform));
    let packages = packages.unwrap_or_default();
    let declared: Vec<(&Package, Declarations)> =
        packages.iter().map(|package| (package, declarations(package))).collect();
    UnknownSymbols(symbols.iter().map(|symbol| find(symbol, &declared)).collect())
}

/// The name that a line of the linker's messages misses: those of `ld64.lld` have C's `_` before them.
///
/// Reads `rust-lld: error: undefined symbol: _name`.
pub(super) fn missing_in(line: &str) -> Option<&str> {
    let (_, symbol) = line.split_once("lld: error: undefined symbol: ")?;
    Some(symbol.trim()).filter(|symbol| symbol.starts_with('_'))
}

fn declarations(package: &Package) -> Declarations {
    let mut all = Declarations::default();
    let targets = package.targets.iter();
    for target in targets.filter(|target| target.is_lib() || target.is_rlib() || target.is_bin()) {
        for arch in Arch::ALL {
            let found = foreign::declarations(&target.src_path, arch);
            all.items.extend(found.items);
            all.libraries.extend(found.libraries);
        }
    }
    all
}

fn find(symbol: &str, declared: &[(&Package, Declarations)]) -> Unknown {
    let found = declared.iter().find_map(|(package, declarations)| {
        let item = declarations.items.iter().find(|item| item.symbol == symbol)?;
        // A crate may name its framework once, at a block of its own.
        let library = item.library.as_ref().or(declarations.libraries.first());
        Some((package, library.filter(|library| library.is_framework)))
    });
    Unknown {
        symbol: symbol.to_owned(),
        package: found.map(|(package, _)| framework::described(package)),
        framework: found.and_then(|(_, library)| library).map(|library| library.name.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown(framework: Option<&str>) -> UnknownSymbols {
        UnknownSymbols(vec![Unknown {
            symbol: "_SecNew".to_owned(),
            package: Some("the crate `sec` 1.0.0".to_owned()),
            framework: framework.map(str::to_owned),
        }])
    }

    #[test]
    fn the_name_is_read_from_llds_message() {
        let line = "  = note: rust-lld: error: undefined symbol: _SecNew";
        assert_eq!(missing_in(line), Some("_SecNew"));
        assert_eq!(missing_in("error: undefined: _SecNew"), None);
    }

    #[test]
    fn only_names_of_frameworks_are_left_to_the_start_of_the_program() {
        assert!(unknown(Some("Security")).may_be_found_at_start());
        assert!(!unknown(None).may_be_found_at_start());
        let flags = unknown(Some("Security")).flags();
        assert_eq!(flags, ["-Clink-arg=-U", "-Clink-arg=_SecNew"]);
    }

    #[test]
    fn name_framework_and_crate_are_told() {
        let expected = "no library of macOS that xtask knows has `_SecNew` of the framework \
                        Security, which is wanted by the crate `sec` 1.0.0";
        assert_eq!(unknown(Some("Security")).to_string(), expected);
    }
}
