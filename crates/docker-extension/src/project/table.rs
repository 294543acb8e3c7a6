//! Reads a table of the configuration key by key, and collects all problems instead of stopping at the
//! first.

use std::cell::RefCell;
use std::fmt::Display;
use std::str::FromStr;

use serde_json::{Map, Value};

use super::renamed::RenamedKey;
use crate::text::{is_line_break, nearest, printable};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// An invalid value.
    #[error("`{key}`: found {found}, expected {expected}")]
    Value {
        /// The full key: `workspace.metadata.docker-extension.title`.
        key: String,
        /// "the number 3".
        found: String,
        /// "the publisher's name".
        expected: String,
    },
    #[error("`{key}` is missing: expected {expected}")]
    Missing { key: String, expected: String },
    /// A table that has none of its required keys.
    #[error("`{key}` has none of the required keys: {}", required.join(", "))]
    Empty { key: String, required: Vec<&'static str> },
    #[error("`{key}`: unknown key; {}", hint(.nearest, .known))]
    UnknownKey { key: String, nearest: Option<&'static str>, known: Vec<&'static str> },
    /// A key that an earlier version of the tool read.
    #[error("`{key}`: this key is now called `{new_name}`; `cargo xtask upgrade` renames it")]
    RenamedKey { key: String, new_name: &'static str },
}

impl Problem {
    /// The same problem of a value that has another source, such as an option.
    pub fn at(self, place: &str) -> Self {
        match self {
            Problem::Value { found, expected, .. } => {
                Problem::Value { key: place.to_owned(), found, expected }
            }
            other => other,
        }
    }
}

fn hint(nearest: &Option<&str>, known: &[&str]) -> String {
    match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("known keys: {}", known.join(", ")),
    }
}

pub type Problems = RefCell<Vec<Problem>>;

/// A table that is being read. Getters return `None` after recording a problem, and `Some(None)` if an
/// optional key is missing.
pub struct Table<'a> {
    key: String,
    entries: &'a Map<String, Value>,
    known: RefCell<Vec<&'static str>>,
    problems: &'a Problems,
}

impl<'a> Table<'a> {
    /// `key` is the full key of `value`.
    pub fn new(key: impl Into<String>, value: &'a Value, problems: &'a Problems) -> Option<Self> {
        let key = key.into();
        match value {
            Value::Object(entries) => {
                Some(Self { key, entries, known: RefCell::default(), problems })
            }
            other => {
                problems.borrow_mut().push(Problem::Value {
                    key,
                    found: describe(other),
                    expected: "a table".to_owned(),
                });
                None
            }
        }
    }

    pub fn full_key(&self, name: &str) -> String {
        format!("{}.{name}", self.key)
    }

    pub fn problem(&self, name: &str, found: impl Into<String>, expected: impl Into<String>) {
        self.problems.borrow_mut().push(Problem::Value {
            key: self.full_key(name),
            found: found.into(),
            expected: expected.into(),
        });
    }

    pub fn value(&self, name: &'static str) -> Option<&'a Value> {
        let mut known = self.known.borrow_mut();
        if !known.contains(&name) {
            known.push(name);
        }
        self.entries.get(name)
    }

    /// The value of a required key.
    pub fn required(&self, name: &'static str, expected: &str) -> Option<&'a Value> {
        let value = self.value(name);
        if value.is_none() {
            let (key, expected) = (self.full_key(name), expected.to_owned());
            self.problems.borrow_mut().push(Problem::Missing { key, expected });
        }
        value
    }

    /// A required text that is not blank.
    pub fn text(&self, name: &'static str, expected: &str) -> Option<&'a str> {
        self.as_text(name, self.required(name, expected)?, expected)
    }

    /// Like [`Self::text`], without line breaks: Docker Desktop shows it on one line, and a `Dockerfile`
    /// can't express a line break in a label.
    pub fn line(&self, name: &'static str, expected: &str) -> Option<&'a str> {
        let text = self.text(name, expected)?;
        self.on_one_line(name, text)
    }

    /// Like [`Self::line`], but optional.
    pub fn optional_line(&self, name: &'static str, expected: &str) -> Option<Option<&'a str>> {
        match self.optional_text(name, expected)? {
            None => Some(None),
            Some(text) => self.on_one_line(name, text).map(Some),
        }
    }

    fn on_one_line(&self, name: &str, text: &'a str) -> Option<&'a str> {
        let found = if text.contains(is_line_break) {
            "a text with a line break"
        } else if text.contains(char::is_control) {
            "a text with a control character"
        } else {
            return Some(text);
        };
        self.problem(name, found, "a text on one line");
        None
    }

    fn optional_text(&self, name: &'static str, expected: &str) -> Option<Option<&'a str>> {
        match self.value(name) {
            None => Some(None),
            Some(value) => self.as_text(name, value, expected).map(Some),
        }
    }

    fn as_text(&self, name: &str, value: &'a Value, expected: &str) -> Option<&'a str> {
        match value {
            Value::String(text) if !text.trim().is_empty() => Some(text),
            other => {
                self.problem(name, describe(other), expected);
                None
            }
        }
    }

    /// A required text that is parsed as a `T`.
    pub fn parsed<T: FromStr<Err: Display>>(
        &self,
        name: &'static str,
        expected: &str,
    ) -> Option<T> {
        let text = self.text(name, expected)?;
        self.parse(name, text, expected)
    }

    /// Like [`Self::parsed`], with a default for a missing key.
    pub fn parsed_or<T: FromStr<Err: Display>>(
        &self,
        name: &'static str,
        expected: &str,
        default: T,
    ) -> Option<T> {
        match self.optional_text(name, expected)? {
            Some(text) => self.parse(name, text, expected),
            None => Some(default),
        }
    }

    fn parse<T: FromStr<Err: Display>>(&self, name: &str, text: &str, expected: &str) -> Option<T> {
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.problem(name, format!("`{}` ({error})", printable(text)), expected);
                None
            }
        }
    }

    /// An optional list. `element` reads an element, given its key and value.
    pub fn list<T>(
        &self,
        name: &'static str,
        expected: &str,
        mut element: impl FnMut(&str, &'a Value) -> Option<T>,
    ) -> Option<Option<Vec<T>>> {
        match self.value(name) {
            None => Some(None),
            Some(Value::Array(values)) => {
                let elements: Vec<Option<T>> = values
                    .iter()
                    .enumerate()
                    .map(|(index, value)| element(&format!("{name}[{index}]"), value))
                    .collect();
                elements.into_iter().collect::<Option<Vec<T>>>().map(Some)
            }
            Some(other) => {
                self.problem(name, describe(other), expected);
                None
            }
        }
    }

    /// An optional list of texts that are parsed as a `T`.
    pub fn parsed_list<T: FromStr<Err: Display>>(
        &self,
        name: &'static str,
        expected: &str,
    ) -> Option<Option<Vec<T>>> {
        self.list(name, &format!("a list, each {expected}"), |key, value| {
            self.parse(key, self.as_text(key, value, expected)?, expected)
        })
    }

    /// An optional table.
    pub fn table(&self, name: &'static str) -> Option<Option<Table<'a>>> {
        match self.value(name) {
            None => Some(None),
            Some(value) => self.sub_table(name, value).map(Some),
        }
    }

    /// The table `value` of the key `name`, which may be the key of a list's element.
    pub fn sub_table(&self, name: &str, value: &'a Value) -> Option<Table<'a>> {
        Table::new(self.full_key(name), value, self.problems)
    }

    /// Reports every key that was not read.
    pub fn finish(self) {
        let known = self.known.take();
        let is_unknown = |name: &&String| !known.contains(&name.as_str());
        for name in self.entries.keys().filter(is_unknown) {
            let key = self.full_key(name);
            self.problems.borrow_mut().push(match RenamedKey::new_name(&key) {
                Some(new_name) => Problem::RenamedKey { key, new_name },
                None => Problem::UnknownKey {
                    key,
                    nearest: nearest(name, known.iter().copied()),
                    known: known.clone(),
                },
            });
        }
    }
}

/// The value in a message.
pub fn describe(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) if text.trim().is_empty() => "an empty text".to_owned(),
        Value::String(text) => format!("the text `{}`", printable(text)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a table".to_owned(),
    }
}
