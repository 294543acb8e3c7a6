//! Validates whole images with a `metadata.json` and files that it may refer to.
#![no_main]

use arbitrary::Arbitrary;
use docker_extension::internals::validate::image::check;
use docker_extension::internals::validate::report::ReportFormat;
use docker_extension::internals::validate::source::ExtensionSources;
use fuzz::json::Json;
use fuzz::labels::labels;
use fuzz::tar::Layer;
use fuzz::{archive, tar, within};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Extension<'a> {
    metadata: Json<'a>,
    labels: &'a str,
    layer: Layer<'a>,
    /// The differences in the variant for arm64.
    other: Option<(&'a str, Layer<'a>)>,
}

fn validate(extension: &Extension<'_>) {
    let mut metadata = Vec::new();
    tar::file(&mut metadata, "metadata.json", extension.metadata.text().as_bytes());
    let metadata = Layer::Raw(&metadata);
    let variant = |text, layer| (labels(text), [&metadata, layer]);
    let (one_labels, one) = variant(extension.labels, &extension.layer);
    let (other_text, other) = extension
        .other
        .as_ref()
        .map_or((extension.labels, &extension.layer), |(text, layer)| (*text, layer));
    let (other_labels, other) = variant(other_text, other);
    let image = archive::read(archive::layout([(&one_labels, &one), (&other_labels, &other)]));
    let report = check(image, "image").expect("an image never causes an error");
    let json: serde_json::Value = serde_json::from_str(&report.json()).expect("the report is JSON");
    let findings = json["findings"].as_array().map_or(0, Vec::len);
    assert_eq!(findings, report.findings().len(), "findings are missing in the JSON report");
    // With a prefix that no text of the image may repeat on a line of its own.
    let github = report.render(ReportFormat::Github, &ExtensionSources::Unknown);
    let commands = github.lines().filter(|line| line.trim_start().starts_with("::")).count();
    assert_eq!((commands, github.lines().count()), (findings, findings + 1), "{github}");
    let sarif = report.render(ReportFormat::Sarif, &ExtensionSources::Unknown);
    let sarif: serde_json::Value = serde_json::from_str(&sarif).expect("the report is SARIF");
    assert_eq!(sarif["runs"][0]["results"].as_array().map_or(0, Vec::len), findings);
    assert!(report.text().chars().all(|c| c == '\n' || c == '\u{1b}' || !c.is_control()));
}

fuzz_target!(|extension: Extension<'_>| within(64 * 1024 * 1024, || validate(&extension)));
