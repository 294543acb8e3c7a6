use serde::{Serialize, Serializer};

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
        $(pub static $name: $crate::validate::rules::rule::Rule = $crate::validate::rules::rule::Rule {
            id: $id,
            severity: $crate::validate::rules::rule::Severity::$severity,
            says: $says,
            why: $why,
            help: $help,
            example: $example,
        };)*

        /// The rules of this group, in the order in which people read them.
        pub static ALL: &[&$crate::validate::rules::rule::Rule] = &[$(&$name),*];
    };
}
pub(super) use rules;
