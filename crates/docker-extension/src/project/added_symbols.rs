//! Symbols of macOS that the project adds to the tool's lists: `macos-symbols` in the configuration.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::config::WORKSPACE_KEY;
use super::table::{Table, describe};
use crate::text;

/// The key of the table.
pub const KEY: &str = "macos-symbols";

/// The symbols that a project adds, by the names or install names of their libraries.
pub type AddedSymbols = BTreeMap<AddedLibrary, BTreeSet<String>>;

/// A library of macOS, as a project names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AddedLibrary {
    /// A library that the tool knows, or a framework: its name in `#[link(name = "…")]`.
    Named(String),
    /// The path on a Mac from which programs load it.
    Installed { path: String, name: String },
}

const LIBRARY: &str = "the name of a framework or of a library that the tool knows, or its path on a Mac, such as \
                       `/usr/lib/libcompression.dylib`";
const SYMBOLS: &str =
    "a list of symbols as linkers write them, such as `[\"_SecRandomCopyBytes\"]`";
const SYMBOL: &str =
    "a symbol as linkers write it, with `_` in front, such as `_SecRandomCopyBytes`";

/// The longest symbol, in bytes.
const LONGEST: usize = 4096;

pub(super) fn read(table: &Table<'_>) -> Option<AddedSymbols> {
    let Some(value) = table.value(KEY) else { return Some(AddedSymbols::new()) };
    let Value::Object(entries) = value else {
        table.problem(KEY, describe(value), "a table with a list of symbols for each library");
        return None;
    };
    let entry = |(name, symbols): (&String, &Value)| {
        let key = format!("{KEY}.{name}");
        let library = AddedLibrary::parse(name);
        if library.is_none() {
            table.problem(KEY, format!("the key `{name}`"), LIBRARY);
        }
        let symbols = symbols_of(table, &key, symbols);
        Some((library?, symbols?))
    };
    // Every entry is read, so that one run reports every problem.
    let entries: Vec<Option<_>> = entries.iter().map(entry).collect();
    entries.into_iter().collect()
}

fn symbols_of(table: &Table<'_>, key: &str, symbols: &Value) -> Option<BTreeSet<String>> {
    let Value::Array(symbols) = symbols else {
        table.problem(key, describe(symbols), SYMBOLS);
        return None;
    };
    let symbol = |(index, value): (usize, &Value)| match value {
        Value::String(symbol) if is_symbol(symbol) => Some(symbol.clone()),
        other => {
            table.problem(&format!("{key}[{index}]"), describe(other), SYMBOL);
            None
        }
    };
    let symbols: Vec<Option<String>> = symbols.iter().enumerate().map(symbol).collect();
    symbols.into_iter().collect()
}

/// Symbols are written to YAML files between single quotes.
fn is_symbol(text: &str) -> bool {
    text.len() > 1
        && text.len() <= LONGEST
        && text.starts_with('_')
        && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\'')
}

impl AddedLibrary {
    fn parse(text: &str) -> Option<Self> {
        let is_name = |name: &str| {
            !name.is_empty()
                && !name.starts_with(['.', '-'])
                && name.bytes().all(|c| c.is_ascii_alphanumeric() || b"_+-.".contains(&c))
        };
        if !text.starts_with('/') {
            return is_name(text).then(|| Self::Named(text.to_owned()));
        }
        let is_path = text.split('/').skip(1).all(is_name);
        let name = match text.strip_prefix("/System/Library/Frameworks/") {
            Some(framework) => {
                let (name, rest) = framework.split_once(".framework/")?;
                (rest.rsplit('/').next() == Some(name)).then_some(name)?
            }
            None => {
                let file = text.strip_prefix("/usr/lib/lib")?.strip_suffix(".dylib")?;
                file.split('.').next()?
            }
        };
        let (path, name) = (text.to_owned(), name.to_owned());
        (is_path && is_name(&name)).then_some(Self::Installed { path, name })
    }
}

/// The maximum number of symbols in a message.
const NAMED: usize = 20;

/// The lines with which an author adds symbols to libraries, and their place.
pub fn places(symbols: &BTreeMap<String, Vec<String>>) -> String {
    let lines = symbols.iter().map(|(library, symbols)| {
        let symbols: Vec<&str> = symbols.iter().take(NAMED).map(String::as_str).collect();
        format!("`{}`", line_to_add(library, &symbols))
    });
    format!("{} to `[{WORKSPACE_KEY}]` in `Cargo.toml`", text::list(&lines.collect::<Vec<_>>()))
}

/// `macos-symbols.Security = ["_SecA"]`
fn line_to_add(library: &str, symbols: &[&str]) -> String {
    let quoted: Vec<String> = symbols.iter().map(|symbol| format!("\"{symbol}\"")).collect();
    let is_bare = library.bytes().all(|c| c.is_ascii_alphanumeric() || b"_-".contains(&c));
    let library = if is_bare { library.to_owned() } else { format!("\"{library}\"") };
    format!("{KEY}.{library} = [{}]", quoted.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::table::Problems;
    use super::*;

    fn parsed(toml: &serde_json::Value) -> Result<AddedSymbols, Vec<String>> {
        let problems = Problems::default();
        let value = serde_json::json!({ "macos-symbols": toml });
        let table = Table::new("config", &value, &problems).unwrap();
        let added = read(&table);
        let problems: Vec<String> = problems.take().iter().map(ToString::to_string).collect();
        if problems.is_empty() { Ok(added.unwrap()) } else { Err(problems) }
    }

    #[test]
    fn symbols_are_added_to_libraries_and_frameworks() {
        let added = parsed(&serde_json::json!({
            "Security": ["_SecB", "_SecA"],
            "/usr/lib/libcompression.dylib": ["_compress"],
            "/System/Library/Frameworks/New.framework/Versions/B/New": [],
        }));
        let added = added.unwrap();
        let named = AddedLibrary::Named("Security".to_owned());
        assert_eq!(added[&named].iter().collect::<Vec<_>>(), ["_SecA", "_SecB"]);
        let installed = |path: &str, name: &str| AddedLibrary::Installed {
            path: path.to_owned(),
            name: name.to_owned(),
        };
        assert!(added.contains_key(&installed("/usr/lib/libcompression.dylib", "compression")));
        let framework = "/System/Library/Frameworks/New.framework/Versions/B/New";
        assert!(added.contains_key(&installed(framework, "New")));
        assert_eq!(added.len(), 3);
    }

    #[test]
    fn every_invalid_entry_is_reported_with_its_key_and_an_example() {
        let problems = parsed(&serde_json::json!({
            "Security": ["SecA", "_a b", "_a'", 3, "_"],
            "Other": "_x",
            "a/b": [],
            "/usr/local/lib/libx.dylib": [],
            "/usr/lib/../libx.dylib": [],
            "/System/Library/Frameworks/A.framework/Versions/A/B": [],
        }));
        let problems = problems.unwrap_err();
        assert_eq!(problems.len(), 10, "{problems:#?}");
        let has = |text: &str| problems.iter().any(|problem| problem.contains(text));
        assert!(has(
            "`config.macos-symbols.Security[0]`: found the text `SecA`, expected a symbol"
        ));
        assert!(has(
            "`config.macos-symbols.Other`: found the text `_x`, expected a list of symbols"
        ));
        assert!(has("found the key `a/b`, expected the name of a framework"));
        assert!(parsed(&serde_json::json!(["_a"])).unwrap_err()[0].contains("found a list"));
    }

    #[test]
    fn the_line_to_add_is_accepted_as_it_is() {
        assert_eq!(
            line_to_add("Security", &["_A", "_B"]),
            r#"macos-symbols.Security = ["_A", "_B"]"#
        );
        assert_eq!(line_to_add("c++", &["_A"]), r#"macos-symbols."c++" = ["_A"]"#);
        let places = places(&[("Security".to_owned(), vec!["_A".to_owned()])].into());
        let expected = "`macos-symbols.Security = [\"_A\"]` to `[workspace.metadata.docker-extension]` in \
                        `Cargo.toml`";
        assert_eq!(places, expected);
    }
}
