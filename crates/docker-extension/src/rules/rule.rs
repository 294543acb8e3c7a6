use std::fmt::Write;

use anstyle::Style;
use serde::{Serialize, Serializer};

use crate::style::{BAD, DIM, HELP, WARNING};
use crate::text;

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

    pub fn style(self) -> Style {
        match self {
            Severity::Error => BAD,
            Severity::Warning => WARNING,
            Severity::Note => DIM,
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

/// So many places that break one rule are shown to people; reports for programs have more.
const MOST_PLACES: usize = 10;

impl Rule {
    /// The paragraph about the `places` that break this rule, and what was found at each: the fault, the
    /// places, the reason and the remedy.
    pub fn explain(&self, places: &[(String, &str)]) -> String {
        let (style, severity) = (self.severity.style(), self.severity.name());
        let mut text = format!("{style}{severity}{style:#}[{}]: {}\n", self.id, self.says);
        for (place, what) in places.iter().take(MOST_PLACES) {
            let [place, what] = [place, *what].map(text::printable);
            let _ = writeln!(text, "  {HELP}→{HELP:#} {place}: {what}");
        }
        if let Some(more) = places.len().checked_sub(MOST_PLACES).filter(|more| *more > 0) {
            let _ = writeln!(text, "  {HELP}→{HELP:#} and {more} more");
        }
        let _ = writeln!(text, "  {DIM}why:{DIM:#} {}", self.why);
        let _ = writeln!(text, "  {HELP}help:{HELP:#} {}", self.help);
        text
    }
}

/// Declares rules, and `ALL` which lists them.
macro_rules! rules {
    ($($name:ident: $severity:ident $id:literal {
        says: $says:literal,
        why: $why:literal,
        help: $help:literal,
        example: $example:literal $(,)?
    })*) => {
        $(pub static $name: $crate::rules::rule::Rule = $crate::rules::rule::Rule {
            id: $id,
            severity: $crate::rules::rule::Severity::$severity,
            says: $says,
            why: $why,
            help: $help,
            example: $example,
        };)*

        /// The rules of this group, in the order in which people read them.
        pub static ALL: &[&$crate::rules::rule::Rule] = &[$(&$name),*];
    };
}
pub(super) use rules;
