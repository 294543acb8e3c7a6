//! Decides in which list a symbol is, and collects what the sources say about it.

use std::collections::{BTreeMap, BTreeSet};

use docker_extension::internals::foreign::LinkedLibrary;
use xshell::Shell;

use crate::imports::Import;
use crate::list_file::{Facts, ListFile};
use crate::{CPUS, Result};

/// The library of all symbols that the standard library requires.
pub const SYSTEM: &str = "System";

/// Crates for other libraries declare some symbols of these libraries too. Such a symbol is only in the
/// first of these lists, because a linker uses the first library that has a symbol.
const BASIC: [&str; 2] = [SYSTEM, "CoreFoundation"];

/// The lists, and the claims of the sources.
pub struct Lists {
    files: Vec<ListFile>,
    /// The list of each symbol that `places.txt` names.
    places: BTreeMap<String, String>,
    /// The lists that the sources name for each symbol, in the order of the sources.
    claims: BTreeMap<String, Claim>,
}

#[derive(Default)]
struct Claim {
    lists: Vec<String>,
    facts: Facts,
}

impl Lists {
    pub fn new(files: Vec<ListFile>, places: BTreeMap<String, String>) -> Self {
        Self { files, places, claims: BTreeMap::new() }
    }

    pub fn claim(&mut self, library: &str, symbol: &str, facts: Facts) {
        let claim = self.claims.entry(symbol.to_owned()).or_default();
        if !claim.lists.iter().any(|list| list == library) {
            claim.lists.push(library.to_owned());
        }
        claim.facts.merge(facts);
    }

    /// The name of the list of a library that a crate names.
    pub fn called(&self, library: &LinkedLibrary) -> Option<String> {
        Some(self.files.iter().find(|list| list.is_called(library))?.name().to_owned())
    }

    /// Puts each symbol into one list. `imports` are those of published programs.
    ///
    /// # Errors
    /// A library has no list, or published programs contradict a fact.
    pub fn place(&mut self, imports: &BTreeMap<&str, Vec<Import>>) -> Result<()> {
        for (symbol, imports) in imports {
            let is_declared = self.claims.contains_key(*symbol);
            for import in imports {
                let list = self.installed_as(import.library)?.to_owned();
                let mut cpus: BTreeSet<&str> = import.cpus.iter().copied().collect();
                // Many programs are published for Apple silicon only; symbols of one CPU are older.
                if !is_declared && cpus.contains("arm64") {
                    cpus.extend(CPUS.map(|(_, _, cpu)| cpu));
                }
                self.claim(&list, symbol, Facts { cpus, since: None, proven: import.proven });
            }
        }
        let none = Vec::new();
        for (symbol, claim) in std::mem::take(&mut self.claims) {
            let imports = imports.get(symbol.as_str()).unwrap_or(&none);
            let name = self.list_of(&symbol, &claim, imports)?;
            let mut facts = claim.facts;
            // A header can say when a function became public, which may be later than it existed.
            if facts.since.zip(facts.proven).is_some_and(|(since, proven)| proven < since) {
                facts.since = None;
            }
            let file = self.files.iter_mut().find(|file| file.name() == name);
            let file = file.ok_or_else(|| format!("no list for the library `{name}`"))?;
            file.found.insert(symbol, facts);
        }
        Ok(())
    }

    fn list_of(&self, symbol: &str, claim: &Claim, imports: &[Import]) -> Result<String> {
        if let Some(place) = self.places.get(symbol) {
            return Ok(place.clone());
        }
        if let Some(file) = self.files.iter().find(|file| file.by_hand.symbol(symbol).is_some()) {
            return Ok(file.name().to_owned());
        }
        // Every library from which programs import the symbol has it, or offers that of another one.
        let importing: Vec<&str> =
            imports.iter().map(|it| self.installed_as(it.library)).collect::<Result<_>>()?;
        let is_proven = |list: &&String| importing.iter().all(|it| self.offers(it, list));
        let basic = BASIC.iter().map(|it| (*it).to_owned()).filter(|it| claim.lists.contains(it));
        let mut candidates: Vec<String> = basic.collect();
        candidates.extend(claim.lists.iter().cloned());
        let found = candidates.iter().find(is_proven).cloned();
        found.ok_or_else(|| {
            format!("`{symbol}` is imported from unrelated libraries: {importing:?}").into()
        })
    }

    /// Whether programs that import a symbol of `list` from `library` start.
    pub fn offers(&self, library: &str, list: &str) -> bool {
        let mut waiting = vec![library];
        let mut seen = BTreeSet::new();
        while let Some(name) = waiting.pop() {
            if name == list {
                return true;
            }
            if seen.insert(name)
                && let Some(file) = self.files.iter().find(|file| file.name() == name)
            {
                waiting.extend(file.by_hand.re_exports.iter().map(String::as_str));
            }
        }
        false
    }

    fn installed_as(&self, install_name: &str) -> Result<&str> {
        let list = self.files.iter().find(|file| file.by_hand.install_name == install_name);
        Ok(list.ok_or_else(|| format!("no list for the library `{install_name}`"))?.name())
    }

    /// Returns the number of symbols.
    pub fn write(&self, sh: &Shell) -> Result<usize> {
        let mut count = 0;
        for list in &self.files {
            let lines = list.lines();
            count += lines.len() + list.by_hand.symbols.len();
            sh.write_file(list.path(), list.text(&lines))?;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use camino::Utf8Path;

    fn lists() -> Lists {
        let list = |name: &str, head: &str, by_hand: &str| {
            let text =
                format!("install-name = /{name}\n{head}\n[by hand]\n{by_hand}\n[generated]\n");
            ListFile::parse(Utf8Path::new(&format!("{name}.txt")), &text)
        };
        let files = vec![
            list("Kit", "re-exports = CoreFoundation", "_own"),
            list("CoreFoundation", "", ""),
            list("System", "", ""),
        ];
        Lists::new(files, [("_placed".to_owned(), "Kit".to_owned())].into())
    }

    fn place(
        claims: &[(&str, &str)],
        imports: &[(&'static str, &'static str)],
    ) -> Result<Vec<String>> {
        let mut lists = lists();
        for (library, symbol) in claims {
            lists.claim(library, symbol, Facts::default());
        }
        let mut by_symbol = BTreeMap::<&str, Vec<Import>>::new();
        for (library, symbol) in imports {
            let import = Import { library, symbol, cpus: Vec::new(), proven: None };
            by_symbol.entry(symbol).or_default().push(import);
        }
        lists.place(&by_symbol)?;
        let found = lists.files.iter().flat_map(|file| {
            file.found.keys().map(move |symbol| format!("{}: {symbol}", file.name()))
        });
        Ok(found.collect())
    }

    #[test]
    fn a_symbol_is_in_the_first_library_that_a_source_names() {
        assert_eq!(place(&[("Kit", "_a"), ("Kit", "_b")], &[]).unwrap(), ["Kit: _a", "Kit: _b"]);
        assert_eq!(place(&[("Kit", "_a"), ("System", "_a")], &[]).unwrap(), ["System: _a"]);
        assert_eq!(place(&[("System", "_own")], &[]).unwrap(), ["Kit: _own"]);
        assert_eq!(place(&[("System", "_placed")], &[]).unwrap(), ["Kit: _placed"]);
    }

    #[test]
    fn published_programs_decide_where_a_symbol_is() {
        assert_eq!(place(&[("System", "_a")], &[("/Kit", "_a")]).unwrap(), ["Kit: _a"]);
        // `Kit` re-exports `CoreFoundation`.
        let core = ["CoreFoundation: _a"];
        assert_eq!(place(&[("CoreFoundation", "_a")], &[("/Kit", "_a")]).unwrap(), core);
        assert_eq!(place(&[], &[("/Kit", "_a"), ("/CoreFoundation", "_a")]).unwrap(), core);
        assert!(place(&[], &[("/System", "_a"), ("/Kit", "_a")]).is_err());
        assert!(place(&[], &[("/Other", "_a")]).is_err());
    }
}
