//! An image, from its index down to the bytes of its host binaries.

use std::collections::{BTreeMap, BTreeSet};

use super::content::{check_icon, check_icon_placeholder, check_page};
use super::files::{self, Part, Wanted};
use super::finding::{At, Finding, LocatedBreach};
use super::metadata::{self, Declared};
use super::report::{Subject, ValidationReport};
use super::room::Findings;
use super::{index, labels};
use crate::binaries::{self, Listed};
use crate::error::Result;
use crate::image::read::limits::{LARGEST_FILE, LARGEST_METADATA};
use crate::image::read::tree::NodeKind;
use crate::image::read::{FileContent, ReadError, StoredImage, Variant};
use crate::inspect::{self, InspectedFile};
use crate::oci::Digest;
use crate::platform::{Arch, Os};
use crate::rules::Breach;
use crate::rules::{image as rules, labels as label_rules};
use crate::text;

const METADATA: &str = "/metadata.json";

/// Checks an image as it was opened, or could not be. `name` is how the report calls it.
///
/// # Errors
/// The image can't be got at. One that is broken has a finding.
pub fn check(opened: Result<StoredImage, ReadError>, name: &str) -> Result<ValidationReport> {
    let mut subject = Subject { name: name.to_owned(), ..Subject::default() };
    let image = match opened {
        Ok(image) => image,
        Err(error) => return Ok(ValidationReport::new(subject, vec![unreadable(error)?])),
    };
    subject.digest = Some(image.digest);
    subject.platforms = image.variants.iter().map(|variant| variant.platform.clone()).collect();
    let mut findings = Findings::default();
    findings.extend(index::check(&image));
    if let Err(error) = check_variants(&image, &mut findings) {
        findings.push(unreadable(error)?);
    }
    Ok(ValidationReport::new(subject, findings.into_vec()))
}

fn unreadable(error: ReadError) -> Result<Finding> {
    match error {
        ReadError::Access(error) => Err(error),
        broken @ (ReadError::Broken { .. } | ReadError::TooLarge { .. }) => {
            let breach = LocatedBreach::new(&rules::UNREADABLE, At::Index, broken.to_string());
            Ok(breach.found_in(Vec::new()))
        }
    }
}

/// A variant that consumers pull, and what has been found out about it.
struct CheckedVariant<'a> {
    arch: Arch,
    variant: &'a Variant,
    declared: Declared,
    wanted: Vec<Wanted>,
}

impl CheckedVariant<'_> {
    fn report(&self, findings: &mut Findings, breaches: Vec<LocatedBreach>) {
        let platform = || vec![self.variant.platform.clone()];
        findings.extend(breaches.into_iter().map(|breach| breach.found_in(platform())));
    }
}

fn check_variants(image: &StoredImage, findings: &mut Findings) -> Result<(), ReadError> {
    let mut variants: Vec<CheckedVariant<'_>> = image
        .variants
        .iter()
        .filter_map(|variant| {
            let arch = variant.platform.image_platform()?.0;
            Some(CheckedVariant {
                arch,
                variant,
                declared: Declared::default(),
                wanted: Vec::new(),
            })
        })
        .collect();
    for checked in &variants {
        checked.report(findings, labels::check(&checked.variant.labels));
    }
    compare_labels(&variants, findings);
    read_metadata(image, &mut variants, findings)?;
    for checked in &mut variants {
        let (breaches, wanted) = files::check(&checked.variant.tree, &checked.declared);
        checked.report(findings, breaches);
        checked.wanted = wanted;
    }
    let one_cpu = check_contents(image, &variants, findings)?;
    compare_binaries(&variants, &one_cpu, findings);
    Ok(())
}

fn compare_labels(variants: &[CheckedVariant<'_>], findings: &mut Findings) {
    let [one, other] = variants else { return };
    let [one, other] = [one, other].map(|checked| &checked.variant.labels);
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let platforms = || variants.iter().map(|it| it.variant.platform.clone()).collect();
    for name in names.into_iter().filter(|name| one.get(*name) != other.get(*name)) {
        let at = At::Label(name.clone());
        let breach =
            LocatedBreach::new(&label_rules::DIFFERS, at, "the variants have different values");
        findings.push(breach.found_in(platforms()));
    }
}

fn read_metadata(
    image: &StoredImage,
    variants: &mut [CheckedVariant<'_>],
    findings: &mut Findings,
) -> Result<(), ReadError> {
    let mut contents = BTreeMap::new();
    for (number, checked) in variants.iter().enumerate() {
        let found = checked.variant.tree.resolve(METADATA).map(|found| &found.node.kind);
        let what = match found {
            Ok(NodeKind::File { content, .. }) => {
                contents.insert(number, *content);
                continue;
            }
            Ok(_) => "it is no plain file".to_owned(),
            Err(reason) => reason.to_string(),
        };
        let at = At::File(METADATA.to_owned());
        checked.report(findings, vec![LocatedBreach::new(&rules::METADATA_MISSING, at, what)]);
    }
    let mut texts = BTreeMap::new();
    image.contents(&contents.values().copied().collect(), LARGEST_METADATA, |id, content| {
        texts.insert(id, content);
    })?;
    for (number, checked) in variants.iter_mut().enumerate() {
        let text = contents.get(&number).and_then(|content| texts.get(content));
        let breaches = match text {
            Some(FileContent::Whole(bytes)) => {
                let (declared, breaches) = metadata::read(bytes);
                checked.declared = declared.unwrap_or_default();
                breaches
            }
            Some(FileContent::TooLarge { .. }) => vec![metadata::too_large()],
            None => Vec::new(),
        };
        checked.report(findings, breaches);
    }
    Ok(())
}

/// Looks into files, each content once. Returns those that are programs for one CPU alone.
fn check_contents(
    image: &StoredImage,
    variants: &[CheckedVariant<'_>],
    findings: &mut Findings,
) -> Result<BTreeSet<Digest>, ReadError> {
    let all = variants.iter().flat_map(|checked| &checked.wanted);
    let wanted: BTreeSet<Digest> = all.map(|wanted| wanted.content).collect();
    let mut one_cpu = BTreeSet::new();
    image.contents(&wanted, LARGEST_FILE, |id, content| {
        let inspected = match &content {
            FileContent::Whole(bytes) => Some(inspect::read(bytes)),
            FileContent::TooLarge { .. } => None,
        };
        if matches!(&inspected, Some(InspectedFile::Binary(slices)) if slices.len() == 1) {
            one_cpu.insert(id);
        }
        for checked in variants {
            for wanted in checked.wanted.iter().filter(|wanted| wanted.content == id) {
                let breaches = judge(checked, wanted, &content, inspected.as_ref());
                let at = || At::File(wanted.path.clone());
                checked.report(findings, breaches.into_iter().map(|it| it.at(at())).collect());
            }
        }
    })?;
    Ok(one_cpu)
}

fn judge(
    checked: &CheckedVariant<'_>,
    wanted: &Wanted,
    content: &FileContent,
    inspected: Option<&InspectedFile>,
) -> Vec<Breach> {
    match (wanted.part, content, inspected) {
        (Part::Icon, FileContent::Whole(bytes), _) => {
            let own = check_icon(&wanted.path, bytes);
            own.into_iter().chain(check_icon_placeholder(bytes)).collect()
        }
        (Part::Page, FileContent::Whole(bytes), _) => check_page(bytes).into_iter().collect(),
        (Part::HostBinary(os), _, Some(inspected)) => {
            let same_system = checked.declared.binaries.iter().filter(|binary| binary.os == os);
            let beside: Vec<&str> = same_system.map(|binary| binary.path.file_name()).collect();
            let listed = Listed {
                os,
                image: checked.arch,
                path: &wanted.path,
                beside: &beside,
                promise: None,
            };
            binaries::judge(listed, inspected)
        }
        (Part::HostBinary(_), FileContent::TooLarge { size }, _) => {
            vec![Breach::new(&rules::BINARY_LARGE, format!("it has {}", text::size(*size)))]
        }
        _ => Vec::new(),
    }
}

/// The same program in both variants runs on one CPU alone, but for Windows, which emulates the other.
fn compare_binaries(
    variants: &[CheckedVariant<'_>],
    one_cpu: &BTreeSet<Digest>,
    findings: &mut Findings,
) {
    let [one, other] = variants else { return };
    if one.arch == other.arch {
        return;
    }
    for wanted in &one.wanted {
        let Part::HostBinary(Os::Darwin | Os::Linux) = wanted.part else { continue };
        if other.wanted.contains(wanted) && one_cpu.contains(&wanted.content) {
            let at = At::File(wanted.path.clone());
            let breach =
                LocatedBreach::new(&rules::BINARY_SAME, at, "both variants have the same bytes");
            let platforms = variants.iter().map(|it| it.variant.platform.clone()).collect();
            findings.push(breach.found_in(platforms));
        }
    }
}
