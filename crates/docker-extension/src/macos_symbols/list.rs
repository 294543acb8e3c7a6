//! A list of `data/macos`: the symbols of a system library.
//!
//! A list starts with `key = value` lines about the library. The symbols follow: first those that
//! maintainers have added, with comments, then those that the maintainer tool `macos-symbols` found. A
//! symbol is written as for the linker, with C's `_` in front, or as `class NSArray`, which stands for
//! both symbols of an Objective-C class. Facts about the symbol may follow, in this order:
//!
//! - the only CPU that has it, in Apple's spelling
//! - `since=13.0`: the first macOS that has it, according to the headers of the system
//! - `proven=11.0`: the oldest macOS that a published program supports which can't start without it

use crate::project::config::MacOsVersion;

const BY_HAND: &str = "[by hand]";
/// The line before the symbols that `macos-symbols` found.
pub const GENERATED: &str = "[generated]";

/// The CPUs of Macs, in Apple's spelling.
pub const CPUS: [&str; 2] = ["x86_64", "arm64"];

/// The symbols of an Objective-C class start with these.
pub const CLASS: &str = "_OBJC_CLASS_$_";
pub const METACLASS: &str = "_OBJC_METACLASS_$_";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SymbolList {
    /// Its name for `-l` or `-framework`.
    pub name: String,
    /// The path on a Mac from which programs load it.
    pub install_name: String,
    /// The oldest compatible version. It must not exceed the real one, or macOS won't start the program.
    pub compatibility_version: String,
    /// Other names for `-l`.
    pub linked_as: Vec<String>,
    /// The names of the lists whose symbols this library offers as its own.
    pub re_exports: Vec<String>,
    /// The first macOS that has the library; `None` if that is older than all that Rust supports.
    pub since: Option<MacOsVersion>,
    pub symbols: Vec<Symbol>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Symbol {
    pub name: String,
    /// The only CPU that has it; `None` for all CPUs.
    pub only: Option<&'static str>,
    /// The first macOS that has it, if that is known and newer than the oldest that Rust supports.
    pub since: Option<MacOsVersion>,
    /// The oldest macOS on which a published program proves that it exists.
    pub proven: Option<MacOsVersion>,
}

impl Symbol {
    /// The symbols of a line: none, one, or the two of a class.
    fn parse(line: &str) -> impl Iterator<Item = Self> {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        let (first, class) = match words.next() {
            Some("class") => (None, words.next()),
            first => (first, None),
        };
        let mut facts = Self::default();
        for word in words {
            match word.split_once('=') {
                Some(("since", since)) => facts.since = version(since),
                Some(("proven", proven)) => facts.proven = version(proven),
                _ => facts.only = CPUS.into_iter().find(|cpu| *cpu == word),
            }
        }
        let of_class =
            class.map(|class| [CLASS, METACLASS].map(|prefix| format!("{prefix}{class}")));
        let names = first.map(str::to_owned).into_iter().chain(of_class.into_iter().flatten());
        names.map(move |name| Self { name, ..facts.clone() })
    }
}

/// A version of macOS, which may be older than those that Rust supports.
pub fn version(text: &str) -> Option<MacOsVersion> {
    let (major, minor) = text.split_once('.').unwrap_or((text, "0"));
    let minor = minor.split('.').next()?;
    Some(MacOsVersion { major: major.parse().ok()?, minor: minor.parse().ok()? })
}

impl SymbolList {
    pub fn parse(name: &str, text: &str) -> Self {
        let (head, symbols) = text.split_once(BY_HAND).unwrap_or((text, ""));
        let lines = symbols.lines().filter(|line| *line != GENERATED);
        Self { symbols: lines.flat_map(Symbol::parse).collect(), ..Self::parse_head(name, head) }
    }

    /// The list without its symbols, which is faster to read.
    pub fn parse_head(name: &str, text: &str) -> Self {
        let mut list = Self { name: name.to_owned(), ..Self::default() };
        let words = |value: &str| value.split(' ').map(str::to_owned).collect();
        for line in text.lines().take_while(|line| *line != BY_HAND) {
            match line.split_once(" = ") {
                Some(("install-name", value)) => value.clone_into(&mut list.install_name),
                Some(("compatibility-version", value)) => {
                    value.clone_into(&mut list.compatibility_version);
                }
                Some(("linked-as", value)) => list.linked_as = words(value),
                Some(("re-exports", value)) => list.re_exports = words(value),
                Some(("since", value)) => list.since = version(value),
                _ => {}
            }
        }
        list
    }

    /// Whether it is a framework; otherwise it is a plain library.
    pub fn is_framework(&self) -> bool {
        self.install_name.contains(".framework/")
    }

    /// Whether crates link it by this name.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.linked_as.iter().any(|other| other == name)
    }

    pub fn symbol(&self, name: &str) -> Option<&Symbol> {
        self.symbols.iter().find(|symbol| symbol.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "install-name = /usr/lib/libtool.1.dylib\n\
                        compatibility-version = 2.0.0\n\
                        linked-as = to ol\n\
                        re-exports = z objc\n\
                        since = 10.15\n\
                        \n[by hand]\n# Why.\n_b x86_64\n\n_c since=13.1 # because\n\n\
                        [generated]\n_a proven=10.9\n_d arm64 since=14.0 proven=14.4\nclass A proven=11.0\n";

    #[test]
    fn a_list_has_the_symbols_of_both_parts_with_their_facts() {
        let list = SymbolList::parse("tool", TEXT);
        let found = |name: &str, only, since: &str, proven: &str| Symbol {
            name: name.to_owned(),
            only,
            since: version(since),
            proven: version(proven),
        };
        let expected = [
            found("_b", Some("x86_64"), "", ""),
            found("_c", None, "13.1", ""),
            found("_a", None, "", "10.9"),
            found("_d", Some("arm64"), "14.0", "14.4"),
            found("_OBJC_CLASS_$_A", None, "", "11.0"),
            found("_OBJC_METACLASS_$_A", None, "", "11.0"),
        ];
        assert_eq!(list.symbols, expected);
        assert_eq!(list.linked_as, ["to", "ol"]);
        assert_eq!(list.re_exports, ["z", "objc"]);
        assert_eq!(list.install_name, "/usr/lib/libtool.1.dylib");
        assert_eq!(list.compatibility_version, "2.0.0");
        assert_eq!(list.since, version("10.15"));
        assert!(!list.is_framework());
        let head = SymbolList { symbols: Vec::new(), ..list };
        assert_eq!(SymbolList::parse_head("tool", TEXT), head);
    }
}
