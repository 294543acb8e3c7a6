//! A list of `data/macos`: the symbols of a system library.
//!
//! A list starts with `key = value` lines about the library. The symbols follow: first those that
//! maintainers have added, with comments, then those that the maintainer tool `macos-symbols` found in
//! crates. A symbol is written as for the linker, with C's `_` in front. If only one CPU has it, that
//! CPU follows, in Apple's spelling.

const BY_HAND: &str = "[by hand]";
/// The line before the symbols that were found in crates.
pub const FROM_CRATES: &str = "[from crates]";

/// The CPUs of Macs, in Apple's spelling.
pub(super) const CPUS: [&str; 2] = ["x86_64", "arm64"];

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
    pub symbols: Vec<Symbol>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Symbol {
    pub name: String,
    /// The only CPU that has it; `None` for all CPUs.
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

    /// Whether it is a framework; otherwise it is a plain library.
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
    fn a_list_has_the_symbols_of_both_parts() {
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
