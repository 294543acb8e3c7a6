//! Limits for the findings of one image. Images are untrusted: they can have any number of findings, with
//! names of any length.

use std::collections::BTreeMap;

use super::finding::{Finding, LocatedBreach};
use crate::oci::OciPlatform;
use crate::rules::Rule;

/// The maximum number of findings per rule and variant.
const MOST: usize = 100;
/// The maximum size of the findings of one variant in bytes. The first finding of each rule is kept even
/// beyond it.
const MOST_BYTES: usize = 1024 * 1024;

/// Counts the findings that are kept. At least one of each rule is.
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

/// The breaches of one variant.
#[derive(Debug, Default)]
pub(super) struct LocatedBreaches {
    kept: Vec<LocatedBreach>,
    room: Room,
}

impl LocatedBreaches {
    /// Whether further breaches of this rule are dropped.
    pub fn is_full(&self, rule: &'static Rule) -> bool {
        self.room.is_full(rule)
    }

    /// Keeps it if there is room.
    pub fn push(&mut self, breach: LocatedBreach) {
        if self.room.takes(breach.rule, breach.at.size() + breach.what.len()) {
            self.kept.push(breach);
        }
    }

    pub fn into_vec(self) -> Vec<LocatedBreach> {
        self.kept
    }
}

/// The findings of all variants. Each variant has its own limits.
#[derive(Debug, Default)]
pub(super) struct Findings {
    kept: Vec<Finding>,
    rooms: BTreeMap<Vec<OciPlatform>, Room>,
}

impl Findings {
    /// Keeps it if there is room.
    pub fn push(&mut self, finding: Finding) {
        let room = self.rooms.entry(finding.place.platforms.clone()).or_default();
        if room.takes(finding.rule, finding.place.at.size() + finding.what.len()) {
            self.kept.push(finding);
        }
    }

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
    use crate::rules::all;
    use crate::validate::finding::At;

    #[test]
    fn every_rule_is_reported_even_if_the_findings_of_others_are_long_and_many() {
        let mut breaches = LocatedBreaches::default();
        for rule in all() {
            for _ in 0..2 * MOST {
                breaches.push(LocatedBreach::new(
                    rule,
                    At::Metadata("x".repeat(MOST_BYTES / 20)),
                    "missing",
                ));
            }
        }
        let breaches = breaches.into_vec();
        for rule in all() {
            assert!(breaches.iter().any(|breach| breach.rule == rule), "{}", rule.id);
        }
        assert!(breaches.len() <= all().count() + 20);
    }
}
