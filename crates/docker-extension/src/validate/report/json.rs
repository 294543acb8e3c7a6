//! The report for programs.

use serde_json::{Value, json};

use super::{ValidationReport, WaivedFinding};
use crate::rules::Severity;
use crate::text;
use crate::validate::finding::{At, Finding};

/// The version of the schema. It increases if a key is removed or changes its meaning, but not for a new key.
const SCHEMA_VERSION: u32 = 1;

/// `findings` has only those that count, as do the counts of severities. `waived` has the others.
pub(super) fn json(report: &ValidationReport) -> String {
    text::json(&json!({
        "schema_version": SCHEMA_VERSION,
        "subject": report.subject,
        "counts": {
            "errors": report.count(Severity::Error),
            "warnings": report.count(Severity::Warning),
            "notes": report.count(Severity::Note),
            "waived": report.waived.len(),
        },
        "findings": report.findings.iter().map(finding_json).collect::<Vec<_>>(),
        "waived": report.waived.iter().map(waived_json).collect::<Vec<_>>(),
    }))
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
        At::Setting(name) => json!({ "setting": name }),
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

fn waived_json(waived: &WaivedFinding) -> Value {
    let mut json = finding_json(&waived.finding);
    json["reason"] = json!(waived.waiver.reason);
    json["waived_by"] = json!(waived.waiver.origin_name());
    json
}
