//! The report about one image: a value that each format renders.

use std::fmt::Write;

use serde::{Serialize, Serializer};

use super::finding::{At, Finding, LocatedBreach};
use super::source::ExtensionSources;
use crate::oci::{Digest, OciPlatform};
use crate::rules::{self, Rule, Severity, Waiver, compose, image, metadata, waiver};
use crate::style::GOOD;
use crate::text::{count, list, printable};

mod github;
mod json;
mod sarif;
mod text;

/// The format of a report.
// Its variants have no doc comments: clap would print them as the help of each value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ReportFormat {
    #[default]
    Text,
    Json,
    Github,
    Sarif,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// The name and tag of an image, or the path of a file.
    pub name: String,
    pub digest: Option<Digest>,
    #[serde(serialize_with = "serialize_texts")]
    pub platforms: Vec<OciPlatform>,
}

/// As users write them: `linux/amd64`. [`OciPlatform`] itself serializes as in OCI documents.
fn serialize_texts<S: Serializer>(texts: &[OciPlatform], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(texts.iter().map(ToString::to_string))
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidationReport {
    pub subject: Subject,
    /// Those that count.
    findings: Vec<Finding>,
    waived: Vec<WaivedFinding>,
}

/// A finding that the author accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaivedFinding {
    pub finding: Finding,
    pub waiver: Waiver,
}

/// Rules whose findings mean that others were not checked.
static BLOCKING: [&Rule; 6] = [
    &image::UNREADABLE,
    &image::METADATA_MISSING,
    &image::PLATFORM_MISSING,
    &metadata::SYNTAX,
    &metadata::TYPE,
    &compose::SYNTAX,
];

impl ValidationReport {
    /// Sorts the findings by severity, the worst first, then by rule. Findings that only differ in their
    /// variants are merged.
    pub fn new(subject: Subject, findings: Vec<Finding>) -> Self {
        Self { subject, findings: merged(findings), waived: Vec::new() }
    }

    pub fn with(mut self, findings: Vec<Finding>) -> Self {
        self.findings = merged([findings, self.findings].concat());
        self
    }

    pub fn without(mut self, rules: impl IntoIterator<Item = &'static Rule>) -> Self {
        let rules: Vec<&Rule> = rules.into_iter().collect();
        self.findings.retain(|finding| !rules.contains(&finding.rule));
        self
    }

    /// Waives findings; the first waiver that covers one has the reason. A waiver without findings is a finding
    /// itself if `is_expected`: if the run would have found what it covers.
    pub fn waive(mut self, waivers: &[Waiver], is_expected: impl Fn(&Waiver) -> bool) -> Self {
        let is_complete = !self.findings.iter().any(|it| BLOCKING.contains(&it.rule));
        let mut is_used = vec![false; waivers.len()];
        for finding in std::mem::take(&mut self.findings) {
            let file = finding.place.at.file();
            let mut first = None;
            for (waiver, is_used) in waivers.iter().zip(&mut is_used) {
                if waiver.covers(finding.rule, file) {
                    *is_used = true;
                    first.get_or_insert_with(|| waiver.clone());
                }
            }
            match first {
                Some(waiver) => self.waived.push(WaivedFinding { finding, waiver }),
                None => self.findings.push(finding),
            }
        }
        let unused = waivers.iter().zip(is_used).filter(|(_, is_used)| !is_used);
        let unused = unused.filter(|(waiver, _)| is_complete && is_expected(waiver));
        let unused = unused.map(|(waiver, _)| {
            let at = At::Setting(waiver.origin_name());
            let what = format!("{waiver} does not match any finding");
            LocatedBreach::new(&waiver::UNUSED, at, what).found_in(Vec::new())
        });
        let unused = unused.collect();
        self.with(unused)
    }

    /// The findings that count. The worst come first.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    pub fn waived(&self) -> &[WaivedFinding] {
        &self.waived
    }

    /// The number of findings that count.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.rule.severity == severity).count()
    }

    pub fn render(&self, format: ReportFormat, sources: &ExtensionSources) -> String {
        match format {
            ReportFormat::Text => self.text(),
            ReportFormat::Json => self.json(),
            ReportFormat::Github => github::github(self, sources),
            ReportFormat::Sarif => sarif::sarif(self, sources),
        }
    }

    /// The report for users.
    pub fn text(&self) -> String {
        text::text(self)
    }

    /// The report for programs.
    pub fn json(&self) -> String {
        json::json(self)
    }

    /// One line: the subject and the number of findings.
    pub fn summary(&self) -> String {
        let Subject { name, platforms, .. } = &self.subject;
        let platforms: Vec<String> =
            platforms.iter().map(|it| printable(&it.to_string())).collect();
        let mut subject = printable(name);
        if !platforms.is_empty() {
            let _ = write!(subject, " for {}", list(&platforms));
        }
        let mark =
            if self.findings.is_empty() { format!("{GOOD}✓{GOOD:#} ") } else { String::new() };
        format!("{mark}{subject}: {}", self.counts())
    }

    /// The number of findings of each severity, and of waived ones: `1 error, 2 notes and 1 waived finding`.
    pub fn counts(&self) -> String {
        let counts = [Severity::Error, Severity::Warning, Severity::Note].map(|severity| {
            let (number, style) = (self.count(severity), severity.style());
            (number > 0).then(|| format!("{style}{}{style:#}", count(number, severity.name())))
        });
        let waived = self.waived.len();
        let waived = (waived > 0).then(|| count(waived, "waived finding"));
        match &counts.into_iter().flatten().chain(waived).collect::<Vec<String>>()[..] {
            [] => "no findings".to_owned(),
            counts => list(counts),
        }
    }
}

/// Sorts findings, and merges those that only differ in their variants.
fn merged(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by_cached_key(|it| {
        let rule = (it.rule.severity, rules::position(it.rule));
        (rule, it.place.at.clone(), it.what.clone())
    });
    let mut merged: Vec<Finding> = Vec::new();
    for mut finding in findings {
        match merged.last_mut() {
            Some(last) if last.is_like(&finding) => {
                last.place.platforms.append(&mut finding.place.platforms);
            }
            _ => merged.push(finding),
        }
    }
    for finding in &mut merged {
        finding.place.platforms.sort();
        finding.place.platforms.dedup();
    }
    merged
}

#[cfg(test)]
mod testing;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::labels;
    use expect_test::expect;
    use testing::report;

    #[test]
    fn the_text_has_each_reason_once_after_all_findings_of_its_rule() {
        let text = anstream::adapter::strip_str(&report().text()).to_string();
        expect![[r#"
            error[binary-missing]: `/w/t.exe` is missing
              --> /w/t.exe in linux/arm64
              note: The whole installation fails: `No such container:path`. Windows on Arm installs the `linux/arm64` variant, which therefore needs the Windows programs, too.
              help: copy the file into the variant, or remove its path from the variant's `metadata.json`

            warning[label-title]: title `My extension` contains the word "extension"
              --> label org.opencontainers.image.title in linux/amd64 and linux/arm64
              note: Everything in the marketplace is an extension. `docker extension validate` has reported `title … should not include "extension"`.
              help: remove the word from the title

            warning[allow-unused]: waiver for `icon-type` does not match any finding
              --> workspace.metadata.docker-extension.allow[1]
              note: The fault is fixed, or the rule or the path is misspelled. A waiver that stays would hide the next fault of its kind.
              help: remove the waiver, or correct its rule and path

            note[metadata-rancher-key]: only Rancher Desktop reads `x-rd-install`
              --> metadata.json /host/x-rd-install in linux/amd64
              note: Docker Desktop ignores `x-rd-install`, `x-rd-uninstall` and `x-rd-shutdown`, and does not run their commands.
              help: make sure that the extension works without it

            waived error[binary-missing]: `/w/u.exe` is missing
              --> /w/u.exe in linux/amd64
              reason: Only for arm64.

            me/tool:1.2.3 for linux/amd64 and linux/arm64: 1 error, 2 warnings, 1 note and 1 waived finding
        "#]].assert_eq(&text);
    }

    #[test]
    fn the_keys_of_the_json_report_are_stable() {
        expect![[r#"
            {
              "counts": {
                "errors": 1,
                "notes": 1,
                "waived": 1,
                "warnings": 2
              },
              "findings": [
                {
                  "help": "copy the file into the variant, or remove its path from the variant's `metadata.json`",
                  "place": {
                    "path": "/w/t.exe",
                    "platforms": [
                      "linux/arm64"
                    ]
                  },
                  "rule": "binary-missing",
                  "severity": "error",
                  "what": "`/w/t.exe` is missing",
                  "why": "The whole installation fails: `No such container:path`. Windows on Arm installs the `linux/arm64` variant, which therefore needs the Windows programs, too."
                },
                {
                  "help": "remove the word from the title",
                  "place": {
                    "label": "org.opencontainers.image.title",
                    "platforms": [
                      "linux/amd64",
                      "linux/arm64"
                    ]
                  },
                  "rule": "label-title",
                  "severity": "warning",
                  "what": "title `My extension` contains the word \"extension\"",
                  "why": "Everything in the marketplace is an extension. `docker extension validate` has reported `title … should not include \"extension\"`."
                },
                {
                  "help": "remove the waiver, or correct its rule and path",
                  "place": {
                    "platforms": [],
                    "setting": "workspace.metadata.docker-extension.allow[1]"
                  },
                  "rule": "allow-unused",
                  "severity": "warning",
                  "what": "waiver for `icon-type` does not match any finding",
                  "why": "The fault is fixed, or the rule or the path is misspelled. A waiver that stays would hide the next fault of its kind."
                },
                {
                  "help": "make sure that the extension works without it",
                  "place": {
                    "metadata": "/host/x-rd-install",
                    "platforms": [
                      "linux/amd64"
                    ]
                  },
                  "rule": "metadata-rancher-key",
                  "severity": "note",
                  "what": "only Rancher Desktop reads `x-rd-install`",
                  "why": "Docker Desktop ignores `x-rd-install`, `x-rd-uninstall` and `x-rd-shutdown`, and does not run their commands."
                }
              ],
              "schema_version": 1,
              "subject": {
                "digest": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "name": "me/tool:1.2.3",
                "platforms": [
                  "linux/amd64",
                  "linux/arm64"
                ]
              },
              "waived": [
                {
                  "help": "copy the file into the variant, or remove its path from the variant's `metadata.json`",
                  "place": {
                    "path": "/w/u.exe",
                    "platforms": [
                      "linux/amd64"
                    ]
                  },
                  "reason": "Only for arm64.",
                  "rule": "binary-missing",
                  "severity": "error",
                  "waived_by": "workspace.metadata.docker-extension.allow[0]",
                  "what": "`/w/u.exe` is missing",
                  "why": "The whole installation fails: `No such container:path`. Windows on Arm installs the `linux/arm64` variant, which therefore needs the Windows programs, too."
                }
              ]
            }
        "#]].assert_eq(&report().json());
    }

    #[test]
    fn a_report_without_findings_says_so() {
        let report =
            ValidationReport::new(Subject { name: "a".to_owned(), ..Subject::default() }, vec![]);
        assert!(report.text().contains("no findings"));
    }

    #[test]
    fn the_text_shows_ten_findings_of_a_rule_and_the_number_of_the_others() {
        let finding = |number: usize| {
            let label = At::Label(format!("label-{number}"));
            LocatedBreach::new(&labels::EMPTY, label, "label is empty").found_in(vec![])
        };
        let report = ValidationReport::new(Subject::default(), (0..13).map(finding).collect());
        let text = anstream::adapter::strip_str(&report.text()).to_string();
        assert_eq!(text.matches("error[label-empty]: ").count(), 10, "{text}");
        assert!(text.contains("\n  and 3 more\n  note: "), "{text}");
    }

    #[test]
    fn a_waived_error_does_not_count_and_a_waiver_without_findings_is_a_warning() {
        let report = report();
        assert_eq!((report.count(Severity::Error), report.waived().len()), (1, 1));
        let ids: Vec<&str> = report.findings().iter().map(|it| it.rule.id).collect();
        assert_eq!(ids, ["binary-missing", "label-title", "allow-unused", "metadata-rancher-key"]);

        let option = Waiver::from_option("label-title".parse().unwrap());
        let all = report.clone().waive(std::slice::from_ref(&option), |_| true);
        assert_eq!((all.count(Severity::Warning), all.waived().len()), (1, 2));
        assert_eq!(all.waived()[1].waiver.reason, "allowed by `--allow label-title`");

        let findings = |is_expected| {
            let report = ValidationReport::new(Subject::default(), Vec::new());
            let report = report.waive(std::slice::from_ref(&option), |_| is_expected);
            report.findings().iter().map(|it| it.what.clone()).collect::<Vec<_>>()
        };
        assert_eq!(findings(true), ["waiver for `label-title` does not match any finding"]);
        assert_eq!(findings(false), [""; 0]);
    }

    #[test]
    fn a_finding_that_two_waivers_cover_has_the_reason_of_the_first_and_uses_both() {
        let breach = LocatedBreach::new(&labels::EMPTY, At::Tag, "label is empty");
        let mut first = Waiver::from_option("label-empty".parse().unwrap());
        first.reason = "Why.".to_owned();
        let second = Waiver::from_option("label-empty".parse().unwrap());
        let report = ValidationReport::new(Subject::default(), vec![breach.found_in(vec![])]);
        let report = report.waive(&[first, second], |_| true);
        assert_eq!((report.findings(), report.waived().len()), (&[][..], 1));
        assert_eq!(report.waived()[0].waiver.reason, "Why.");
        assert!(report.summary().ends_with("1 waived finding"), "{}", report.summary());
    }

    #[test]
    fn nothing_is_said_about_waivers_of_an_image_that_cannot_be_read() {
        let breach = LocatedBreach::new(&image::UNREADABLE, At::Index, "layer is truncated");
        let report = ValidationReport::new(Subject::default(), vec![breach.found_in(vec![])]);
        let waiver = Waiver::from_option("binary-large".parse().unwrap());
        let report = report.waive(&[waiver], |_| true);
        assert_eq!(report.findings().len(), 1);
    }
}
