//! The rules: what is looked for, how bad it is, why it matters, and how to mend it.
//!
//! They come from what Docker Desktop and Rancher Desktop do when they install an extension, and
//! from what `docker extension validate` prints. `docs/rules.md` is made from them.

pub mod binaries;
mod breach;
pub mod image;
pub mod labels;
pub mod metadata;
pub mod online;
#[cfg(test)]
mod page;
pub mod placeholder;
mod rule;

pub use breach::Breach;
pub use rule::{Rule, Severity};

/// Every rule, in the order in which people read them.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    let groups =
        [metadata::ALL, image::ALL, binaries::ALL, labels::ALL, placeholder::ALL, online::ALL];
    groups.into_iter().flatten().copied()
}

/// Where a rule stands among all.
pub fn position(rule: &Rule) -> Option<usize> {
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
