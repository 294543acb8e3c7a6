//! The report in the Static Analysis Results Interchange Format 2.1.0 (OASIS), with the properties that GitHub
//! code scanning requires, and within its limits.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{ValidationReport, WaivedFinding};
use crate::oci::Digest;
use crate::rules::{self, Rule, Waiver};
use crate::text::{self, printable};
use crate::validate::finding::Finding;
use crate::validate::source::{ExtensionSources, SourceLocation};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// What `uri`s are relative to. Consumers of the format know the name.
const ROOT: &str = "%SRCROOT%";
/// GitHub shows this number of results, and rejects a file with five times as many.
const MOST_RESULTS: usize = 5000;

pub(super) fn sarif(report: &ValidationReport, sources: &ExtensionSources) -> String {
    let rules: Vec<&Rule> = rules::all().collect();
    let counted = report.findings.iter().map(|finding| (finding, None));
    let waived =
        report.waived.iter().map(|WaivedFinding { finding, waiver }| (finding, Some(waiver)));
    let image = image_location(&report.subject.name);
    let mut seen = BTreeMap::new();
    let results = counted.chain(waived).take(MOST_RESULTS).map(|(finding, waiver)| {
        let location =
            sources.locate(finding.rule, &finding.place.at).unwrap_or_else(|| image.clone());
        let mut result = result(finding, location, &mut seen);
        // Either all results have it, or none.
        if !report.waived.is_empty() {
            result["suppressions"] = waiver.into_iter().map(suppression).collect();
        }
        result
    });
    text::json(&json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.into_iter().map(rule).collect::<Vec<_>>(),
            } },
            "originalUriBaseIds": {
                ROOT: { "description": { "text": "The root of the repository." } },
            },
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    }))
}

fn rule(rule: &Rule) -> Value {
    let Rule { id, severity, reports, why, help, example } = rule;
    json!({
        "id": id,
        "shortDescription": { "text": format!("{reports}.") },
        "fullDescription": { "text": why },
        "help": {
            "text": format!("{why}\n\nFix: {help}.\n\nExample: {example}."),
            "markdown": format!("{why}\n\n- Fix: {help}.\n- Example: {example}."),
        },
        "defaultConfiguration": { "level": severity.name() },
    })
}

/// `seen` counts the results with the same fingerprint.
fn result(
    finding: &Finding,
    location: SourceLocation,
    seen: &mut BTreeMap<String, usize>,
) -> Value {
    let Finding { rule, place, what } = finding;
    let [what, place_name] = [what, &place.to_string()].map(|it| unlinked(&printable(it)));
    let mut region = json!({ "startLine": location.line.unwrap_or(1) });
    if let Some(column) = location.column {
        region["startColumn"] = json!(column);
    }
    // Neither the line nor the values in the headline, which change while the fault remains the same.
    let fingerprint = Digest::of(format!("{} {}", rule.id, place.at).as_bytes()).hex();
    let count = seen.entry(fingerprint.clone()).or_default();
    *count += 1;
    json!({
        "ruleId": rule.id,
        "ruleIndex": rules::position(rule),
        "level": rule.severity.name(),
        "message": { "text": format!("{what}\nPlace: {place_name}") },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": uri(&location.file), "uriBaseId": ROOT },
                "region": region,
            },
            "logicalLocations": [{ "fullyQualifiedName": place_name }],
        }],
        // The name by which GitHub recognizes a result that another line moved.
        "partialFingerprints": { "primaryLocationLineHash": format!("{:.16}:{count}", fingerprint) },
    })
}

fn suppression(waiver: &Waiver) -> Value {
    json!({
        "kind": "external",
        "status": "accepted",
        "justification": printable(&waiver.reason),
    })
}

/// The location of findings about an image that has no sources here: the image.
fn image_location(name: &str) -> SourceLocation {
    let is_path = name.starts_with(['/', '\\']) || name.contains(":\\");
    let file = name.rsplit(['/', '\\']).next().filter(|_| is_path).unwrap_or(name);
    SourceLocation { file: file.to_owned(), line: None, column: None }
}

/// A relative reference (RFC 3986).
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(byte.into());
            }
            byte => uri += &format!("%{byte:02X}"),
        }
    }
    uri
}

/// A message may contain links, `[text](target)`; a text of an image must not.
fn unlinked(text: &str) -> String {
    text.replace("](", "] (")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::rules::{image, labels};
    use crate::validate::finding::{At, LocatedBreach};
    use crate::validate::report::{ReportFormat, Subject, testing};

    fn run(report: &ValidationReport, sources: &ExtensionSources) -> Value {
        let text = report.render(ReportFormat::Sarif, sources);
        let mut log: Value = serde_json::from_str(&text).unwrap();
        log["runs"][0].take()
    }

    #[test]
    fn each_finding_is_a_result_at_the_key_of_the_configuration() {
        let mut run = run(&testing::report(), &testing::sources());
        // The rules are the same for every run, and the next test compares them.
        run.as_object_mut().unwrap().remove("tool");
        for result in run["results"].as_array_mut().unwrap() {
            result.as_object_mut().unwrap().remove("ruleIndex");
        }
        expect_test::expect![[r#"
            {
              "columnKind": "unicodeCodePoints",
              "originalUriBaseIds": {
                "%SRCROOT%": {
                  "description": {
                    "text": "The root of the repository."
                  }
                }
              },
              "results": [
                {
                  "level": "error",
                  "locations": [
                    {
                      "logicalLocations": [
                        {
                          "fullyQualifiedName": "/w/t.exe in linux/arm64"
                        }
                      ],
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "app/Cargo.toml",
                          "uriBaseId": "%SRCROOT%"
                        },
                        "region": {
                          "startLine": 2
                        }
                      }
                    }
                  ],
                  "message": {
                    "text": "`/w/t.exe` is missing\nPlace: /w/t.exe in linux/arm64"
                  },
                  "partialFingerprints": {
                    "primaryLocationLineHash": "5f6db76b0ff98643:1"
                  },
                  "ruleId": "binary-missing",
                  "suppressions": []
                },
                {
                  "level": "warning",
                  "locations": [
                    {
                      "logicalLocations": [
                        {
                          "fullyQualifiedName": "label org.opencontainers.image.title in linux/amd64 and linux/arm64"
                        }
                      ],
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "app/Cargo.toml",
                          "uriBaseId": "%SRCROOT%"
                        },
                        "region": {
                          "startLine": 3
                        }
                      }
                    }
                  ],
                  "message": {
                    "text": "title `My extension` contains the word \"extension\"\nPlace: label org.opencontainers.image.title in linux/amd64 and linux/arm64"
                  },
                  "partialFingerprints": {
                    "primaryLocationLineHash": "49c15342d7180a83:1"
                  },
                  "ruleId": "label-title",
                  "suppressions": []
                },
                {
                  "level": "warning",
                  "locations": [
                    {
                      "logicalLocations": [
                        {
                          "fullyQualifiedName": "workspace.metadata.docker-extension.allow[1]"
                        }
                      ],
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "app/Cargo.toml",
                          "uriBaseId": "%SRCROOT%"
                        },
                        "region": {
                          "startLine": 8
                        }
                      }
                    }
                  ],
                  "message": {
                    "text": "waiver for `icon-type` does not match any finding\nPlace: workspace.metadata.docker-extension.allow[1]"
                  },
                  "partialFingerprints": {
                    "primaryLocationLineHash": "9c38de209eac8d43:1"
                  },
                  "ruleId": "allow-unused",
                  "suppressions": []
                },
                {
                  "level": "note",
                  "locations": [
                    {
                      "logicalLocations": [
                        {
                          "fullyQualifiedName": "metadata.json /host/x-rd-install in linux/amd64"
                        }
                      ],
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "app/Cargo.toml",
                          "uriBaseId": "%SRCROOT%"
                        },
                        "region": {
                          "startLine": 2
                        }
                      }
                    }
                  ],
                  "message": {
                    "text": "only Rancher Desktop reads `x-rd-install`\nPlace: metadata.json /host/x-rd-install in linux/amd64"
                  },
                  "partialFingerprints": {
                    "primaryLocationLineHash": "b88b202a0e2dfeaf:1"
                  },
                  "ruleId": "metadata-rancher-key",
                  "suppressions": []
                },
                {
                  "level": "error",
                  "locations": [
                    {
                      "logicalLocations": [
                        {
                          "fullyQualifiedName": "/w/u.exe in linux/amd64"
                        }
                      ],
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "app/Cargo.toml",
                          "uriBaseId": "%SRCROOT%"
                        },
                        "region": {
                          "startLine": 2
                        }
                      }
                    }
                  ],
                  "message": {
                    "text": "`/w/u.exe` is missing\nPlace: /w/u.exe in linux/amd64"
                  },
                  "partialFingerprints": {
                    "primaryLocationLineHash": "22b94e604b7c3575:1"
                  },
                  "ruleId": "binary-missing",
                  "suppressions": [
                    {
                      "justification": "Only for arm64.",
                      "kind": "external",
                      "status": "accepted"
                    }
                  ]
                }
              ]
            }
        "#]].assert_eq(&text::json(&run));
    }

    #[test]
    fn each_result_refers_to_the_description_of_its_rule() {
        let run = run(&testing::report(), &testing::sources());
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!(rules.len(), rules::all().count());
        for result in run["results"].as_array().unwrap() {
            let index = result["ruleIndex"].as_u64().unwrap() as usize;
            assert_eq!(result["ruleId"], rules[index]["id"]);
        }
        // The limits of GitHub.
        for rule in rules {
            assert!(rule["id"].as_str().unwrap().len() <= 255);
            for text in ["shortDescription", "fullDescription"] {
                assert!(rule[text]["text"].as_str().unwrap().chars().count() <= 1024, "{rule}");
            }
        }
    }

    #[test]
    fn results_without_a_source_are_located_in_the_image() {
        let file = |name: &str| {
            let subject = Subject { name: name.to_owned(), ..Subject::default() };
            let breach = LocatedBreach::new(&labels::EMPTY, At::Tag, "label is empty");
            let report = ValidationReport::new(subject, vec![breach.found_in(vec![])]);
            let run = run(&report, &ExtensionSources::Unknown);
            let place = &run["results"][0]["locations"][0]["physicalLocation"];
            assert_eq!(place["region"]["startLine"], 1);
            assert_eq!(run["results"][0].get("suppressions"), None);
            place["artifactLocation"]["uri"].as_str().unwrap().to_owned()
        };
        assert_eq!(file("me/tool:1.2.3"), "me/tool%3A1.2.3");
        assert_eq!(file("/home/ü/my image.tar"), "my%20image.tar");
        assert_eq!(file("C:\\images\\a.tar"), "a.tar");
    }

    #[test]
    fn a_result_keeps_its_fingerprint_when_its_line_and_its_values_change() {
        let fingerprints = |whats: &[&str], sources: &ExtensionSources| -> Vec<String> {
            let at = || At::File("/darwin/tool".to_owned());
            let breach = |what: &&str| {
                LocatedBreach::new(&image::BINARY_LARGE, at(), *what).found_in(vec![])
            };
            let findings = whats.iter().map(breach).collect();
            let run = run(&ValidationReport::new(Subject::default(), findings), sources);
            let results = run["results"].as_array().unwrap().clone();
            let print = |it: &Value| it["partialFingerprints"]["primaryLocationLineHash"].clone();
            results.iter().map(|it| print(it).as_str().unwrap().to_owned()).collect()
        };
        let one = fingerprints(&["is larger than 1"], &ExtensionSources::Unknown);
        assert_eq!(fingerprints(&["is larger than 2"], &testing::sources()), one);
        let two =
            fingerprints(&["is larger than 1", "is larger than 2"], &ExtensionSources::Unknown);
        assert_eq!(two[0], one[0]);
        assert_eq!(two.iter().collect::<BTreeSet<_>>().len(), 2);
    }

    #[test]
    fn texts_of_an_image_cannot_add_links() {
        let breach = LocatedBreach::new(&labels::EMPTY, At::Tag, "[a](https://b) is empty");
        let report = ValidationReport::new(Subject::default(), vec![breach.found_in(vec![])]);
        let run = run(&report, &ExtensionSources::Unknown);
        assert_eq!(run["results"][0]["message"]["text"], "[a] (https://b) is empty\nPlace: tag");
    }
}
