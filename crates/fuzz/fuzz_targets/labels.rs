//! Validates labels.
#![no_main]

use docker_extension::internals::contents::labels::API_VERSION;
use docker_extension::internals::validate::finding::At;
use docker_extension::internals::validate::labels::check;
use fuzz::labels::{NAMES, labels};
use fuzz::within;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let labels = labels(text);
    let problems = within(2 * 1024 * 1024 + 64 * text.len(), || check(&labels));
    for problem in &problems {
        let (At::Label(name) | At::InLabel { label: name, .. }) = &problem.at else {
            panic!("{problem:?}")
        };
        assert!(NAMES.contains(&name.as_str()));
    }
    let has = |rule: &str| problems.iter().any(|problem| problem.rule.id == rule);
    assert_eq!(has("label-missing"), labels.len() + 1 < NAMES.len(), "missing labels are reported");
    if let Some(version) = labels.get(API_VERSION)
        && semver::VersionReq::parse(version).is_ok()
    {
        assert!(!has("label-api-version"), "the constraint `{version}` is rejected");
    }
});
