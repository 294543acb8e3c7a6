//! The index of the image: whether it has one variant for each platform, and the tag.

use super::finding::{At, Finding, LocatedBreach};
use crate::image::read::StoredImage;
use crate::oci::OciPlatform;
use crate::platform::ImagePlatform;
use crate::rules::{Rule, image as rules, labels};

/// Checks the variants and the tag.
pub(super) fn check(image: &StoredImage) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut report = |rule: &'static Rule, platforms: Vec<OciPlatform>, what: String| {
        findings.push(LocatedBreach::new(rule, At::Index, what).found_in(platforms));
    };
    for platform in ImagePlatform::ALL {
        let is_it = |other: &OciPlatform| other.image_platform() == Some(platform);
        let count = image.variants.iter().filter(|variant| is_it(&variant.platform)).count();
        let is_absent =
            image.absent.iter().any(|absent| absent.platform.as_ref().is_some_and(is_it));
        match count {
            0 => {
                let how = if is_absent { "listed in the index, but missing" } else { "missing" };
                let what = format!("image variant `{platform}` is {how}");
                report(&rules::PLATFORM_MISSING, vec![platform.into()], what);
            }
            1 => {}
            count => {
                let what = format!("index has more than one manifest for `{platform}`: {count}");
                report(&rules::PLATFORM_TWICE, vec![platform.into()], what);
            }
        }
    }
    for variant in &image.variants {
        let (listed, configured) = (&variant.platform, &variant.configured);
        if listed.image_platform().is_none() {
            let what = format!("image has a variant for the unsupported platform `{listed}`");
            report(&rules::PLATFORM_OTHER, vec![listed.clone()], what);
        } else if listed.image_platform() != configured.image_platform() {
            let what = format!(
                "variant `{listed}` has the configuration of a different platform: `{configured}`"
            );
            report(&rules::PLATFORM_DIFFERS, vec![listed.clone()], what);
        }
    }
    if let Some(tag) = image.tag.as_ref().filter(|tag| !tag.is_semver()) {
        let what = format!("tag `{tag}` is not a semantic version");
        findings.push(LocatedBreach::new(&labels::TAG, At::Tag, what).found_in(Vec::new()));
    }
    findings
}
