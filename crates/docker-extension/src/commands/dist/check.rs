//! Checks the host binaries and the image of a run, and shows the report.

use crate::compile::{self, BuildBreach};
use crate::error::{Error, Result};
use crate::image::Image;
use crate::image::read::{ImageSource, StoredImage};
use crate::output;
use crate::plan::Plan;
use crate::platform::ImagePlatform;
use crate::progress::Progress;
use crate::rules::{ONLY_STORED, Rule, Severity, online};
use crate::text;
use crate::validate;
use crate::validate::finding::{At, Finding};
use crate::validate::report::{ReportFormat, Subject, ValidationReport};
use crate::validate::source::ExtensionSources;

/// How the findings of a run are shown.
pub(super) struct ReportOutput {
    pub format: ReportFormat,
    pub sources: ExtensionSources,
}

impl ReportOutput {
    /// The error of a run that ends with this report, which it contains or, in another format, has printed.
    fn failure(&self, what: &str, report: &ValidationReport) -> Result<Error> {
        if self.format == ReportFormat::Text {
            return Ok(Error::new(format!("{what}:\n\n{}", report.text())));
        }
        output::print(&report.render(self.format, &self.sources))?;
        let errors = text::count(report.count(Severity::Error), "error");
        Ok(Error::new(format!("{what} with {errors}")))
    }
}

/// Fails, before an image is made, if a host binary would not run and no waiver covers it.
pub(super) fn host_binaries(
    plan: &Plan<'_>,
    breaches: &[BuildBreach<'_>],
    output: &ReportOutput,
) -> Result<()> {
    let is_waived = |it: &BuildBreach<'_>| {
        let findings = findings(plan, std::slice::from_ref(it));
        let is_covered = |finding: &Finding| {
            let file = finding.place.at.file();
            plan.waivers.iter().any(|waiver| waiver.covers(finding.rule, file))
        };
        !findings.is_empty() && findings.iter().all(is_covered)
    };
    let errors: Vec<_> = breaches.iter().filter(|it| !is_waived(it)).cloned().collect();
    if errors.is_empty() {
        return Ok(());
    }
    if output.format == ReportFormat::Text {
        return Err(compile::would_not_run(errors));
    }
    let subject = Subject { name: plan.reference.to_string(), ..Subject::default() };
    let report = ValidationReport::new(subject, findings(plan, breaches));
    let report = report.waive(&plan.waivers, |_| false);
    Err(output.failure("the host binaries were built but would not run", &report)?)
}

/// The breaches as findings of the image that contains the host binaries.
fn findings(plan: &Plan<'_>, breaches: &[BuildBreach<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for image in ImagePlatform::ALL {
        for placement in plan.host_binaries.placements(image) {
            let of_file = breaches.iter().filter(|it| it.build == placement.build);
            findings.extend(of_file.map(|BuildBreach { breach, .. }| {
                let path = placement.path();
                breach.at(&format!("`{path}`"), At::File(path)).found_in(vec![image.into()])
            }));
        }
    }
    findings
}

/// Validates the image. Its tag need not be a version, because the image may be for a trial.
pub(super) fn image(
    plan: &Plan<'_>,
    image: &Image,
    breaches: &[BuildBreach<'_>],
    output: &ReportOutput,
    progress: &Progress,
) -> Result<()> {
    let step = progress.step("Validate the image");
    let source = ImageSource::Archive { path: image.archive.clone(), image: None };
    let opened = StoredImage::open(&source, &step);
    let report = validate::image::check(opened, &image.reference.to_string())?;
    // All breaches that are left are waived; without those of `ONLY_BUILT`, the image has them, too.
    let report = report.without(ONLY_STORED).with(findings(plan, breaches));
    let is_checked = |rule: &Rule| !ONLY_STORED.contains(&rule) && !online::ALL.contains(&rule);
    let report = report.waive(&plan.waivers, |it| plan.is_complete() && is_checked(it.rule.rule()));
    if report.count(Severity::Error) > 0 {
        return Err(output.failure("the image was built but failed validation", &report)?);
    }
    if output.format != ReportFormat::Text {
        output::print(&report.render(output.format, &output.sources))?;
    } else if report.count(Severity::Warning) > 0
        || !report.waived().is_empty() && !progress.is_quiet()
    {
        progress.report(report.text().trim_end());
    }
    step.done(report.counts());
    Ok(())
}
