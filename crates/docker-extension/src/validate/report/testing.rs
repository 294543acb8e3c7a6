//! A report for the tests of every format.

use super::{Subject, ValidationReport};
use crate::oci::{Digest, OciPlatform};
use crate::platform::ImagePlatform;
use crate::project::testing::config;
use crate::rules::{Waiver, WaiverOrigin, image, labels, metadata};
use crate::validate::finding::{At, LocatedBreach};
use crate::validate::source::{self, ExtensionSources};

/// A report with findings of every severity, a waived one, and a waiver that is not used.
pub fn report() -> ValidationReport {
    let [amd64, arm64] = ImagePlatform::ALL.map(OciPlatform::from);
    let at = |path: &str| At::File(path.to_owned());
    let label = At::Label("org.opencontainers.image.title".to_owned());
    let what = "title `My extension` contains the word \"extension\"";
    let title = LocatedBreach::new(&labels::TITLE, label, what);
    let missing =
        |path| LocatedBreach::new(&image::BINARY_MISSING, at(path), format!("`{path}` is missing"));
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
    let subject = Subject { name, digest: Some(Digest::of(b"")), platforms };
    ValidationReport::new(subject, findings).waive(&waivers(), |_| true)
}

fn waivers() -> Vec<Waiver> {
    let waiver = |index, rule: &str, path: Option<&str>, reason: &str| Waiver {
        rule: rule.parse().unwrap(),
        path: path.map(|path| path.parse().unwrap()),
        reason: reason.to_owned(),
        origin: WaiverOrigin::Configuration(index),
    };
    vec![
        waiver(0, "binary-missing", Some("/w/u.*"), "Only for arm64."),
        waiver(1, "icon-type", None, "It is fine."),
    ]
}

/// The sources of that image: a workspace in the directory `app` of its repository.
pub fn sources() -> ExtensionSources {
    let manifest = "\
[workspace]
[workspace.metadata.docker-extension]
title = \"My extension\"

[[workspace.metadata.docker-extension.allow]]
rule = \"binary-missing\"

[[workspace.metadata.docker-extension.allow]]
rule = \"icon-type\"
";
    source::testing_sources(manifest, config())
}
