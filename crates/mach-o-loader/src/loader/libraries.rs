//! The libraries that a program requires, and their symbols.
//!
//! The symbols of a macOS library come from xtask's list. A symbol is only searched in the library that
//! the program names for it.

use std::collections::HashMap;

use docker_extension::internals::macos_symbols::{self, SymbolList};
use object::macho::{self, BindDylib};

use super::Rejection;
use super::fixups::{Fixup, Symbol, Value};
use super::image::Dylib;
use super::shims;
use super::stubs::Stubs;

const CPU: &str = "x86_64";

/// A program's libraries, in the order of their ordinals.
pub struct Libraries(Vec<Library>);

struct Library {
    install_name: String,
    /// `None` if the library is missing and optional.
    symbols: Vec<String>,
}

/// The addresses of symbols: see [`Symbols::address`].
#[derive(Default)]
pub struct Symbols(HashMap<(i32, String), u64>);

impl Libraries {
    pub fn load(dylibs: &[Dylib]) -> Result<Self, Rejection> {
        let lists: Vec<SymbolList> = macos_symbols::lists().collect();
        dylibs.iter().map(|dylib| Library::load(dylib, &lists)).collect::<Result<_, _>>().map(Self)
    }

    /// Finds every required symbol: in glibc, among the shims, or as a stub.
    pub fn resolve(&self, fixups: &[Fixup]) -> Result<Symbols, Rejection> {
        let mut symbols = Symbols::default();
        let mut stubs = Stubs::default();
        let mut without_shim = Vec::new();
        for fixup in fixups {
            let Value::Symbol(symbol, _) = &fixup.value else { continue };
            let key = (symbol.ordinal.0, symbol.name.clone());
            if symbols.0.contains_key(&key) {
                continue;
            }
            let address = match self.find(symbol)? {
                None => 0,
                Some(library) => shims::find(&symbol.name).unwrap_or_else(|| {
                    without_shim.push((key.clone(), stubs.add(&symbol.name, library)));
                    0
                }),
            };
            symbols.0.insert(key, address);
        }
        let base = stubs.install()?;
        for (key, offset) in without_shim {
            symbols.0.insert(key, base + offset);
        }
        Ok(symbols)
    }

    /// The install name of the library that has the symbol; `None` if it is missing and optional.
    fn find(&self, symbol: &Symbol) -> Result<Option<&str>, Rejection> {
        let (candidates, library) = match symbol.ordinal {
            macho::BIND_SPECIAL_DYLIB_FLAT_LOOKUP => (&self.0[..], "any library".to_owned()),
            BindDylib(ordinal) => {
                let index =
                    usize::try_from(ordinal).ok().and_then(|ordinal| ordinal.checked_sub(1));
                let library = index.and_then(|index| self.0.get(index)).ok_or_else(|| {
                    Rejection::UnknownOrdinal { symbol: symbol.name.clone(), ordinal }
                })?;
                (std::slice::from_ref(library), library.install_name.clone())
            }
        };
        match candidates.iter().find(|library| library.symbols.contains(&symbol.name)) {
            Some(library) => Ok(Some(&library.install_name)),
            None if symbol.is_weak => Ok(None),
            None => Err(Rejection::SymbolNotFound { symbol: symbol.name.clone(), library }),
        }
    }
}

impl Library {
    fn load(dylib: &Dylib, lists: &[SymbolList]) -> Result<Self, Rejection> {
        let install_name = dylib.install_name.clone();
        let symbols = match lists.iter().find(|list| list.install_name == install_name) {
            None if dylib.is_weak => Vec::new(),
            None => return Err(Rejection::LibraryNotLoaded(install_name)),
            Some(list) => {
                let required = version(dylib.compatibility_version);
                let found = &list.compatibility_version;
                if numbers(&required) > numbers(found) {
                    let (library, found) = (install_name, found.clone());
                    return Err(Rejection::LibraryTooOld { library, required, found });
                }
                let is_here = |only: Option<&str>| only.is_none_or(|cpu| cpu == CPU);
                let symbols = list.symbols.iter().filter(|symbol| is_here(symbol.only));
                symbols.map(|symbol| symbol.name.clone()).collect()
            }
        };
        Ok(Self { install_name, symbols })
    }
}

impl Symbols {
    /// The symbol's address; 0 if it is missing and optional.
    pub fn address(&self, symbol: &Symbol) -> u64 {
        self.0.get(&(symbol.ordinal.0, symbol.name.clone())).copied().unwrap_or(0)
    }
}

fn version(packed: u32) -> String {
    format!("{}.{}.{}", packed >> 16, packed >> 8 & 0xff, packed & 0xff)
}

fn numbers(version: &str) -> Vec<u32> {
    version.split('.').filter_map(|number| number.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYSTEM: &str = "/usr/lib/libSystem.B.dylib";
    const SECURITY: &str = "/System/Library/Frameworks/Security.framework/Versions/A/Security";

    fn libraries() -> Libraries {
        let dylib = |name: &str, is_weak| Dylib {
            install_name: name.to_owned(),
            compatibility_version: 1 << 16,
            is_weak,
        };
        let dylibs = [dylib(SYSTEM, false), dylib(SECURITY, false), dylib("/none.dylib", true)];
        Libraries::load(&dylibs).unwrap()
    }

    fn symbol(name: &str, ordinal: i32) -> Symbol {
        Symbol { name: name.to_owned(), ordinal: BindDylib(ordinal), is_weak: false }
    }

    fn rejected(symbol: &Symbol) -> String {
        libraries().find(symbol).unwrap_err().to_string()
    }

    #[test]
    fn a_symbol_is_searched_in_its_own_library_only() {
        let libraries = libraries();
        assert_eq!(libraries.find(&symbol("_malloc", 1)).unwrap(), Some(SYSTEM));
        assert_eq!(libraries.find(&symbol("_SecRandomCopyBytes", 2)).unwrap(), Some(SECURITY));
        let message = format!("symbol not found: _malloc, expected in {SECURITY}");
        assert_eq!(rejected(&symbol("_malloc", 2)), message);
        assert!(rejected(&symbol("_malloc", 3)).ends_with("expected in /none.dylib"));
        assert!(rejected(&symbol("_malloc", 4)).contains("library 4, which does not exist"));
        assert!(rejected(&symbol("_malloc", 0)).contains("library 0, which does not exist"));
    }

    #[test]
    fn a_symbol_without_a_library_is_searched_in_all() {
        let flat = |name| symbol(name, macho::BIND_SPECIAL_DYLIB_FLAT_LOOKUP.0);
        assert_eq!(libraries().find(&flat("_SecRandomCopyBytes")).unwrap(), Some(SECURITY));
        assert!(rejected(&flat("_SecOfNextYear")).ends_with("expected in any library"));
    }

    #[test]
    fn a_missing_optional_symbol_has_no_address() {
        let weak = Symbol { is_weak: true, ..symbol("_no_such_function", 1) };
        assert_eq!(libraries().find(&weak).unwrap(), None);
    }

    #[test]
    fn a_library_must_be_known_and_new_enough() {
        let load = |name: &str, compatibility_version| {
            let install_name = name.to_owned();
            let dylib = Dylib { install_name, compatibility_version, is_weak: false };
            Libraries::load(&[dylib]).err().map(|rejection| rejection.to_string())
        };
        assert_eq!(load(SYSTEM, 1 << 16), None);
        let message = format!("version 1.0.1 of {SYSTEM} is required, but it has version 1.0.0");
        assert_eq!(load(SYSTEM, 1 << 16 | 1), Some(message));
        let message = "library not loaded: /usr/lib/libSystem.dylib".to_owned();
        assert_eq!(load("/usr/lib/libSystem.dylib", 0), Some(message));
    }
}
