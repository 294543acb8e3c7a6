//! Validates an image, from its index to the content of its host binaries.

use std::collections::{BTreeMap, BTreeSet};

use super::compose::{self, ComposeText};
use super::content::{check_icon, check_icon_placeholder, check_page};
use super::files::{self, Part, Pending};
use super::finding::{At, Finding, LocatedBreach, METADATA_PATH};
use super::host_binaries::{self, CodeCpus, FilesByOs, VariantBinaries};
use super::metadata::{self, Declared};
use super::report::{Subject, ValidationReport};
use super::room::Findings;
use super::{index, labels};
use crate::binaries::{self, Examined, Listed};
use crate::error::Result;
use crate::image::read::limits::{LARGEST_FILE, LARGEST_METADATA};
use crate::image::read::tree::NodeKind;
use crate::image::read::{FileContent, ReadError, StoredImage, Variant};
use crate::inspect::{self, InspectedFile};
use crate::oci::Digest;
use crate::platform::Arch;
use crate::rules::Breach;
use crate::rules::{image as rules, labels as label_rules};

/// Validates an opened image, which the report calls `name`. An image that is damaged or too large is a
/// finding.
///
/// # Errors
/// The image can't be accessed.
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

/// A variant that Docker Desktop pulls, and what is known about it.
struct CheckedVariant<'a> {
    arch: Arch,
    variant: &'a Variant,
    declared: Declared,
    pending: Vec<Pending>,
    files: FilesByOs,
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
                pending: Vec::new(),
                files: FilesByOs::default(),
            })
        })
        .collect();
    for checked in &variants {
        checked.report(findings, labels::check(&checked.variant.labels));
    }
    compare_labels(&variants, findings);
    read_metadata(image, &mut variants, findings)?;
    for checked in &mut variants {
        let (breaches, pending) = files::check(&checked.variant.tree, &checked.declared);
        checked.report(findings, breaches);
        checked.pending = pending;
        checked.files = FilesByOs::new(&checked.declared.binaries);
    }
    let code = check_contents(image, &variants, findings)?;
    let binaries = variants.iter().map(|checked| VariantBinaries {
        arch: checked.arch,
        platform: &checked.variant.platform,
        pending: &checked.pending,
        files: &checked.files,
    });
    findings.extend(host_binaries::compare(&binaries.collect::<Vec<_>>(), &code));
    Ok(())
}

fn compare_labels(variants: &[CheckedVariant<'_>], findings: &mut Findings) {
    let [one, other] = variants else { return };
    let [one, other] = [one, other].map(|checked| &checked.variant.labels);
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let platforms = || variants.iter().map(|it| it.variant.platform.clone()).collect();
    for name in names.into_iter().filter(|name| one.get(*name) != other.get(*name)) {
        let what = format!("label `{name}` differs between the image variants");
        let breach = LocatedBreach::new(&label_rules::DIFFERS, At::Label(name.clone()), what);
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
        let found = checked.variant.tree.resolve(METADATA_PATH).map(|found| &found.node.kind);
        let what = match found {
            Ok(NodeKind::File { content, .. }) => {
                contents.insert(number, *content);
                continue;
            }
            Ok(_) => files::NOT_REGULAR,
            Err(reason) => files::unresolved(reason),
        };
        let breach = Breach::new(&rules::METADATA_MISSING, what);
        checked.report(findings, vec![files::about_file(&breach, METADATA_PATH)]);
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

/// Inspects files, each content once. Returns the CPUs of those that are machine code.
fn check_contents(
    image: &StoredImage,
    variants: &[CheckedVariant<'_>],
    findings: &mut Findings,
) -> Result<CodeCpus, ReadError> {
    let all = variants.iter().flat_map(|checked| &checked.pending);
    let contents: BTreeSet<Digest> = all.map(|file| file.content).collect();
    let mut code = CodeCpus::default();
    image.contents(&contents, LARGEST_FILE, |id, content| {
        let mut examiner = Examiner { content, inspected: None };
        for checked in variants {
            for file in checked.pending.iter().filter(|file| file.content == id) {
                let breaches = match file.part {
                    Part::ComposeFile => judge_compose_file(checked, file, &examiner.content),
                    _ => {
                        let Examined { breaches, cpus } = examiner.examine(checked, file);
                        if let (Part::HostBinary(os), Some(cpus)) = (file.part, cpus) {
                            code.insert(os, id, cpus);
                        }
                        breaches.iter().map(|it| files::about_file(it, &file.path)).collect()
                    }
                };
                checked.report(findings, breaches);
            }
        }
    })?;
    Ok(code)
}

fn judge_compose_file(
    checked: &CheckedVariant<'_>,
    file: &Pending,
    content: &FileContent,
) -> Vec<LocatedBreach> {
    let Pending { path, .. } = file;
    match content {
        FileContent::Whole(bytes) => {
            let text = ComposeText { bytes, shown: path, path };
            compose::check(&text, &|path| checked.variant.tree.follow(path).is_ok())
        }
        FileContent::TooLarge { .. } => vec![compose::too_large(path)],
    }
}

/// A content, which is inspected when the first host binary needs it.
struct Examiner {
    content: FileContent,
    inspected: Option<InspectedFile>,
}

impl Examiner {
    fn examine(&mut self, checked: &CheckedVariant<'_>, file: &Pending) -> Examined {
        let breaches = match (file.part, &self.content) {
            (Part::Icon, FileContent::Whole(bytes)) => {
                let own = check_icon(&file.path, bytes);
                own.into_iter().chain(check_icon_placeholder(bytes)).collect()
            }
            (Part::Page, FileContent::Whole(bytes)) => check_page(bytes).into_iter().collect(),
            (Part::Icon | Part::Page, FileContent::TooLarge { .. }) | (Part::ComposeFile, _) => {
                Vec::new()
            }
            (Part::HostBinary(os), content) => {
                let listed = Listed {
                    os,
                    image: checked.arch,
                    path: &file.path,
                    mode: Some(file.mode),
                    files: checked.files.of(os),
                    promise: None,
                };
                match content {
                    FileContent::Whole(bytes) => {
                        let inspected = self.inspected.get_or_insert_with(|| inspect::read(bytes));
                        return binaries::examine(listed, inspected);
                    }
                    FileContent::TooLarge { size } => binaries::judge_unread(listed, *size),
                }
            }
        };
        Examined { breaches, cpus: None }
    }
}
