//! The report for users: the findings by rule, each rule with the reason and the help.

use std::fmt::Write;

use super::{ValidationReport, WaivedFinding};
use crate::style::{DIM, HELP};
use crate::text::printable;

/// The maximum number of waived findings with the same reason.
const MOST_WAIVED: usize = 10;

pub(super) fn text(report: &ValidationReport) -> String {
    let mut text = String::new();
    for group in report.findings.chunk_by(|one, other| one.rule == other.rule) {
        let findings = group.iter().map(|it| (it.place.to_string(), it.what.clone()));
        text += &group[0].rule.explain(&findings.collect::<Vec<_>>());
        text.push('\n');
    }
    let has_same_reason = |one: &WaivedFinding, other: &WaivedFinding| {
        one.finding.rule == other.finding.rule && one.waiver == other.waiver
    };
    for group in report.waived.chunk_by(has_same_reason) {
        waived(&mut text, group);
        text.push('\n');
    }
    let _ = writeln!(text, "{}", report.summary());
    text
}

fn waived(text: &mut String, group: &[WaivedFinding]) {
    for WaivedFinding { finding, .. } in group.iter().take(MOST_WAIVED) {
        let (severity, id) = (finding.rule.severity.name(), finding.rule.id);
        let what = printable(&finding.what);
        let _ = writeln!(text, "{DIM}waived {severity}[{id}]{DIM:#}: {what}");
        let _ = writeln!(text, "  {HELP}-->{HELP:#} {}", printable(&finding.place.to_string()));
    }
    if let Some(more) = group.len().checked_sub(MOST_WAIVED).filter(|more| *more > 0) {
        let _ = writeln!(text, "  and {more} more");
    }
    let _ = writeln!(text, "  {DIM}reason:{DIM:#} {}", printable(&group[0].waiver.reason));
}
