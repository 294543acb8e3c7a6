//! The rules of `validate`: the reported fault, its severity, why it matters, and how to fix it.
//!
//! Their sources are the installation of extensions by Docker Desktop and Rancher Desktop and the
//! output of `docker extension validate`. `docs/rules.md` is generated from them.

pub mod binaries;
mod breach;
pub mod compose;
#[cfg(test)]
pub mod fault;
pub mod image;
pub mod labels;
pub mod metadata;
pub mod online;
#[cfg(test)]
mod page;
mod pattern;
pub mod placeholder;
mod rule;
pub mod waiver;

pub use breach::Breach;
pub use pattern::PathPattern;
pub use rule::{Rule, Severity};
pub use waiver::{WaivableRule, Waiver, WaiverOrigin};

/// The rules that `dist` checks when it builds an extension, and `validate` can't check: the image does not
/// contain the promised version of macOS.
pub static ONLY_BUILT: [&Rule; 1] = [&binaries::MINIMUM_MACOS];
/// The rules that `dist` does not check, because the image may be for a trial.
pub static ONLY_STORED: [&Rule; 1] = [&labels::TAG];

/// Every rule, in the order of reports and of the documentation.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    let groups = [
        metadata::ALL,
        image::ALL,
        compose::ALL,
        binaries::ALL,
        labels::ALL,
        placeholder::ALL,
        online::ALL,
        waiver::ALL,
    ];
    groups.into_iter().flatten().copied()
}

/// The index of a rule in [`all`].
pub fn position(rule: &Rule) -> Option<usize> {
    all().position(|other| other == rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_an_id_of_its_own_and_complete_texts() {
        let mut ids = std::collections::BTreeSet::new();
        for rule in all() {
            let Rule { id, why, help, example, .. } = rule;
            assert!(ids.insert(id), "{id} is used twice");
            let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(id.chars().all(is_allowed), "{id}");
            assert!(why.ends_with('.'), "{id}: `why` is whole sentences");
            let is_clause = |text: &str| !text.ends_with('.') && !text.is_empty();
            assert!(is_clause(help) && is_clause(example), "{id}");
        }
    }

    #[test]
    fn the_headline_of_every_rule_states_a_fault() {
        for Rule { id, reports, .. } in all() {
            assert!(fault::is_stated(reports), "{id}: `{reports}` does not state a fault");
            assert!(!reports.ends_with('.'), "{id}");
            let start: Vec<bool> = reports.chars().take(2).map(char::is_uppercase).collect();
            assert_ne!(start, [true, false], "{id}: it begins in lower case, or with an acronym");
        }
    }
}
