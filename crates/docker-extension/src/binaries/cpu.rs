//! Checks that machine code is for the CPU of the image variant, and for the one that its name says.

use super::cpu_word::{self, CpuWord};
use super::listed::Listed;
use crate::inspect::Cpu;
use crate::platform::{Arch, Os};
use crate::rules::{Breach, binaries as rules};
use crate::text;

/// Judges a file whose slices are for `cpus`. `cpus_of` has those of the other listed files, by their path.
pub fn judge<'c>(
    listed: Listed<'_>,
    cpus: &[Cpu],
    cpus_of: impl Fn(&str) -> Option<&'c [Cpu]>,
) -> Option<Breach> {
    let variant = Cpu::Arch(listed.image);
    let found = || text::list(&cpus.iter().map(ToString::to_string).collect::<Vec<_>>());
    if let Some(word) = contradiction(listed, cpus) {
        let what = format!("is for {}, not for the CPU in its name, `{}`", found(), word.text);
        return Some(Breach::new(&rules::BINARY_CPU_NAME, what));
    }
    if cpus.contains(&variant) {
        return None;
    }
    if let Some(other) = alternative(listed, &variant, cpus_of) {
        let image = listed.image.name();
        let what = format!(
            "is for {}, not for {image}: on {image}, the page must start `{other}`",
            found()
        );
        return Some(Breach::new(&rules::BINARY_ALTERNATIVE, what));
    }
    if let Some(what) = cpus.iter().find_map(|cpu| emulation(listed, cpu)) {
        return Some(Breach::new(&rules::BINARY_EMULATED, what));
    }
    let what =
        format!("is for {}, not for {}{}", found(), listed.image.name(), symptom(listed, cpus));
    Some(Breach::new(&rules::BINARY_CPU, what))
}

/// The CPU in the path, if the program is for another one.
fn contradiction(listed: Listed<'_>, cpus: &[Cpu]) -> Option<CpuWord> {
    if listed.promise.is_some() {
        // The directory of a build says the CPU of its target.
        return None;
    }
    let word = cpu_word::read(listed.path).word?;
    let is_meant = word.is_unmistakable() || has_other_word(listed);
    (is_meant && !cpus.iter().any(|cpu| word.includes(cpu))).then_some(word)
}

fn has_other_word(listed: Listed<'_>) -> bool {
    listed.files.alternatives(listed.path).any(|(word, _)| word.is_some())
}

/// The file that machines with the image variant run instead. If its name says that it is for their CPU but is
/// wrong, that is reported there.
fn alternative<'a, 'c>(
    listed: Listed<'a>,
    variant: &Cpu,
    cpus_of: impl Fn(&str) -> Option<&'c [Cpu]>,
) -> Option<&'a str> {
    if listed.promise.is_some() {
        return None;
    }
    let has_word = cpu_word::read(listed.path).word.is_some();
    let others = listed.files.alternatives(listed.path);
    let mut others = others.filter(|(word, path)| {
        let is_for_it = cpus_of(path).is_some_and(|cpus| cpus.contains(variant));
        let says_so =
            word.is_some_and(|word| word.includes(variant) && (has_word || word.is_unmistakable()));
        is_for_it || says_so && cpus_of(path).is_some()
    });
    others.next().map(|(_, path)| path)
}

/// The emulation with which machines with the image variant run a program for another CPU, if they do. A
/// program of this run must not need any.
pub(super) fn emulation(listed: Listed<'_>, cpu: &Cpu) -> Option<&'static str> {
    if listed.promise.is_some() {
        return None;
    }
    match (listed.os, listed.image, cpu) {
        (Os::Windows, Arch::Arm64, Cpu::Arch(Arch::Amd64)) => {
            Some("is for amd64, which Windows on Arm emulates")
        }
        (Os::Windows, Arch::Arm64, Cpu::X86) => {
            Some("is for 32-bit x86, which Windows on Arm emulates")
        }
        (Os::Windows | Os::Linux, Arch::Amd64, Cpu::X86) => {
            Some("is for 32-bit x86, not for amd64, but 64-bit systems run it")
        }
        _ => None,
    }
}

/// What users see when they start a program for another CPU: the end of a headline.
fn symptom(listed: Listed<'_>, cpus: &[Cpu]) -> String {
    if listed.promise.is_some() {
        return String::new();
    }
    let is_intel = cpus.contains(&Cpu::Arch(Arch::Amd64));
    let symptom = match (listed.os, listed.image) {
        (Os::Darwin, Arch::Arm64) if is_intel => {
            "Apple silicon fails with `Bad CPU type in executable` unless Rosetta 2 is installed"
        }
        (Os::Darwin, Arch::Arm64) => "Apple silicon fails with `Bad CPU type in executable`",
        (Os::Darwin, Arch::Amd64) => "Intel Macs fail with `Bad CPU type in executable`",
        (Os::Windows, _) => {
            "Windows fails with `not compatible with the version of Windows you're running`"
        }
        (Os::Linux, _) => "Linux fails with `Exec format error`",
    };
    format!(": {symptom}")
}
