//! The report about one image, as text and as JSON.

use std::fmt::Write;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::finding::{At, Finding};
use crate::oci::{Digest, OciPlatform};
use crate::rules::{self, Rule, Severity};
use crate::style::GOOD;
use crate::text;

/// The version of the schema of [`ValidationReport::json`]. It increases if a key is removed or changes its
/// meaning, but not for a new key.
const SCHEMA_VERSION: u32 = 1;

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
    findings: Vec<Finding>,
}

impl ValidationReport {
    /// Sorts the findings by severity, the worst first, then by rule. Findings that only differ in their
    /// variants are merged.
    pub fn new(subject: Subject, mut findings: Vec<Finding>) -> Self {
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
        Self { subject, findings: merged }
    }

    pub fn with(mut self, mut findings: Vec<Finding>) -> Self {
        findings.append(&mut self.findings);
        Self::new(self.subject, findings)
    }

    pub fn without(mut self, rules: impl IntoIterator<Item = &'static Rule>) -> Self {
        let rules: Vec<&Rule> = rules.into_iter().collect();
        self.findings.retain(|finding| !rules.contains(&finding.rule));
        self
    }

    /// The worst come first.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.rule.severity == severity).count()
    }

    /// The report for users: the findings by rule, each rule with the reason and the help.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for group in self.findings.chunk_by(|one, other| one.rule == other.rule) {
            let findings = group.iter().map(|it| (it.place.to_string(), it.what.clone()));
            text += &group[0].rule.explain(&findings.collect::<Vec<_>>());
            text.push('\n');
        }
        let _ = writeln!(text, "{}", self.summary());
        text
    }

    /// One line: the subject and the number of findings.
    pub fn summary(&self) -> String {
        let Subject { name, platforms, .. } = &self.subject;
        let platforms: Vec<String> =
            platforms.iter().map(|it| text::printable(&it.to_string())).collect();
        let mut subject = text::printable(name);
        if !platforms.is_empty() {
            let _ = write!(subject, " for {}", text::list(&platforms));
        }
        let mark =
            if self.findings.is_empty() { format!("{GOOD}✓{GOOD:#} ") } else { String::new() };
        format!("{mark}{subject}: {}", self.counts())
    }

    /// The number of findings of each severity: `1 error and 2 notes`.
    pub fn counts(&self) -> String {
        let counts = [Severity::Error, Severity::Warning, Severity::Note].map(|severity| {
            let (number, style) = (self.count(severity), severity.style());
            let count = text::count(number, severity.name());
            (number > 0).then(|| format!("{style}{count}{style:#}"))
        });
        match &counts.into_iter().flatten().collect::<Vec<String>>()[..] {
            [] => "no findings".to_owned(),
            counts => text::list(counts),
        }
    }

    /// The report for programs.
    pub fn json(&self) -> String {
        text::json(&json!({
            "schema_version": SCHEMA_VERSION,
            "subject": self.subject,
            "counts": {
                "errors": self.count(Severity::Error),
                "warnings": self.count(Severity::Warning),
                "notes": self.count(Severity::Note),
            },
            "findings": self.findings.iter().map(finding_json).collect::<Vec<_>>(),
        }))
    }
}

fn finding_json(finding: &Finding) -> Value {
    let Finding { rule, place, what } = finding;
    let mut at = match &place.at {
        At::Index => json!({}),
        At::Tag => json!({ "tag": true }),
        At::Label(name) => json!({ "label": name }),
        At::InLabel { label, pointer } => json!({ "label": label, "pointer": pointer }),
        At::Metadata(pointer) => json!({ "metadata": pointer }),
        At::MetadataText { line, column } => json!({ "line": line, "column": column }),
        At::File(path) => json!({ "path": path }),
        At::FileText { path, line, column } => {
            json!({ "path": path, "line": line, "column": column })
        }
    };
    at["platforms"] = place.platforms.iter().map(ToString::to_string).collect();
    json!({
        "rule": rule.id,
        "severity": rule.severity,
        "place": at,
        "what": what,
        "why": rule.why,
        "help": rule.help,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::ImagePlatform;
    use crate::rules::{image, labels, metadata};
    use crate::validate::finding::LocatedBreach;
    use expect_test::expect;

    fn report() -> ValidationReport {
        let [amd64, arm64] = ImagePlatform::ALL.map(OciPlatform::from);
        let at = |path: &str| At::File(path.to_owned());
        let label = At::Label("org.opencontainers.image.title".to_owned());
        let what = "title `My extension` contains the word \"extension\"";
        let title = LocatedBreach::new(&labels::TITLE, label, what);
        let missing = |path| {
            LocatedBreach::new(&image::BINARY_MISSING, at(path), format!("`{path}` is missing"))
        };
        let key = At::Metadata("/host/x-rd-install".to_owned());
        let findings = vec![
            title.clone().found_in(vec![arm64.clone()]),
            title.found_in(vec![amd64.clone()]),
            LocatedBreach::new(
                &metadata::RANCHER_KEY,
                key,
                "only Rancher Desktop reads `x-rd-install`",
            )
            .found_in(vec![amd64.clone()]),
            missing("/w/t.exe").found_in(vec![arm64.clone()]),
            missing("/w/u.exe").found_in(vec![amd64.clone()]),
        ];
        let platforms = vec![amd64, arm64];
        let name = "me/tool:1.2.3".to_owned();
        ValidationReport::new(Subject { name, digest: Some(Digest::of(b"")), platforms }, findings)
    }

    #[test]
    fn the_text_has_each_reason_once_after_all_findings_of_its_rule() {
        let text = anstream::adapter::strip_str(&report().text()).to_string();
        expect![[r#"
            error[binary-missing]: `/w/t.exe` is missing
              --> /w/t.exe in linux/arm64
            error[binary-missing]: `/w/u.exe` is missing
              --> /w/u.exe in linux/amd64
              note: The whole installation fails: `No such container:path`. Windows on Arm installs the `linux/arm64` variant, which therefore needs the Windows programs, too.
              help: copy the file into the variant, or remove its path from the variant's `metadata.json`

            warning[label-title]: title `My extension` contains the word "extension"
              --> label org.opencontainers.image.title in linux/amd64 and linux/arm64
              note: Everything in the marketplace is an extension. `docker extension validate` has reported `title … should not include "extension"`.
              help: remove the word from the title

            note[metadata-rancher-key]: only Rancher Desktop reads `x-rd-install`
              --> metadata.json /host/x-rd-install in linux/amd64
              note: Docker Desktop ignores `x-rd-install`, `x-rd-uninstall` and `x-rd-shutdown`, and does not run their commands.
              help: make sure that the extension works without it

            me/tool:1.2.3 for linux/amd64 and linux/arm64: 2 errors, 1 warning and 1 note
        "#]].assert_eq(&text);
    }

    #[test]
    fn the_keys_of_the_json_report_are_stable() {
        expect![[r#"
            {
              "counts": {
                "errors": 2,
                "notes": 1,
                "warnings": 1
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
                  "help": "copy the file into the variant, or remove its path from the variant's `metadata.json`",
                  "place": {
                    "path": "/w/u.exe",
                    "platforms": [
                      "linux/amd64"
                    ]
                  },
                  "rule": "binary-missing",
                  "severity": "error",
                  "what": "`/w/u.exe` is missing",
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
              }
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
}
