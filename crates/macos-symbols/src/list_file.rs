//! The file of a list; this program writes the part after `[from crates]`.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use docker_extension::internals::foreign::LinkedLibrary;
use docker_extension::internals::toolchain::macos::{FROM_CRATES, SymbolList};
use xshell::Shell;

use crate::{CPUS, Result};

pub struct ListFile {
    path: Utf8PathBuf,
    /// The text before the symbols from crates.
    kept: String,
    /// The list without the symbols from crates.
    by_hand: SymbolList,
    /// The symbols that were found, with the CPUs that have them.
    pub found: BTreeMap<String, BTreeSet<&'static str>>,
}

/// The files in a directory, sorted by name.
pub fn read_all(sh: &Shell, directory: &Utf8Path) -> Result<Vec<ListFile>> {
    let paths = sh.read_dir(directory)?.into_iter().map(Utf8PathBuf::try_from);
    let paths: Vec<Utf8PathBuf> = paths.collect::<Result<_, _>>()?;
    let lists = paths.into_iter().filter(|path| path.file_name() != Some("crates.txt"));
    lists.map(|path| Ok(ListFile::parse(&path, &sh.read_file(&path)?))).collect()
}

impl ListFile {
    pub fn parse(path: &Utf8Path, text: &str) -> Self {
        let (kept, _) = text.split_once(FROM_CRATES).unwrap_or((text, ""));
        let by_hand = SymbolList::parse(path.file_stem().unwrap_or_default(), kept);
        Self { path: path.to_owned(), kept: kept.to_owned(), by_hand, found: BTreeMap::new() }
    }

    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    pub fn name(&self) -> &str {
        &self.by_hand.name
    }

    /// Whether `-l` or `-framework` finds the library by this name.
    pub fn is_called(&self, library: &LinkedLibrary) -> bool {
        let list = &self.by_hand;
        let is_name = |name: &String| *name == library.name;
        library.is_framework == list.is_framework()
            && (is_name(&list.name) || list.linked_as.iter().any(is_name))
    }

    pub fn has_by_hand(&self, symbol: &str) -> bool {
        self.by_hand.symbols.iter().any(|by_hand| by_hand.name == symbol)
    }

    pub fn by_hand_count(&self) -> usize {
        self.by_hand.symbols.len()
    }

    /// The lines for the symbols from crates that satisfy `is_wanted`, without those added by hand.
    pub fn symbols_from_crates(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let wanted = self.found.iter().filter(|(name, _)| is_wanted(name));
        let lines = wanted.filter_map(|(name, cpus)| {
            let only = cpus.first().copied().filter(|_| cpus.len() < CPUS.len());
            let has =
                |only| self.by_hand.symbols.iter().any(|it| it.name == *name && it.only == only);
            let is_by_hand = has(None) || has(only);
            (!is_by_hand).then(|| match only {
                Some(cpu) => format!("{name} {cpu}"),
                None => name.clone(),
            })
        });
        lines.collect()
    }

    /// The file's text with these lines as its symbols from crates.
    pub fn text(&self, symbols: &[String]) -> String {
        let mut text = format!("{}{FROM_CRATES}\n", self.kept);
        for symbol in symbols {
            text += &format!("{symbol}\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "install-name = /usr/lib/libtool.1.dylib\n\
                        compatibility-version = 2.0.0\n\
                        linked-as = to ol\n\
                        \n[by hand]\n# Why.\n_b x86_64\n\n_c\n\n[from crates]\n_a\n_d arm64\n";

    fn list(found: &[(&str, &[&'static str])]) -> ListFile {
        let mut list = ListFile::parse(Utf8Path::new("some/tool.txt"), TEXT);
        for (name, cpus) in found {
            list.found.insert((*name).to_owned(), cpus.iter().copied().collect());
        }
        list
    }

    #[test]
    fn a_list_is_parsed_and_written_unchanged() {
        let list = list(&[("_d", &["arm64"]), ("_a", &["arm64", "x86_64"])]);
        assert_eq!(list.text(&list.symbols_from_crates(|_| true)), TEXT);
        let linked =
            |name: &str, is_framework| LinkedLibrary { name: name.to_owned(), is_framework };
        assert!(list.is_called(&linked("ol", false)) && list.is_called(&linked("tool", false)));
        assert!(!list.is_called(&linked("tool", true)));
        assert!(list.has_by_hand("_b") && !list.has_by_hand("_a"));
    }

    #[test]
    fn symbols_that_were_added_by_hand_are_not_repeated() {
        let both: &[&str] = &["arm64", "x86_64"];
        let list = list(&[("_b", &["x86_64"]), ("_c", &["arm64"]), ("_e", both), ("_f", both)]);
        assert_eq!(list.symbols_from_crates(|symbol| symbol != "_f"), ["_e"]);
    }

    #[test]
    fn every_list_in_the_data_directory_is_written_unchanged() {
        let sh = Shell::new().unwrap();
        for mut list in read_all(&sh, &crate::directory()).unwrap() {
            let text = sh.read_file(list.path()).unwrap();
            let whole = SymbolList::parse(list.name(), &text);
            for symbol in whole.symbols.iter().skip(list.by_hand_count()) {
                let cpus = CPUS.map(|(_, _, cpu)| cpu).into_iter();
                let cpus = cpus.filter(|cpu| symbol.only.is_none_or(|only| only == *cpu));
                list.found.insert(symbol.name.clone(), cpus.collect());
            }
            assert_eq!(list.text(&list.symbols_from_crates(|_| true)), text, "{}", list.name());
        }
    }
}
