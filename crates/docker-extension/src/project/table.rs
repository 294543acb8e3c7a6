//! Reads a table of the configuration key by key, and collects every problem instead of stopping
//! at the first.

use std::cell::RefCell;
use std::fmt::Display;
use std::str::FromStr;

use serde_json::{Map, Value};

use super::renamed::RenamedKey;
use crate::text::nearest;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A value is missing or invalid.
    #[error("`{key}`: found {found}, expected {expected}")]
    Value {
        /// The full key: `workspace.metadata.docker-extension.title`.
        key: String,
        /// What is there: "the number 3".
        found: String,
        /// What should be there: "a text".
        expected: String,
    },
    /// A key that is not read.
    #[error("`{key}`: unknown key, {}", hint(.nearest, .known))]
    UnknownKey { key: String, nearest: Option<&'static str>, known: Vec<&'static str> },
    /// A key that an earlier version of the tool read.
    #[error("`{key}`: this key is now called `{new_name}`; `cargo xtask upgrade` renames it")]
    RenamedKey { key: String, new_name: &'static str },
}

impl Problem {
    /// The same problem of a value that stands elsewhere, such as in an option.
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
        None => format!("the keys here are {}", known.join(", ")),
    }
}

pub type Problems = RefCell<Vec<Problem>>;

/// A table that is being read. Getters return `None` after recording the problem.
///
/// A missing entry that is optional is `Some(None)`.
pub struct Table<'a> {
    key: String,
    entries: &'a Map<String, Value>,
    asked: RefCell<Vec<&'static str>>,
    problems: &'a Problems,
}

impl<'a> Table<'a> {
    /// `key` is the full key of `value`.
    pub fn new(key: impl Into<String>, value: &'a Value, problems: &'a Problems) -> Option<Self> {
        let key = key.into();
        match value {
            Value::Object(entries) => {
                Some(Self { key, entries, asked: RefCell::default(), problems })
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
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(&name) {
            asked.push(name);
        }
        self.entries.get(name)
    }

    /// The entry, which must be there.
    pub fn required(&self, name: &'static str, expected: &str) -> Option<&'a Value> {
        let value = self.value(name);
        if value.is_none() {
            self.problem(name, "nothing", expected);
        }
        value
    }

    /// A text that must be there and not be blank.
    pub fn text(&self, name: &'static str, expected: &str) -> Option<&'a str> {
        self.as_text(name, self.required(name, expected)?, expected)
    }

    /// Like [`Self::text`], for a label of the image: a `Dockerfile` can't write a line break in one.
    pub fn line(&self, name: &'static str, expected: &str) -> Option<&'a str> {
        let text = self.text(name, expected)?;
        if text.contains(['\n', '\r']) {
            self.problem(name, "a text with a line break", format!("{expected}, on one line"));
            return None;
        }
        Some(text)
    }

    /// Like [`Self::text`], but may be missing: `Some(None)`.
    pub fn optional_text(&self, name: &'static str, expected: &str) -> Option<Option<&'a str>> {
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

    /// A text that must be there and read as a `T`.
    pub fn parsed<T: FromStr<Err: Display>>(
        &self,
        name: &'static str,
        expected: &str,
    ) -> Option<T> {
        let text = self.text(name, expected)?;
        self.parse(name, text, expected)
    }

    /// Like [`Self::parsed`], with a value to take where the entry is missing.
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
                self.problem(name, format!("`{text}` ({error})"), expected);
                None
            }
        }
    }

    /// A list, each element read by `element` under its own key; `None` where the entry is missing.
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

    /// A list of texts that each read as a `T`.
    pub fn parsed_list<T: FromStr<Err: Display>>(
        &self,
        name: &'static str,
        expected: &str,
    ) -> Option<Option<Vec<T>>> {
        self.list(name, &format!("a list, each {expected}"), |key, value| {
            self.parse(key, self.as_text(key, value, expected)?, expected)
        })
    }

    /// A table in this one; `None` where the entry is missing.
    pub fn table(&self, name: &'static str) -> Option<Option<Table<'a>>> {
        match self.value(name) {
            None => Some(None),
            Some(value) => self.sub_table(name, value).map(Some),
        }
    }

    /// A table that stands at `name`, which may be an element of a list.
    pub fn sub_table(&self, name: &str, value: &'a Value) -> Option<Table<'a>> {
        Table::new(self.full_key(name), value, self.problems)
    }

    /// Ends the reading: every entry that was not asked for is a problem.
    pub fn finish(self) {
        let known = self.asked.take();
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

/// The value as a message shows it.
pub fn describe(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) if text.trim().is_empty() => "an empty text".to_owned(),
        Value::String(text) => format!("the text `{text}`"),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a table".to_owned(),
    }
}
