//! Symbols that `rust-lld` finds in no macOS library: which crate requires them, and how to continue.
//!
//! If a crate declares the symbol in a framework, it may only be missing from the lists in
//! `data/macos`, and macOS can resolve it when the program starts. All others are errors.

use std::collections::BTreeSet;
use std::fmt;

use cargo_metadata::Package;

use super::framework;
use crate::error::Error;
use crate::foreign::{self, Declarations};
use crate::platform::{Arch, HostPlatform, Os};
use crate::project::Project;
use crate::text;

/// Symbols that are in no list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UnknownSymbols(Vec<Unknown>);

impl fmt::Display for UnknownSymbols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let described = text::list(&described(&self.0));
        let symbols = if self.0.len() == 1 { "symbol" } else { "symbols" };
        write!(f, "unknown macOS {symbols}: {described}")
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Unknown {
    /// In the linker's spelling.
    symbol: String,
    /// The crate that declares it.
    package: Option<String>,
    /// The framework in which the crate declares it.
    framework: Option<String>,
}

fn described(unknown: &[Unknown]) -> Vec<String> {
    let described = unknown.iter().map(|Unknown { symbol, package, framework }| {
        let of = framework.as_ref().map(|name| format!(" of the framework {name}"));
        let by = package.as_ref().map(|package| format!(", required by {package}"));
        format!("`{symbol}`{}{}", of.unwrap_or_default(), by.unwrap_or_default())
    });
    described.collect()
}

impl UnknownSymbols {
    pub(super) fn error(&self) -> Error {
        Error::new(self.to_string()).help(
            "correct the symbol's name, or add it to the tool's lists as docs/linking.md explains, or link with \
             `--linker zig` or on a Mac",
        )
    }

    /// Whether every symbol is declared in a framework, so that macOS may resolve it at load time.
    pub(super) fn may_be_found_at_start(&self) -> bool {
        self.0.iter().all(|unknown| unknown.framework.is_some())
    }

    /// The linker flags that make macOS resolve these symbols, and no others, at load time.
    pub(super) fn flags(&self) -> Vec<String> {
        let flags = |unknown: &Unknown| {
            ["-Clink-arg=-U".to_owned(), format!("-Clink-arg={}", unknown.symbol)]
        };
        self.0.iter().flat_map(flags).collect()
    }

    /// The warning that macOS resolves them at load time.
    pub(super) fn warning(&self) -> String {
        format!(
            "{self}; macOS resolves it when the program starts, and does not start the program if it is \
             missing (`--deny-unknown-symbols` makes this an error; docs/linking.md explains how to add a \
             symbol)"
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

/// The undefined symbol in a line of the linker's output. In the output of `ld64.lld`, symbols start
/// with C's `_`.
///
/// Recognizes `rust-lld: error: undefined symbol: _name`.
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
        // A crate may name its framework only once, in a separate block.
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
    fn the_symbol_is_read_from_llds_message() {
        let line = "  = note: rust-lld: error: undefined symbol: _SecNew";
        assert_eq!(missing_in(line), Some("_SecNew"));
        assert_eq!(missing_in("error: undefined: _SecNew"), None);
    }

    #[test]
    fn macos_resolves_only_symbols_of_frameworks_at_load_time() {
        assert!(unknown(Some("Security")).may_be_found_at_start());
        assert!(!unknown(None).may_be_found_at_start());
        let flags = unknown(Some("Security")).flags();
        assert_eq!(flags, ["-Clink-arg=-U", "-Clink-arg=_SecNew"]);
    }

    #[test]
    fn the_error_names_symbol_framework_and_crate() {
        let expected = "unknown macOS symbol: `_SecNew` of the framework Security, required by the crate \
        `sec` 1.0.0";
        assert_eq!(unknown(Some("Security")).to_string(), expected);
    }
}
