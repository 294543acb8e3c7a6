//! The report as workflow commands, which GitHub Actions shows as annotations of the files of a commit.

use std::fmt::Write;

use super::{ValidationReport, WaivedFinding};
use crate::rules::Severity;
use crate::text::printable;
use crate::validate::finding::Finding;
use crate::validate::source::ExtensionSources;

/// One annotation for each finding, the worst first, because GitHub shows only the first ten errors, warnings
/// and notices of a step. Then the summary, which is an ordinary line of the log.
pub(super) fn github(report: &ValidationReport, sources: &ExtensionSources) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        let command = match finding.rule.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let details = format!("note: {}\nhelp: {}", finding.rule.why, finding.rule.help);
        annotate(&mut text, command, finding.rule.id, finding, &details, sources);
    }
    for WaivedFinding { finding, waiver } in &report.waived {
        let title = format!("waived {}: {}", finding.rule.severity.name(), finding.rule.id);
        let details = format!("reason: {}", printable(&waiver.reason));
        annotate(&mut text, "notice", &title, finding, &details, sources);
    }
    let _ = writeln!(text, "{}", report.summary());
    text
}

fn annotate(
    text: &mut String,
    command: &str,
    title: &str,
    finding: &Finding,
    details: &str,
    sources: &ExtensionSources,
) {
    let mut properties = Vec::new();
    if let Some(location) = sources.locate(finding.rule, &finding.place.at) {
        properties.push(("file", location.file));
        properties.extend(location.line.map(|line| ("line", line.to_string())));
        properties.extend(location.column.map(|column| ("col", column.to_string())));
    }
    properties.push(("title", title.to_owned()));
    let properties: Vec<String> =
        properties.iter().map(|(name, value)| format!("{name}={}", property(value))).collect();
    let [what, place] = [&finding.what, &finding.place.to_string()].map(|it| printable(it));
    let message = data(&format!("{what}\n--> {place}\n{details}"));
    let _ = writeln!(text, "::{command} {}::{message}", properties.join(","));
}

/// As in `escapeData` of GitHub's `@actions/core`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// As in `escapeProperty` of GitHub's `@actions/core`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::labels;
    use crate::validate::finding::{At, LocatedBreach};
    use crate::validate::report::{ReportFormat, Subject, testing};

    #[test]
    fn each_finding_is_an_annotation_at_the_key_of_the_configuration() {
        let report = testing::report();
        let text = report.render(ReportFormat::Github, &testing::sources());
        expect_test::expect![[r#"
            ::error file=app/Cargo.toml,line=2,title=binary-missing::`/w/t.exe` is missing%0A--> /w/t.exe in linux/arm64%0Anote: The whole installation fails: `No such container:path`. Windows on Arm installs the `linux/arm64` variant, which therefore needs the Windows programs, too.%0Ahelp: copy the file into the variant, or remove its path from the variant's `metadata.json`
            ::warning file=app/Cargo.toml,line=3,title=label-title::title `My extension` contains the word "extension"%0A--> label org.opencontainers.image.title in linux/amd64 and linux/arm64%0Anote: Everything in the marketplace is an extension. `docker extension validate` has reported `title … should not include "extension"`.%0Ahelp: remove the word from the title
            ::warning file=app/Cargo.toml,line=8,title=allow-unused::waiver for `icon-type` does not match any finding%0A--> workspace.metadata.docker-extension.allow[1]%0Anote: The fault is fixed, or the rule or the path is misspelled. A waiver that stays would hide the next fault of its kind.%0Ahelp: remove the waiver, or correct its rule and path
            ::notice file=app/Cargo.toml,line=2,title=metadata-rancher-key::only Rancher Desktop reads `x-rd-install`%0A--> metadata.json /host/x-rd-install in linux/amd64%0Anote: Docker Desktop ignores `x-rd-install`, `x-rd-uninstall` and `x-rd-shutdown`, and does not run their commands.%0Ahelp: make sure that the extension works without it
            ::notice file=app/Cargo.toml,line=2,title=waived error%3A binary-missing::`/w/u.exe` is missing%0A--> /w/u.exe in linux/amd64%0Areason: Only for arm64.
            me/tool:1.2.3 for linux/amd64 and linux/arm64: 1 error, 2 warnings, 1 note and 1 waived finding
        "#]]
        .assert_eq(&anstream::adapter::strip_str(&text).to_string());
    }

    #[test]
    fn texts_of_an_image_cannot_add_commands_or_properties() {
        assert_eq!(property("a:b,c%d\ne\r"), "a%3Ab%2Cc%25d%0Ae%0D");
        let what = "label `x\n::error::y` is empty 100% \u{1b}[2J";
        let label = At::Label("x\r\n::stop-commands::z".to_owned());
        let breach = LocatedBreach::new(&labels::EMPTY, label, what).found_in(vec![]);
        let report = ValidationReport::new(Subject::default(), vec![breach]);
        let text = report.render(ReportFormat::Github, &ExtensionSources::default());
        let text = anstream::adapter::strip_str(&text).to_string();
        assert!(
            text.starts_with("::error title=label-empty::label `x\\u{a}::error::y` is"),
            "{text}"
        );
        assert!(text.contains(" 100%25 \\u{1b}[2J%0A--> label x\\u{d}\\u{a}::stop"), "{text}");
        assert_eq!(text.lines().count(), 2, "{text}");
    }
}
