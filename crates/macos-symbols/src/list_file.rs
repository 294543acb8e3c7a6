//! The file of a list; this program writes the part after `[generated]`.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use docker_extension::internals::foreign::LinkedLibrary;
use docker_extension::internals::macos_symbols::{CLASS, GENERATED, METACLASS, SymbolList};
use docker_extension::internals::project::config::MacOsVersion;
use xshell::Shell;

use crate::{CPUS, Result};

pub struct ListFile {
    path: Utf8PathBuf,
    /// The text before the symbols that this program writes.
    kept: String,
    /// The list without the symbols that this program writes.
    pub by_hand: SymbolList,
    /// The symbols that were found.
    pub found: BTreeMap<String, Facts>,
}

/// What the sources say about a symbol.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The CPUs that have it.
    pub cpus: BTreeSet<&'static str>,
    pub since: Option<MacOsVersion>,
    pub proven: Option<MacOsVersion>,
}

impl Facts {
    pub fn merge(&mut self, other: Facts) {
        self.cpus.extend(other.cpus);
        self.since = self.since.or(other.since);
        self.proven = match (self.proven, other.proven) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
}

/// The files in a directory, sorted by name.
pub fn read_all(sh: &Shell, directory: &Utf8Path) -> Result<Vec<ListFile>> {
    let paths = sh.read_dir(directory)?.into_iter().map(Utf8PathBuf::try_from);
    let paths: Vec<Utf8PathBuf> = paths.collect::<Result<_, _>>()?;
    paths.iter().map(|path| Ok(ListFile::parse(path, &sh.read_file(path)?))).collect()
}

impl ListFile {
    pub fn parse(path: &Utf8Path, text: &str) -> Self {
        let (kept, _) = text.split_once(GENERATED).unwrap_or((text, ""));
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

    /// The lines for the symbols that were found, without those that were added by hand.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (name, facts) in &self.found {
            if self.by_hand.symbol(name).is_some() {
                continue;
            }
            let (name, facts) = match name.strip_prefix(METACLASS) {
                // It has the line of its class.
                Some(class) if self.found.contains_key(&format!("{CLASS}{class}")) => continue,
                _ => match name.strip_prefix(CLASS) {
                    Some(class) => {
                        let mut facts = facts.clone();
                        let metaclass = self.found.get(&format!("{METACLASS}{class}"));
                        facts.merge(metaclass.cloned().unwrap_or_default());
                        (format!("class {class}"), facts)
                    }
                    None => (name.clone(), facts.clone()),
                },
            };
            lines.push(line(name, &facts));
        }
        lines.sort_unstable();
        lines
    }

    /// The file's text with these lines.
    pub fn text(&self, lines: &[String]) -> String {
        let mut text = format!("{}{GENERATED}\n", self.kept);
        for line in lines {
            text += line;
            text.push('\n');
        }
        text
    }
}

fn line(mut line: String, facts: &Facts) -> String {
    if let (Some(cpu), true) = (facts.cpus.first(), facts.cpus.len() < CPUS.len()) {
        line += &format!(" {cpu}");
    }
    for (key, version) in [("since", facts.since), ("proven", facts.proven)] {
        if let Some(version) = version {
            line += &format!(" {key}={version}");
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use docker_extension::internals::macos_symbols::version;

    const TEXT: &str = "install-name = /usr/lib/libtool.1.dylib\n\
                        compatibility-version = 2.0.0\n\
                        linked-as = to ol\n\
                        \n[by hand]\n# Why.\n_b x86_64\n\n_c\n\n\
                        [generated]\n_a since=13.0 proven=14.4\n_d arm64\nclass A proven=11.0\n";

    fn facts(cpus: &[&'static str], since: &str, proven: &str) -> Facts {
        let cpus = cpus.iter().copied().collect();
        Facts { cpus, since: version(since), proven: version(proven) }
    }

    const BOTH: &[&str] = &["arm64", "x86_64"];

    fn list(found: &[(&str, Facts)]) -> ListFile {
        let mut list = ListFile::parse(Utf8Path::new("some/tool.txt"), TEXT);
        list.found =
            found.iter().map(|(name, facts)| ((*name).to_owned(), facts.clone())).collect();
        list
    }

    #[test]
    fn a_list_is_parsed_and_written_unchanged() {
        let list = list(&[
            ("_d", facts(&["arm64"], "", "")),
            ("_a", facts(BOTH, "13.0", "14.4")),
            ("_OBJC_CLASS_$_A", facts(BOTH, "", "12.0")),
            ("_OBJC_METACLASS_$_A", facts(BOTH, "", "11.0")),
        ]);
        assert_eq!(list.text(&list.lines()), TEXT);
        let linked =
            |name: &str, is_framework| LinkedLibrary { name: name.to_owned(), is_framework };
        assert!(list.is_called(&linked("ol", false)) && list.is_called(&linked("tool", false)));
        assert!(!list.is_called(&linked("tool", true)));
    }

    #[test]
    fn symbols_that_were_added_by_hand_are_not_repeated() {
        let list = list(&[("_b", facts(BOTH, "", "")), ("_e", facts(BOTH, "", ""))]);
        assert_eq!(list.lines(), ["_e"]);
    }

    #[test]
    fn every_list_in_the_data_directory_is_written_unchanged() {
        let sh = Shell::new().unwrap();
        for mut list in read_all(&sh, &crate::directory()).unwrap() {
            let text = sh.read_file(list.path()).unwrap();
            let whole = SymbolList::parse(list.name(), &text);
            for symbol in whole.symbols.iter().skip(list.by_hand.symbols.len()) {
                let cpus = CPUS.map(|(_, _, cpu)| cpu).into_iter();
                let cpus = cpus.filter(|cpu| symbol.only.is_none_or(|only| only == *cpu)).collect();
                let facts = Facts { cpus, since: symbol.since, proven: symbol.proven };
                list.found.insert(symbol.name.clone(), facts);
            }
            assert_eq!(list.text(&list.lines()), text, "{}", list.name());
        }
    }
}
