//! What published macOS programs import from the system: `data/imports.tsv`. It proves in which library
//! a symbol is, and on which versions of macOS it exists.

use std::collections::BTreeMap;

use docker_extension::internals::macos_symbols::version;
use docker_extension::internals::project::config::MacOsVersion;

use crate::{CPUS, Result};

pub const TEXT: &str = include_str!("../data/imports.tsv");

/// A symbol that programs import from a library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The install name of the library.
    pub library: &'static str,
    pub symbol: &'static str,
    pub cpus: Vec<&'static str>,
    /// The oldest macOS that a program supports which can't start without the symbol.
    pub proven: Option<MacOsVersion>,
}

/// # Errors
/// A line has another form.
pub fn imports() -> Result<Vec<Import>> {
    let lines = TEXT.lines().filter(|line| !line.starts_with('#'));
    lines.map(parse).collect()
}

fn parse(line: &'static str) -> Result<Import> {
    let [library, symbol, cpus, minimum, _programs] = line.split('\t').collect::<Vec<_>>()[..]
    else {
        return Err(
            format!("`imports.tsv` contains the line `{line}`, expected five columns").into()
        );
    };
    let cpu = |name| CPUS.iter().map(|(_, _, cpu)| *cpu).find(|cpu| *cpu == name);
    let cpus = cpus.split(',').filter_map(cpu).collect();
    Ok(Import { library, symbol, cpus, proven: version(minimum) })
}

/// The imports of each symbol.
pub fn by_symbol() -> Result<BTreeMap<&'static str, Vec<Import>>> {
    let mut by_symbol = BTreeMap::<_, Vec<Import>>::new();
    for import in imports()? {
        by_symbol.entry(import.symbol).or_default().push(import);
    }
    Ok(by_symbol)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use docker_extension::internals::macos_symbols::{Symbol, SymbolList, lists};

    use super::*;

    /// The lists by the install names of their libraries.
    struct System {
        lists: HashMap<String, SymbolList>,
        /// The library and the facts of each symbol.
        symbols: HashMap<String, (String, Symbol)>,
    }

    impl System {
        fn new() -> Self {
            let lists: Vec<SymbolList> = lists().collect();
            let symbols = lists.iter().flat_map(|list| {
                let entry = |symbol: &Symbol| {
                    (symbol.name.clone(), (list.install_name.clone(), symbol.clone()))
                };
                list.symbols.iter().map(entry).collect::<Vec<_>>()
            });
            let symbols = symbols.collect();
            let lists = lists.into_iter().map(|list| (list.install_name.clone(), list)).collect();
            Self { lists, symbols }
        }

        /// Whether macOS finds a symbol of `defining` in `library`.
        fn offers(&self, library: &str, defining: &str) -> bool {
            let Some(list) = self.lists.get(library) else { return false };
            let named = |name: &String| self.lists.values().find(|list| list.name == *name);
            let mut re_exports = list.re_exports.iter().filter_map(named);
            library == defining || re_exports.any(|it| self.offers(&it.install_name, defining))
        }

        /// What the lists say against an import of a published program.
        fn contradiction(&self, import: &Import) -> Option<String> {
            let Import { library, symbol, cpus, proven } = import;
            let Some((defining, facts)) = self.symbols.get(*symbol) else {
                return Some(format!("{library}: {symbol} is in no list"));
            };
            let Symbol { only, since, proven: stated, .. } = facts;
            if !self.offers(library, defining) {
                return Some(format!("{library}: {symbol} is in {defining}"));
            }
            if only.is_some_and(|only| cpus.iter().any(|cpu| *cpu != only)) {
                return Some(format!("{library}: {symbol} is for {cpus:?}, not only for {only:?}"));
            }
            let is_newer = |minimum: MacOsVersion| {
                stated.is_none_or(|stated| stated > minimum)
                    || since.is_some_and(|since| since > minimum)
                    || self.lists[*library].since.is_some_and(|since| since > minimum)
            };
            let minimum = proven.filter(|proven| is_newer(*proven))?;
            Some(format!("{library}: {symbol} is proven for {minimum}, not {since:?}, {stated:?}"))
        }
    }

    #[test]
    fn published_programs_would_be_linked_with_our_lists_as_they_are() {
        let system = System::new();
        let imports = imports().unwrap();
        assert!(imports.len() > 2600, "{}", imports.len());
        let wrong: Vec<String> =
            imports.iter().filter_map(|import| system.contradiction(import)).collect();
        assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), imports.len());
    }

    /// The other direction: what we bind to a library, published programs may import from it.
    #[test]
    fn what_we_link_published_programs_do_not_contradict() {
        let system = System::new();
        let by_symbol = by_symbol().unwrap();
        let is_contradicted = |symbol: &str, defining: &str| {
            let imports = by_symbol.get(symbol)?;
            // A program that is linked here imports the symbol from `defining`, even if it names an umbrella.
            let contradicts = |import: &&Import| !system.offers(import.library, defining);
            imports.iter().find(contradicts).map(|it| format!("{symbol} of {defining}: {it:?}"))
        };
        let symbols = system.symbols.iter();
        let wrong: Vec<String> = symbols
            .filter_map(|(symbol, (defining, _))| is_contradicted(symbol, defining))
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        let appkit = "/System/Library/Frameworks/AppKit.framework/Versions/C/AppKit";
        assert!(is_contradicted("_NSLog", appkit).is_some());
    }

    #[test]
    fn imports_that_the_lists_lack_would_be_noticed() {
        let system = System::new();
        let wrong = |library, symbol, cpu, minimum| {
            let (cpus, proven) = (vec![cpu], version(minimum));
            system.contradiction(&Import { library, symbol, cpus, proven })
        };
        let libc = "/usr/lib/libSystem.B.dylib";
        assert_eq!(wrong(libc, "_read", "arm64", "14.4"), None);
        assert!(wrong(libc, "_raed", "arm64", "14.4").unwrap().contains("in no list"));
        assert!(wrong(libc, "_NSLog", "arm64", "14.4").unwrap().contains("is in /System"));
        assert!(wrong(libc, "_stat$INODE64", "arm64", "14.4").unwrap().contains("only for"));
        assert!(wrong(libc, "_read", "arm64", "10.4").unwrap().contains("proven for 10.4"));
    }
}
