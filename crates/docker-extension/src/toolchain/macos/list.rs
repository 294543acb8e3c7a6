//! A list of `data/macos`: a system library, and the names that are in it.
//!
//! A list begins with what the library is called, as `key = value`. Then come the names: those that
//! a person has put there, comments and all, and those that `cargo xtask symbols` has found in
//! crates. A name is the linker's, with C's `_` before it; one that only one CPU has is followed by
//! that CPU, as Apple calls it.

use std::collections::BTreeSet;
use std::fmt;

const BY_HAND: &str = "[by hand]";
const FROM_CRATES: &str = "[from crates]";

/// A system library's names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// What `-l` or `-framework` calls it.
    pub name: String,
    /// The path on a Mac by which programs load it.
    pub install_name: String,
    /// The oldest version that works as well; never above the real one, or macOS would refuse it.
    pub compatibility_version: String,
    /// Further names by which `-l` finds it.
    pub linked_as: Vec<String>,
    by_hand: Vec<String>,
    from_crates: BTreeSet<Symbol>,
}

/// A name in a library.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Symbol {
    /// The name.
    pub name: String,
    /// The only CPU that has it.
    pub only: Option<&'static str>,
}

impl Symbol {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split('#').next()?.split_whitespace();
        let name = words.next()?.to_owned();
        let only = words.next().and_then(|cpu| super::stub::CPUS.into_iter().find(|c| *c == cpu));
        Some(Self { name, only })
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.only {
            Some(cpu) => write!(f, "{} {cpu}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl List {
    /// Reads a list.
    pub fn parse(name: &str, text: &str) -> Self {
        let mut list = Self { name: name.to_owned(), ..Self::default() };
        let (head, names) = text.split_once(BY_HAND).unwrap_or((text, ""));
        let (by_hand, from_crates) = names.split_once(FROM_CRATES).unwrap_or((names, ""));
        for (key, value) in head.lines().filter_map(|line| line.split_once(" = ")) {
            match key {
                "install-name" => value.clone_into(&mut list.install_name),
                "compatibility-version" => value.clone_into(&mut list.compatibility_version),
                "linked-as" => list.linked_as = value.split(' ').map(str::to_owned).collect(),
                _ => {}
            }
        }
        list.by_hand = by_hand.trim().lines().map(str::to_owned).collect();
        list.from_crates = from_crates.lines().filter_map(Symbol::parse).collect();
        list
    }

    /// Writes it.
    pub fn text(&self) -> String {
        let mut lines = vec![
            format!("install-name = {}", self.install_name),
            format!("compatibility-version = {}", self.compatibility_version),
        ];
        if !self.linked_as.is_empty() {
            lines.push(format!("linked-as = {}", self.linked_as.join(" ")));
        }
        lines.extend([String::new(), BY_HAND.to_owned()]);
        lines.extend(self.by_hand.iter().cloned());
        lines.extend([String::new(), FROM_CRATES.to_owned()]);
        lines.extend(self.from_crates.iter().map(Symbol::to_string));
        lines.join("\n") + "\n"
    }

    /// Puts what was found in crates into the place of what was found before. What stands there by
    /// hand is not said twice.
    pub fn set_from_crates(&mut self, symbols: BTreeSet<Symbol>) {
        let by_hand: BTreeSet<Symbol> = self.symbols_by_hand().collect();
        let is_new = |symbol: &Symbol| {
            let everywhere = Symbol { only: None, ..symbol.clone() };
            !by_hand.contains(symbol) && !by_hand.contains(&everywhere)
        };
        self.from_crates = symbols.into_iter().filter(is_new).collect();
    }

    fn symbols_by_hand(&self) -> impl Iterator<Item = Symbol> {
        self.by_hand.iter().filter_map(|line| Symbol::parse(line))
    }

    /// Whether a person has put the name there.
    pub fn has_by_hand(&self, name: &str) -> bool {
        self.symbols_by_hand().any(|symbol| symbol.name == name)
    }

    /// All names.
    pub fn symbols(&self) -> impl Iterator<Item = Symbol> {
        self.symbols_by_hand().chain(self.from_crates.iter().cloned())
    }

    /// Whether it is a framework, and no plain library.
    pub fn is_framework(&self) -> bool {
        self.install_name.contains(".framework/")
    }

    /// Whether `-l name`, or `-framework name`, finds it.
    pub fn is_called(&self, name: &str, is_framework: bool) -> bool {
        is_framework == self.is_framework()
            && (self.name == name || self.linked_as.iter().any(|other| other == name))
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
    fn a_list_is_read_and_written_back() {
        let list = List::parse("tool", TEXT);
        assert_eq!(list.text(), TEXT);
        let names: Vec<String> = list.symbols().map(|symbol| symbol.to_string()).collect();
        assert_eq!(names, ["_b x86_64", "_c", "_a", "_d arm64"]);
        assert!(list.is_called("ol", false) && list.is_called("tool", false));
        assert!(!list.is_called("tool", true));
    }

    #[test]
    fn what_stands_there_by_hand_is_not_said_twice() {
        let mut list = List::parse("tool", TEXT);
        let symbol = |name: &str, only| Symbol { name: name.to_owned(), only };
        let found = [symbol("_b", Some("x86_64")), symbol("_c", Some("arm64")), symbol("_e", None)];
        list.set_from_crates(found.into());
        assert!(list.text().ends_with("[from crates]\n_e\n"), "{}", list.text());
    }
}
