//! A list of `data/macos`: a system library, and the symbols that are in it.
//!
//! A list begins with what the library is called, as `key = value`. The symbols follow: first those
//! that maintainers have put there, comments included, then those that the maintainer tool
//! `macos-symbols` has found in crates. A symbol is the linker's name, with C's `_` in front; one that
//! only one CPU has is followed by that CPU, as Apple calls it.

const BY_HAND: &str = "[by hand]";
/// The line above the symbols that were found in crates.
pub const FROM_CRATES: &str = "[from crates]";

/// The CPUs of Macs, as Apple calls them.
pub(super) const CPUS: [&str; 2] = ["x86_64", "arm64"];

/// A system library's symbols.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SymbolList {
    /// What `-l` or `-framework` calls it.
    pub name: String,
    /// The path on a Mac by which programs load it.
    pub install_name: String,
    /// The oldest version that works as well; never above the real one, or macOS would refuse it.
    pub compatibility_version: String,
    /// Further names by which `-l` finds it.
    pub linked_as: Vec<String>,
    pub symbols: Vec<Symbol>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Symbol {
    pub name: String,
    /// The only CPU that has it.
    pub only: Option<&'static str>,
}

impl Symbol {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split('#').next()?.split_whitespace();
        let name = words.next()?.to_owned();
        let only = words.next().and_then(|cpu| CPUS.into_iter().find(|c| *c == cpu));
        Some(Self { name, only })
    }
}

impl SymbolList {
    pub fn parse(name: &str, text: &str) -> Self {
        let mut list = Self { name: name.to_owned(), ..Self::default() };
        let (head, symbols) = text.split_once(BY_HAND).unwrap_or((text, ""));
        for (key, value) in head.lines().filter_map(|line| line.split_once(" = ")) {
            match key {
                "install-name" => value.clone_into(&mut list.install_name),
                "compatibility-version" => value.clone_into(&mut list.compatibility_version),
                "linked-as" => list.linked_as = value.split(' ').map(str::to_owned).collect(),
                _ => {}
            }
        }
        let lines = symbols.lines().filter(|line| *line != FROM_CRATES);
        list.symbols = lines.filter_map(Symbol::parse).collect();
        list
    }

    /// Whether it is a framework, not a plain library.
    pub fn is_framework(&self) -> bool {
        self.install_name.contains(".framework/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "install-name = /usr/lib/libtool.1.dylib\n\
                        compatibility-version = 2.0.0\n\
                        linked-as = to ol\n\
                        \n[by hand]\n# Why.\n_b x86_64\n\n_c\n\n[from crates]\n_a\n_d arm64\n";

    #[test]
    fn a_list_is_read_with_the_symbols_of_both_parts() {
        let list = SymbolList::parse("tool", TEXT);
        let symbol = |name: &str, only| Symbol { name: name.to_owned(), only };
        let expected = [
            symbol("_b", Some("x86_64")),
            symbol("_c", None),
            symbol("_a", None),
            symbol("_d", Some("arm64")),
        ];
        assert_eq!(list.symbols, expected);
        assert_eq!(list.linked_as, ["to", "ol"]);
        assert_eq!(list.install_name, "/usr/lib/libtool.1.dylib");
        assert_eq!(list.compatibility_version, "2.0.0");
        assert!(!list.is_framework());
    }
}
