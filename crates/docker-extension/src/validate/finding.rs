//! A violation of a rule by an image, and its place.

use std::fmt;

use crate::oci::OciPlatform;
use crate::rules::{Breach, Rule};
use crate::text;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub rule: &'static Rule,
    pub place: Location,
    /// The headline: a sentence without a full stop that names the thing, the fault and the values.
    pub what: String,
}

impl Finding {
    /// Whether the two only differ in the variants.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (self.rule, &self.place.at, &self.what) == (other.rule, &other.place.at, &other.what)
    }
}

impl Breach {
    /// `subject` is what violates the rule, as the headline names it.
    pub fn at(&self, subject: &str, at: At) -> LocatedBreach {
        LocatedBreach::new(self.rule, at, self.headline(subject))
    }
}

/// A finding before the variants are known that have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocatedBreach {
    pub rule: &'static Rule,
    pub at: At,
    /// The headline, as in [`Finding`].
    pub what: String,
}

impl LocatedBreach {
    pub fn new(rule: &'static Rule, at: At, what: impl Into<String>) -> Self {
        let what = what.into();
        #[cfg(test)]
        assert!(crate::rules::fault::is_stated(&what), "{}: `{what}` states no fault", rule.id);
        Self { rule, at, what }
    }

    pub fn found_in(self, platforms: Vec<OciPlatform>) -> Finding {
        let place = Location { platforms, at: self.at };
        Finding { rule: self.rule, place, what: self.what }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The affected variants; empty if it is about the whole image.
    pub platforms: Vec<OciPlatform>,
    pub at: At,
}

/// What a finding is about, apart from the variants.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum At {
    Index,
    Tag,
    /// A label, by its name.
    Label(String),
    /// A value in the JSON of a label.
    InLabel {
        label: String,
        /// A JSON pointer (RFC 6901).
        pointer: String,
    },
    /// A value in `metadata.json`, by its JSON pointer (RFC 6901).
    Metadata(String),
    /// A place in a `metadata.json` that is not JSON. Both numbers start at 1.
    MetadataText {
        line: usize,
        column: usize,
    },
    /// A file or directory of the image, by its absolute path.
    File(String),
    /// A place in a text file of the image or the project. Both numbers start at 1.
    FileText {
        path: String,
        line: usize,
        column: usize,
    },
    /// A key of the configuration, or an option of the command line.
    Setting(String),
}

/// The absolute path of `metadata.json` in the image.
pub const METADATA_PATH: &str = "/metadata.json";

impl At {
    /// The size of its texts in bytes.
    pub(super) fn size(&self) -> usize {
        match self {
            At::Index | At::Tag | At::MetadataText { .. } => 0,
            At::Label(text) | At::Metadata(text) | At::File(text) | At::Setting(text) => text.len(),
            At::FileText { path, .. } => path.len(),
            At::InLabel { label, pointer } => label.len() + pointer.len(),
        }
    }

    /// The absolute path of the file in the image, if it is about one.
    pub fn file(&self) -> Option<&str> {
        match self {
            At::File(path) | At::FileText { path, .. } => Some(path),
            At::Metadata(_) | At::MetadataText { .. } => Some(METADATA_PATH),
            At::Index | At::Tag | At::Label(_) | At::InLabel { .. } | At::Setting(_) => None,
        }
    }
}

impl fmt::Display for Location {
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
            At::File(text) | At::Setting(text) => f.write_str(text),
            At::FileText { path, line, column } => write!(f, "{path}:{line}:{column}"),
        }
    }
}
