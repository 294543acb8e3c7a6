use super::rule::Rule;

/// A violation of a rule by a file or a URL that the caller names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    pub rule: &'static Rule,
    /// The fault, as a predicate: `is empty`. The caller puts the subject in front.
    pub what: String,
}

impl Breach {
    pub fn new(rule: &'static Rule, what: impl Into<String>) -> Self {
        Self { rule, what: what.into() }
    }

    /// The headline of a finding about `subject`: `` `/darwin/tool` is empty ``.
    pub fn headline(&self, subject: &str) -> String {
        format!("{subject} {}", self.what)
    }
}
