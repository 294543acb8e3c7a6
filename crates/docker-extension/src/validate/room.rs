//! How much is told about one image. Whoever made it decides how many rules it breaks, how often, and
//! how long the names are in which that is told, so all of it would take any amount of memory.

use std::collections::BTreeMap;

use super::finding::{Finding, Problem};
use super::rules::Rule;
use crate::oci::OciPlatform;

/// How often one rule is told for one variant: more than a person reads.
const MOST: usize = 100;
/// How many bytes of names and texts are told for one variant, besides the first of each rule.
const MOST_BYTES: usize = 1024 * 1024;

/// What is told already. Of every rule at least one place is.
#[derive(Debug, Default)]
struct Room {
    counts: BTreeMap<&'static str, usize>,
    bytes: usize,
}

impl Room {
    fn is_full(&self, rule: &'static Rule) -> bool {
        match self.counts.get(rule.id) {
            None => false,
            Some(count) => *count >= MOST || self.bytes >= MOST_BYTES,
        }
    }

    fn takes(&mut self, rule: &'static Rule, bytes: usize) -> bool {
        let takes = !self.is_full(rule);
        if takes {
            *self.counts.entry(rule.id).or_default() += 1;
            self.bytes = self.bytes.saturating_add(bytes);
        }
        takes
    }
}

/// Problems of one variant.
#[derive(Debug, Default)]
pub(super) struct Problems {
    kept: Vec<Problem>,
    room: Room,
}

impl Problems {
    /// Whether no more problems of this rule are kept.
    pub fn is_full(&self, rule: &'static Rule) -> bool {
        self.room.is_full(rule)
    }

    /// Adds one, if there is room.
    pub fn push(&mut self, problem: Problem) {
        if self.room.takes(problem.rule, problem.at.size() + problem.what.len()) {
            self.kept.push(problem);
        }
    }

    /// Those that were kept.
    pub fn into_vec(self) -> Vec<Problem> {
        self.kept
    }
}

/// Findings about all variants, each of which has room of its own.
#[derive(Debug, Default)]
pub(super) struct Findings {
    kept: Vec<Finding>,
    rooms: BTreeMap<Vec<OciPlatform>, Room>,
}

impl Findings {
    /// Adds one, if there is room.
    pub fn push(&mut self, finding: Finding) {
        let room = self.rooms.entry(finding.place.platforms.clone()).or_default();
        if room.takes(finding.rule, finding.place.at.size() + finding.what.len()) {
            self.kept.push(finding);
        }
    }

    /// Those that were kept.
    pub fn into_vec(self) -> Vec<Finding> {
        self.kept
    }
}

impl Extend<Finding> for Findings {
    fn extend<T: IntoIterator<Item = Finding>>(&mut self, findings: T) {
        findings.into_iter().for_each(|finding| self.push(finding));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::finding::At;
    use crate::validate::rules::all;

    #[test]
    fn every_rule_is_told_however_long_and_many_the_others_are() {
        let mut problems = Problems::default();
        for rule in all() {
            for _ in 0..2 * MOST {
                problems.push(Problem::new(rule, At::Metadata("x".repeat(MOST_BYTES / 20)), ""));
            }
        }
        let problems = problems.into_vec();
        for rule in all() {
            assert!(problems.iter().any(|problem| problem.rule == rule), "{}", rule.id);
        }
        assert!(problems.len() <= all().count() + 20);
    }
}
