//! One rule that an image breaks, and where.

use std::fmt;

use crate::oci::OciPlatform;
use crate::text;

use super::rules::Rule;

/// A rule that is broken at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule, which says why it matters and how to mend it.
    pub rule: &'static Rule,
    /// Where.
    pub place: Place,
    /// What was found there.
    pub what: String,
}

impl Finding {
    /// Whether it is the same but for the variants.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (self.rule, &self.place.at, &self.what) == (other.rule, &other.place.at, &other.what)
    }
}

/// A rule that something breaks, before it is known where that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The rule.
    pub rule: &'static Rule,
    /// What was found: a clause with `it` as subject.
    pub what: String,
}

impl Breach {
    /// A broken rule.
    pub fn new(rule: &'static Rule, what: impl Into<String>) -> Self {
        Self { rule, what: what.into() }
    }

    /// The problem that it is there.
    pub fn at(self, at: At) -> Problem {
        Problem { rule: self.rule, at, what: self.what }
    }
}

/// A rule that is broken, before it is known in which variants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The rule.
    pub rule: &'static Rule,
    /// What it is about.
    pub at: At,
    /// What was found there.
    pub what: String,
}

impl Problem {
    /// A broken rule.
    pub fn new(rule: &'static Rule, at: At, what: impl Into<String>) -> Self {
        Self { rule, at, what: what.into() }
    }

    /// The finding that it is in these variants.
    pub fn found_in(self, platforms: Vec<OciPlatform>) -> Finding {
        let place = Place { platforms, at: self.at };
        Finding { rule: self.rule, place, what: self.what }
    }
}

/// Where something was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The variants that have it; empty where it is about the image as a whole.
    pub platforms: Vec<OciPlatform>,
    /// What it is about.
    pub at: At,
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum At {
    /// The image's index.
    Index,
    /// The image's tag.
    Tag,
    /// The label of this name.
    Label(String),
    /// A value in the JSON of a label.
    InLabel {
        /// The label's name.
        label: String,
        /// A JSON pointer (RFC 6901).
        pointer: String,
    },
    /// A value in `metadata.json`, by its JSON pointer (RFC 6901).
    Metadata(String),
    /// A place in the text of `metadata.json`.
    MetadataText {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// A file or folder of the image, by its absolute path.
    File(String),
}

impl At {
    /// The bytes of the texts in it.
    pub(super) fn size(&self) -> usize {
        match self {
            At::Index | At::Tag | At::MetadataText { .. } => 0,
            At::Label(text) | At::Metadata(text) | At::File(text) => text.len(),
            At::InLabel { label, pointer } => label.len() + pointer.len(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let platforms: Vec<String> = self.platforms.iter().map(ToString::to_string).collect();
        match (&self.at, platforms.is_empty()) {
            (At::Index, false) => f.write_str(&text::list(&platforms)),
            (at, true) => at.fmt(f),
            (at, false) => write!(f, "{at} in {}", text::list(&platforms)),
        }
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            At::Index => f.write_str("image"),
            At::Tag => f.write_str("tag"),
            At::Label(name) => write!(f, "label {name}"),
            At::InLabel { label, pointer } => write!(f, "label {label} {pointer}"),
            At::Metadata(pointer) if pointer.is_empty() => f.write_str("metadata.json"),
            At::Metadata(pointer) => write!(f, "metadata.json {pointer}"),
            At::MetadataText { line, column } => write!(f, "metadata.json:{line}:{column}"),
            At::File(path) => f.write_str(path),
        }
    }
}
