//! Waivers: the author's decisions that findings of a rule don't count.

use std::fmt;
use std::str::FromStr;

use super::{PathPattern, Rule, all, image};
use crate::text::nearest;

super::rule::rules! {
    UNUSED: Warning "allow-unused" {
        reports: "waiver does not match any finding",
        why: "The fault is fixed, or the rule or the path is misspelled. A waiver that stays would hide the \
              next fault of its kind.",
        help: "remove the waiver, or correct its rule and path",
        example: "`rule = \"binary-large\"` with `path = \"/darwin/tool\"` after the program was stripped",
    }
}

/// The key of the workspace's table, and that of the list of waivers in it.
const TABLE: &str = "workspace.metadata.docker-extension";
pub const ALLOW: &str = "allow";

/// A decision that the findings of a rule don't count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    pub rule: WaivableRule,
    /// Only findings about these files; none for all findings of the rule.
    pub path: Option<PathPattern>,
    /// Why the findings are acceptable, on one line.
    pub reason: String,
    pub origin: WaiverOrigin,
}

/// Where a waiver was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaiverOrigin {
    /// The entry of the configuration's list at this index.
    Configuration(usize),
    /// The option `--allow`.
    Option,
}

impl Waiver {
    /// The waiver that the option `--allow` stands for.
    pub fn from_option(rule: WaivableRule) -> Self {
        let reason = format!("allowed by `--allow {}`", rule.0.id);
        Self { rule, path: None, reason, origin: WaiverOrigin::Option }
    }

    /// The waivers of a run: those of the configuration, which have a reason, come first.
    pub fn all(configured: &[Waiver], options: &[WaivableRule]) -> Vec<Waiver> {
        let options = options.iter().map(|rule| Waiver::from_option(*rule));
        configured.iter().cloned().chain(options).collect()
    }

    /// The full key in the configuration, or the option.
    pub fn origin_name(&self) -> String {
        match self.origin {
            WaiverOrigin::Configuration(index) => format!("{TABLE}.{ALLOW}[{index}]"),
            WaiverOrigin::Option => format!("--allow {}", self.rule.0.id),
        }
    }

    /// Whether it is for a finding of `rule` about the file `path` of the image, or about no file.
    pub fn covers(&self, rule: &Rule, path: Option<&str>) -> bool {
        let is_in_path = |pattern: &PathPattern| path.is_some_and(|path| pattern.matches(path));
        self.rule.0 == rule && self.path.as_ref().is_none_or(is_in_path)
    }
}

impl fmt::Display for Waiver {
    /// The fault of a waiver that is not used.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "waiver for `{}`", self.rule.0.id)?;
        match &self.path {
            Some(path) => write!(f, " in `{path}`"),
            None => Ok(()),
        }
    }
}

/// A rule whose findings can be waived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaivableRule(&'static Rule);

impl WaivableRule {
    pub fn rule(self) -> &'static Rule {
        self.0
    }

    fn is_waivable(rule: &Rule) -> bool {
        rule != &UNUSED && rule != &image::UNREADABLE
    }
}

/// Why a text does not name a rule that can be waived.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotWaivable {
    #[error("no rule has this id{}", suggestion(.nearest))]
    Unknown { nearest: Option<&'static str> },
    #[error("it can't be waived; remove the waiver that it reports")]
    Unused,
    #[error("it can't be waived: nothing else of the image was checked")]
    Unreadable,
}

fn suggestion(nearest: &Option<&str>) -> String {
    match nearest {
        Some(nearest) => format!("; did you mean `{nearest}`?"),
        None => "; docs/rules.md in the repository of docker-extension lists all".to_owned(),
    }
}

impl FromStr for WaivableRule {
    type Err = NotWaivable;

    fn from_str(id: &str) -> Result<Self, Self::Err> {
        match all().find(|rule| rule.id == id) {
            Some(rule) if Self::is_waivable(rule) => Ok(Self(rule)),
            Some(rule) if rule == &UNUSED => Err(NotWaivable::Unused),
            Some(_) => Err(NotWaivable::Unreadable),
            None => {
                let ids = all().filter(|rule| Self::is_waivable(rule)).map(|rule| rule.id);
                Err(NotWaivable::Unknown { nearest: nearest(id, ids) })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_named_by_its_id() {
        let rule = |id: &str| id.parse::<WaivableRule>();
        assert_eq!(rule("label-title").unwrap().rule(), &crate::rules::labels::TITLE);
        let reason = |id: &str| rule(id).unwrap_err().to_string();
        assert_eq!(reason("label-titel"), "no rule has this id; did you mean `label-title`?");
        assert_eq!(
            reason("xyzzy"),
            "no rule has this id; docs/rules.md in the repository of docker-extension lists all"
        );
        assert_eq!(rule("allow-unused"), Err(NotWaivable::Unused));
        assert_eq!(rule("image-unreadable"), Err(NotWaivable::Unreadable));
    }

    #[test]
    fn a_waiver_with_a_path_is_not_for_findings_without_a_file() {
        let waiver = |path: Option<&str>| Waiver {
            path: path.map(|path| path.parse().unwrap()),
            ..Waiver::from_option("binary-large".parse().unwrap())
        };
        let rule = waiver(None).rule.rule();
        assert!(waiver(None).covers(rule, None) && waiver(None).covers(rule, Some("/darwin/tool")));
        assert!(waiver(Some("/darwin/*")).covers(rule, Some("/darwin/tool")));
        assert!(!waiver(Some("/darwin/*")).covers(rule, Some("/windows/tool.exe")));
        assert!(!waiver(Some("/darwin/*")).covers(rule, None));
        assert!(!waiver(None).covers(&UNUSED, None));
    }
}
