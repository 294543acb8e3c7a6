//! Limits for the findings of one image. Images are untrusted: they can have any number of findings, with
//! names of any length.

use std::collections::BTreeMap;

use super::finding::{At, Finding, LocatedBreach};
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
    /// The rules with findings that were dropped.
    omitted: BTreeMap<&'static str, &'static Rule>,
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
        } else {
            self.omitted.insert(rule.id, rule);
        }
        takes
    }

    /// A breach for each rule with dropped findings. It has no path, so that a waiver for some paths does not
    /// cover it.
    fn omitted(&self) -> impl Iterator<Item = LocatedBreach> {
        let what = "further findings of this rule are not listed";
        self.omitted.values().map(move |rule| LocatedBreach::new(rule, At::Index, what))
    }
}

/// The breaches of one variant.
#[derive(Debug, Default)]
pub(super) struct LocatedBreaches {
    kept: Vec<LocatedBreach>,
    room: Room,
}

impl LocatedBreaches {
    /// Whether a further breach of this rule is dropped. Then it counts as dropped, so the caller need not
    /// make it.
    pub fn is_full(&mut self, rule: &'static Rule) -> bool {
        let is_full = self.room.is_full(rule);
        if is_full {
            self.omit(rule);
        }
        is_full
    }

    /// Counts a breach that the caller does not know as dropped.
    pub fn omit(&mut self, rule: &'static Rule) {
        self.room.omitted.insert(rule.id, rule);
    }

    /// Keeps it if there is room.
    pub fn push(&mut self, breach: LocatedBreach) {
        if self.room.takes(breach.rule, breach.at.size() + breach.what.len()) {
            self.kept.push(breach);
        }
    }

    pub fn into_vec(mut self) -> Vec<LocatedBreach> {
        self.kept.extend(self.room.omitted());
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

    pub fn into_vec(mut self) -> Vec<Finding> {
        for (platforms, room) in self.rooms {
            self.kept.extend(room.omitted().map(|breach| breach.found_in(platforms.clone())));
        }
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
        let omitted = breaches.iter().filter(|breach| breach.at == At::Index).count();
        assert_eq!(omitted, all().count());
        assert!(breaches.len() - omitted <= all().count() + 20);
    }

    #[test]
    fn a_rule_with_dropped_findings_has_one_that_says_so() {
        let rule = &crate::rules::image::UI_LINK;
        let omitted = |count: usize| {
            let mut breaches = LocatedBreaches::default();
            for number in 0..count {
                if !breaches.is_full(rule) {
                    let at = At::File(format!("/ui/{number}"));
                    breaches.push(LocatedBreach::new(rule, at, "is a symbolic link"));
                }
            }
            let mut findings = Findings::default();
            findings.extend(breaches.into_vec().into_iter().map(|it| it.found_in(Vec::new())));
            let findings = findings.into_vec();
            let omitted = findings.iter().filter(|it| it.place.at == At::Index).count();
            assert_eq!(findings.len() - omitted, count.min(MOST));
            omitted
        };
        assert_eq!(omitted(MOST), 0);
        assert_eq!(omitted(MOST + 1), 1);
        assert_eq!(omitted(3 * MOST), 1);
    }
}
