//! The rules: what is looked for, how bad it is, why it matters, and how to mend it.
//!
//! They come from what Docker Desktop and Rancher Desktop do when they install an extension, and
//! from what `docker extension validate` prints. `docs/rules.md` is made from them.

use serde::{Serialize, Serializer};

pub mod binaries;
pub mod image;
pub mod labels;
pub mod metadata;
pub mod online;
#[cfg(test)]
mod page;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Users will meet it, or the marketplace refuses the image.
    Error,
    /// Some users may meet it, or people who look at the image object to it.
    Warning,
    /// Good to know; nothing to fix.
    Note,
}

impl Severity {
    /// As in reports and in `docs/rules.md`.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

impl Serialize for Severity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name for programs and conversations; never changes.
    pub id: &'static str,
    pub severity: Severity,
    /// What a sound extension does: a whole sentence.
    pub says: &'static str,
    /// What happens to a user where it doesn't: whole sentences.
    pub why: &'static str,
    /// How to fix it: an infinitive clause.
    pub help: &'static str,
    /// A piece of an image that breaks it.
    pub example: &'static str,
}

/// Declares rules, and `ALL` which lists them.
macro_rules! rules {
    ($($name:ident: $severity:ident $id:literal {
        says: $says:literal,
        why: $why:literal,
        help: $help:literal,
        example: $example:literal $(,)?
    })*) => {
        $(pub static $name: $crate::validate::rules::Rule = $crate::validate::rules::Rule {
            id: $id,
            severity: $crate::validate::rules::Severity::$severity,
            says: $says,
            why: $why,
            help: $help,
            example: $example,
        };)*

        /// The rules of this group, in the order in which people read them.
        pub static ALL: &[&$crate::validate::rules::Rule] = &[$(&$name),*];
    };
}
use rules;

/// Every rule, in the order in which people read them.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    let groups = [metadata::ALL, image::ALL, binaries::ALL, labels::ALL, online::ALL];
    groups.into_iter().flatten().copied()
}

/// Where a rule stands among all.
pub(super) fn position(rule: &Rule) -> Option<usize> {
    all().position(|other| other == rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_name_of_its_own_and_whole_sentences() {
        let mut ids = std::collections::BTreeSet::new();
        for rule in all() {
            let id = rule.id;
            assert!(ids.insert(id), "{id} is there twice");
            assert!(
                id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
                "{id}"
            );
            assert!(rule.says.ends_with('.') && rule.why.ends_with('.'), "{id}");
            assert!(!rule.help.ends_with('.') && !rule.example.is_empty(), "{id}");
        }
    }
}
