//! All findings about one image, for people and for programs.

use std::fmt::Write;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::finding::{At, Finding};
use crate::oci::{Digest, OciPlatform};
use crate::rules::{self, Rule, Severity};
use crate::style::GOOD;
use crate::text;

/// The version of the schema of [`ValidationReport::json`]. Keys are added without a new one; it changes when
/// a key goes away or changes its meaning.
const SCHEMA_VERSION: u32 = 1;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// The image's name and tag, or the file's path.
    pub name: String,
    pub digest: Option<Digest>,
    /// The variants' platforms.
    #[serde(serialize_with = "serialize_texts")]
    pub platforms: Vec<OciPlatform>,
}

/// As a user writes them: `linux/amd64`. [`OciPlatform`] itself serializes as documents have it.
fn serialize_texts<S: Serializer>(texts: &[OciPlatform], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(texts.iter().map(ToString::to_string))
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidationReport {
    pub subject: Subject,
    findings: Vec<Finding>,
}

impl ValidationReport {
    /// Puts findings into order: worst first, then as the rules are listed. What several variants
    /// have is one finding.
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

    /// Worst first.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.rule.severity == severity).count()
    }

    /// For people: each rule that is broken, with the places, the reason and the remedy.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for group in self.findings.chunk_by(|one, other| one.rule == other.rule) {
            let places = group.iter().map(|it| (it.place.to_string(), &*it.what));
            text += &group[0].rule.explain(&places.collect::<Vec<_>>());
            text.push('\n');
        }
        let _ = writeln!(text, "{}", self.summary());
        text
    }

    /// One line: what was looked at, and how many findings there are.
    pub fn summary(&self) -> String {
        let Subject { name, platforms, .. } = &self.subject;
        let platforms: Vec<String> =
            platforms.iter().map(|it| text::printable(&it.to_string())).collect();
        let mut subject = text::printable(name);
        if !platforms.is_empty() {
            let _ = write!(subject, " for {}", text::list(&platforms));
        }
        let is_sound = self.findings.is_empty();
        let mark = if is_sound { format!("{GOOD}✓{GOOD:#} ") } else { String::new() };
        format!("{mark}{subject}: {}", self.counts())
    }

    /// How many findings there are of each severity, in words.
    pub fn counts(&self) -> String {
        let counts = [Severity::Error, Severity::Warning, Severity::Note].map(|severity| {
            let (number, style) = (self.count(severity), severity.style());
            let count = text::count(number, severity.name());
            (number > 0).then(|| format!("{style}{count}{style:#}"))
        });
        match &counts.into_iter().flatten().collect::<Vec<String>>()[..] {
            [] => "nothing to mend".to_owned(),
            counts => text::list(counts),
        }
    }

    /// For programs.
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
        let title = LocatedBreach::new(&labels::TITLE, label, "title `My extension`");
        let missing =
            LocatedBreach::new(&image::BINARY_MISSING, at("/w/t.exe"), "not in the image");
        let key = At::Metadata("/host/x-rd-install".to_owned());
        let findings = vec![
            title.clone().found_in(vec![arm64.clone()]),
            title.found_in(vec![amd64.clone()]),
            LocatedBreach::new(&metadata::RANCHER_KEY, key, "Rancher Desktop alone reads this")
                .found_in(vec![amd64.clone()]),
            missing.found_in(vec![arm64.clone()]),
        ];
        let platforms = vec![amd64, arm64];
        let name = "me/tool:1.2.3".to_owned();
        ValidationReport::new(Subject { name, digest: Some(Digest::of(b"")), platforms }, findings)
    }

    #[test]
    fn people_read_each_rule_once_with_all_its_places() {
        let text = anstream::adapter::strip_str(&report().text()).to_string();
        expect![[r#"
            error[binary-missing]: Every file that `host.binaries` lists is in every variant.
              → /w/t.exe in linux/arm64: not in the image
              why: The whole installation fails: "No such container:path". Windows on Arm installs the `linux/arm64` variant, so the Windows programs have to be in that too.
              help: copy it into the variant, or leave its path out of the variant's `metadata.json`

            warning[label-title]: The title is the extension's name, without the word "extension".
              → label org.opencontainers.image.title in linux/amd64 and linux/arm64: title `My extension`
              why: Everything in the marketplace is one; `docker extension validate` has objected to it.
              help: leave the word out

            note[metadata-rancher-key]: `host` has no keys of Rancher Desktop: `x-rd-install`, `x-rd-uninstall`, `x-rd-shutdown`.
              → metadata.json /host/x-rd-install in linux/amd64: Rancher Desktop alone reads this
              why: Docker Desktop does not run what they name.
              help: leave it, if the extension works without it

            me/tool:1.2.3 for linux/amd64 and linux/arm64: 1 error, 1 warning and 1 note
        "#]].assert_eq(&text);
    }

    #[test]
    fn its_keys_are_a_promise_to_programs() {
        expect![[r#"
            {
              "counts": {
                "errors": 1,
                "notes": 1,
                "warnings": 1
              },
              "findings": [
                {
                  "help": "copy it into the variant, or leave its path out of the variant's `metadata.json`",
                  "place": {
                    "path": "/w/t.exe",
                    "platforms": [
                      "linux/arm64"
                    ]
                  },
                  "rule": "binary-missing",
                  "severity": "error",
                  "what": "not in the image",
                  "why": "The whole installation fails: \"No such container:path\". Windows on Arm installs the `linux/arm64` variant, so the Windows programs have to be in that too."
                },
                {
                  "help": "leave the word out",
                  "place": {
                    "label": "org.opencontainers.image.title",
                    "platforms": [
                      "linux/amd64",
                      "linux/arm64"
                    ]
                  },
                  "rule": "label-title",
                  "severity": "warning",
                  "what": "title `My extension`",
                  "why": "Everything in the marketplace is one; `docker extension validate` has objected to it."
                },
                {
                  "help": "leave it, if the extension works without it",
                  "place": {
                    "metadata": "/host/x-rd-install",
                    "platforms": [
                      "linux/amd64"
                    ]
                  },
                  "rule": "metadata-rancher-key",
                  "severity": "note",
                  "what": "Rancher Desktop alone reads this",
                  "why": "Docker Desktop does not run what they name."
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
    fn nothing_to_mend_is_said_so() {
        let report =
            ValidationReport::new(Subject { name: "a".to_owned(), ..Subject::default() }, vec![]);
        assert!(report.text().contains("nothing to mend"));
    }
}
