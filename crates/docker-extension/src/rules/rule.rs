use std::fmt::Write;

use anstyle::Style;
use serde::{Serialize, Serializer};

use crate::style::{BAD, DIM, HELP, WARNING};
use crate::text;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Users are affected, or the marketplace rejects the image.
    Error,
    /// Some users may be affected, or reviewers may object.
    Warning,
    /// For information; there may be nothing to fix.
    Note,
}

impl Severity {
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
    /// Stable, because programs and documentation refer to it.
    pub id: &'static str,
    pub severity: Severity,
    /// The fault, as a headline without a full stop: `host binary is empty or truncated`.
    pub reports: &'static str,
    /// The consequences for users: whole sentences.
    pub why: &'static str,
    /// How to fix it: one imperative without a full stop.
    pub help: &'static str,
    /// A part of an image that violates the rule.
    pub example: &'static str,
}

/// The maximum number of findings per rule in a text report. JSON reports are not limited.
const MOST_FINDINGS: usize = 10;

impl Rule {
    /// The paragraph about findings of this rule, each a place and a headline: the findings, then the
    /// reason and the help.
    pub fn explain(&self, findings: &[(String, String)]) -> String {
        let (style, severity) = (self.severity.style(), self.severity.name());
        let mut text = String::new();
        for (place, headline) in findings.iter().take(MOST_FINDINGS) {
            let [place, headline] = [place, headline].map(|it| text::printable(it));
            let _ = writeln!(text, "{style}{severity}[{}]{style:#}: {headline}", self.id);
            let _ = writeln!(text, "  {HELP}-->{HELP:#} {place}");
        }
        if let Some(more) = findings.len().checked_sub(MOST_FINDINGS).filter(|more| *more > 0) {
            let _ = writeln!(text, "  and {more} more");
        }
        let _ = writeln!(text, "  {DIM}note:{DIM:#} {}", self.why);
        let _ = writeln!(text, "  {HELP}help:{HELP:#} {}", self.help);
        text
    }
}

/// Declares rules, and `ALL` which lists them.
macro_rules! rules {
    ($($name:ident: $severity:ident $id:literal {
        reports: $reports:literal,
        why: $why:literal,
        help: $help:literal,
        example: $example:literal $(,)?
    })*) => {
        $(pub static $name: $crate::rules::rule::Rule = $crate::rules::rule::Rule {
            id: $id,
            severity: $crate::rules::rule::Severity::$severity,
            reports: $reports,
            why: $why,
            help: $help,
            example: $example,
        };)*

        /// The rules of this group, in the order of the documentation.
        pub static ALL: &[&$crate::rules::rule::Rule] = &[$(&$name),*];
    };
}
pub(super) use rules;
