use super::rule::Rule;

/// A rule that something breaks, before it is known where that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    pub rule: &'static Rule,
    /// A clause with `it` as subject.
    pub what: String,
}

impl Breach {
    pub fn new(rule: &'static Rule, what: impl Into<String>) -> Self {
        Self { rule, what: what.into() }
    }
}
