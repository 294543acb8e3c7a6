//! The host binaries of an image, compared with each other: within a variant those for different CPUs, and
//! between the variants those at the same path.

use std::collections::{BTreeMap, BTreeSet};

use super::files::{self, Part, Pending};
use super::finding::Finding;
use super::metadata::DeclaredBinary;
use crate::binaries::{self, Listed, ListedFiles};
use crate::inspect::Cpu;
use crate::oci::{Digest, OciPlatform};
use crate::platform::{Arch, Os};
use crate::rules::{Breach, binaries as rules, image as image_rules};

/// The host binaries of a variant.
pub(super) struct VariantBinaries<'a> {
    pub arch: Arch,
    pub platform: &'a OciPlatform,
    pub pending: &'a [Pending],
    pub files: &'a FilesByOs,
}

/// The files that a variant lists for each operating system.
#[derive(Debug, Default)]
pub(super) struct FilesByOs {
    darwin: ListedFiles,
    windows: ListedFiles,
    linux: ListedFiles,
}

impl FilesByOs {
    pub fn new(declared: &[DeclaredBinary]) -> Self {
        let of = |os| {
            let same = declared.iter().filter(|binary| binary.os == os);
            ListedFiles::new(os, same.map(|binary| binary.path.as_str()))
        };
        Self { darwin: of(Os::Darwin), windows: of(Os::Windows), linux: of(Os::Linux) }
    }

    pub fn of(&self, os: Os) -> &ListedFiles {
        match os {
            Os::Darwin => &self.darwin,
            Os::Windows => &self.windows,
            Os::Linux => &self.linux,
        }
    }
}

/// The CPUs of machine code, by the operating system for which it is listed and by its content.
#[derive(Debug, Default)]
pub(super) struct CodeCpus(BTreeMap<(Os, Digest), Vec<Cpu>>);

impl CodeCpus {
    pub fn insert(&mut self, os: Os, content: Digest, cpus: Vec<Cpu>) {
        self.0.insert((os, content), cpus);
    }

    fn get(&self, os: Os, content: Digest) -> Option<&[Cpu]> {
        self.0.get(&(os, content)).map(Vec::as_slice)
    }
}

/// Finds machine code for the wrong CPU.
pub(super) fn compare(variants: &[VariantBinaries<'_>], code: &CodeCpus) -> Vec<Finding> {
    let mut findings = Vec::new();
    // The paths whose names explain why they are the same in both variants.
    let mut explained = BTreeSet::new();
    for variant in variants {
        for (os, path, breach) in judge_cpus(variant, code) {
            if [&rules::BINARY_ALTERNATIVE, &rules::BINARY_CPU_NAME].contains(&breach.rule) {
                explained.insert((os, path));
            }
            let breach = files::about_file(&breach, path);
            findings.push(breach.found_in(vec![variant.platform.clone()]));
        }
    }
    if let [one, other] = variants
        && one.arch != other.arch
    {
        let platforms = || vec![one.platform.clone(), other.platform.clone()];
        for (os, path) in same_programs(one, other, code) {
            if !explained.contains(&(os, path)) {
                let what = "is the same program in both variants, and runs on one CPU only";
                let breach = Breach::new(&image_rules::BINARY_SAME, what);
                findings.push(files::about_file(&breach, path).found_in(platforms()));
            }
        }
    }
    findings
}

fn host_binaries<'a>(
    variant: &VariantBinaries<'a>,
) -> impl Iterator<Item = (Os, &'a str, Digest)> + use<'a> {
    variant.pending.iter().filter_map(|file| match file.part {
        Part::HostBinary(os) => Some((os, file.path.as_str(), file.content)),
        Part::Icon | Part::Page | Part::ComposeFile => None,
    })
}

fn judge_cpus<'a>(variant: &VariantBinaries<'a>, code: &CodeCpus) -> Vec<(Os, &'a str, Breach)> {
    let contents: BTreeMap<(Os, &str), Digest> =
        host_binaries(variant).map(|(os, path, content)| ((os, path), content)).collect();
    let judged = contents.iter().filter_map(|((os, path), content)| {
        let listed = Listed {
            os: *os,
            image: variant.arch,
            path,
            mode: None,
            files: variant.files.of(*os),
            promise: None,
        };
        let cpus_of = |other: &str| code.get(*os, *contents.get(&(*os, other))?);
        let breach = binaries::judge_cpu(listed, code.get(*os, *content)?, cpus_of)?;
        Some((*os, *path, breach))
    });
    judged.collect()
}

/// Programs that are the same in both variants, but only for one CPU. Windows on Arm emulates the other CPU.
fn same_programs<'a>(
    one: &VariantBinaries<'a>,
    other: &VariantBinaries<'_>,
    code: &CodeCpus,
) -> BTreeSet<(Os, &'a str)> {
    let others: BTreeSet<(Os, &str, Digest)> = host_binaries(other).collect();
    host_binaries(one)
        .filter(|file| file.0 != Os::Windows && others.contains(file))
        .filter(|(os, _, content)| code.get(*os, *content).is_some_and(|cpus| cpus.len() == 1))
        .map(|(os, path, _)| (os, path))
        .collect()
}
