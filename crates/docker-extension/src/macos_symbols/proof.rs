//! What the lists say about the symbols that a program imports, and the oldest macOS that it supports.

use std::collections::HashMap;

use super::{Symbol, SymbolList, TEXTS};
use crate::platform::Arch;
use crate::project::config::MacOsVersion;

/// The symbols without which a program does not start, for the oldest macOS that it supports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportProof {
    pub minimum: MacOsVersion,
    /// The number of symbols that published programs for `minimum` or older need too, or that `minimum` has
    /// according to the headers of the system.
    pub proven: usize,
    /// The other symbols.
    pub unproven: Vec<String>,
    /// The symbols and libraries that are known to be newer than `minimum`, with the first macOS that has
    /// them.
    pub newer: Vec<(String, MacOsVersion)>,
}

impl ImportProof {
    /// `imports` are pairs of the install name of a library, and a symbol.
    pub fn new<'a>(
        imports: impl IntoIterator<Item = (&'a str, &'a str)>,
        minimum: MacOsVersion,
        arch: Arch,
    ) -> Self {
        let minimum = minimum.on(arch);
        let mut proof = Self { minimum, proven: 0, unproven: Vec::new(), newer: Vec::new() };
        let mut known = KnownLibraries::default();
        let mut libraries = Vec::new();
        for (library, symbol) in imports {
            if !libraries.contains(&library) {
                libraries.push(library);
            }
            let facts = known.find(library, symbol);
            let (since, proven) = facts.map_or((None, None), |facts| (facts.since, facts.proven));
            if [since, proven].into_iter().flatten().any(|version| version <= minimum) {
                proof.proven += 1;
            } else {
                proof.unproven.push(symbol.to_owned());
            }
            if let Some(since) = since.filter(|since| *since > minimum) {
                proof.newer.push((symbol.to_owned(), since));
            }
        }
        for library in libraries {
            let since = known.by_install_name(library).and_then(|list| list.list.since);
            if let Some(since) = since.filter(|since| *since > minimum) {
                proof.newer.push((library.to_owned(), since));
            }
        }
        proof
    }

    pub fn imports(&self) -> usize {
        self.proven + self.unproven.len()
    }
}

/// The lists that were read so far, by the install names of their libraries.
#[derive(Default)]
struct KnownLibraries(HashMap<String, Option<KnownLibrary>>);

struct KnownLibrary {
    list: SymbolList,
    symbols: HashMap<String, Symbol>,
}

impl KnownLibraries {
    fn by_install_name(&mut self, install_name: &str) -> Option<&KnownLibrary> {
        let read = || {
            let head = |(name, text): &(&str, &'static str)| {
                (SymbolList::parse_head(name, text).install_name == install_name)
                    .then(|| SymbolList::parse(name, text))
            };
            let mut list = TEXTS.iter().find_map(head)?;
            let symbols = std::mem::take(&mut list.symbols).into_iter();
            let symbols = symbols.map(|symbol| (symbol.name.clone(), symbol)).collect();
            Some(KnownLibrary { list, symbols })
        };
        self.0.entry(install_name.to_owned()).or_insert_with(read).as_ref()
    }

    /// What is known about a symbol of a library, or of one that it re-exports.
    fn find(&mut self, install_name: &str, symbol: &str) -> Option<Symbol> {
        let mut waiting = vec![install_name.to_owned()];
        // Libraries re-export others without cycles.
        while let Some(install_name) = waiting.pop() {
            let library = self.by_install_name(&install_name)?;
            if let Some(found) = library.symbols.get(symbol) {
                return Some(found.clone());
            }
            let re_exports = &library.list.re_exports;
            let heads = TEXTS.iter().filter(|(name, _)| re_exports.iter().any(|it| it == name));
            waiting
                .extend(heads.map(|(name, text)| SymbolList::parse_head(name, text).install_name));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::macos_symbols::version;

    const SYSTEM: &str = "/usr/lib/libSystem.B.dylib";
    const COCOA: &str = "/System/Library/Frameworks/Cocoa.framework/Versions/A/Cocoa";
    const SYMBOLS: &str = "/System/Library/Frameworks/Symbols.framework/Versions/A/Symbols";

    fn prove(imports: &[(&str, &str)], minimum: &str, arch: Arch) -> ImportProof {
        ImportProof::new(imports.iter().copied(), version(minimum).unwrap(), arch)
    }

    #[test]
    fn a_symbol_is_proven_if_a_published_program_for_that_macos_needs_it() {
        let imports = [(SYSTEM, "_read"), (SYSTEM, "_acl_dup"), (SYSTEM, "_none"), ("/x", "_x")];
        let proof = prove(&imports, "11.0", Arch::Amd64);
        assert_eq!((proof.proven, proof.imports()), (1, 4));
        assert_eq!(proof.unproven, ["_acl_dup", "_none", "_x"]);
        assert_eq!(proof.newer, []);
    }

    #[test]
    fn symbols_and_libraries_that_are_newer_than_the_oldest_macos_are_named() {
        let imports = [(SYSTEM, "_preadv"), (SYMBOLS, "_anything"), (SYMBOLS, "_other")];
        let newer = |minimum| prove(&imports, minimum, Arch::Amd64).newer;
        let named = |name: &str, since| (name.to_owned(), version(since).unwrap());
        assert_eq!(newer("10.15"), [named("_preadv", "11.0"), named(SYMBOLS, "14.0")]);
        assert_eq!(newer("11.0"), [named(SYMBOLS, "14.0")]);
        assert_eq!(newer("14.0"), []);
    }

    #[test]
    fn a_symbol_of_an_umbrella_is_found_in_the_library_that_defines_it() {
        let proof = prove(&[(COCOA, "_CFRelease")], "10.12", Arch::Amd64);
        assert_eq!(proof.proven, 1);
    }

    #[test]
    fn macs_with_apple_silicon_have_at_least_macos_11() {
        let proof = prove(&[(SYSTEM, "_preadv")], "10.15", Arch::Arm64);
        assert_eq!((proof.minimum, proof.newer), (version("11.0").unwrap(), vec![]));
    }
}
