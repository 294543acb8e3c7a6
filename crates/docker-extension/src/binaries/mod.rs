//! Checks that a host binary will run on the platform for which it is listed.
//!
//! [`crate::inspect`] reads the file. This module only applies the rules: it runs, reads and fetches nothing.

use crate::inspect::{BinaryFormat, Cpu, InspectedFile, MachO, Native, Signature, Slice};
use crate::platform::{Arch, Os};
use crate::project::config::MacOsVersion;
use crate::rules::{Breach, binaries as rules, image as rules_of_image};
use crate::text;

mod cpu;
mod cpu_word;
pub mod imports;
mod libraries;
mod listed;
mod mode;
mod name;
pub mod redistributable;
mod role;
mod script;
#[cfg(test)]
mod tests;

pub use cpu::judge as judge_cpu;
pub use libraries::{dlls_that_windows_lacks, is_dll_of_windows};
pub use listed::{Listed, ListedFiles, Promise};
pub use name::is_of_code;
use role::FileRole;
pub use role::judge_stand_in;

/// The oldest macOS that the current Docker Desktop supports.
const OLDEST_MACOS: MacOsVersion = MacOsVersion { major: 14, minor: 0 };

/// What one file shows, without the other files that are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    pub breaches: Vec<Breach>,
    /// The CPUs of its slices, if it is machine code for its operating system. Whether they are right depends
    /// on the other files: see [`judge_cpu`].
    pub cpus: Option<Vec<Cpu>>,
}

/// Decides the role of a file, and checks everything in it but the CPU.
pub fn examine(listed: Listed<'_>, contents: &InspectedFile) -> Examined {
    let role = match role::decide(listed, contents) {
        Ok(role) => role,
        Err(breach) => return Examined { breaches: vec![breach], cpus: None },
    };
    let mut breaches: Vec<Breach> = mode::judge(listed, role.is_started()).into_iter().collect();
    let mut cpus = None;
    match role {
        FileRole::Program(slices) => {
            cpus = Some(slices);
            breaches.extend(
                slice_to_judge(listed, slices)
                    .map(|slice| judge_slice(listed, slice))
                    .unwrap_or_default(),
            );
        }
        FileRole::Library(slices) => {
            cpus = Some(slices);
            breaches.push(Breach::new(&rules::NOT_A_PROGRAM, "is a library, not a program"));
        }
        FileRole::Script(text) if listed.os != Os::Windows => {
            breaches.extend(script::judge(listed, text))
        }
        FileRole::Script(_) => {}
        FileRole::ForInterpreter(language) => {
            let what = format!(
                "is a file for an interpreter ({}), and cannot be started by its own name",
                language.name()
            );
            breaches.push(Breach::new(&rules::FOR_INTERPRETER, what));
        }
        FileRole::Data(found) => {
            breaches.push(Breach::new(&rules::NOT_A_PROGRAM, format!("is {found}, not a program")));
        }
    }
    let cpus = cpus.map(|slices| slices.iter().map(|slice| slice.cpu.clone()).collect());
    Examined { breaches, cpus }
}

/// The breaches by a file without regard to other files.
pub fn judge(listed: Listed<'_>, contents: &InspectedFile) -> Vec<Breach> {
    let Examined { mut breaches, cpus } = examine(listed, contents);
    if let Some(cpus) = cpus {
        breaches.extend(judge_cpu(listed, &cpus, |_| None));
    }
    breaches
}

/// The breaches by a file of `size` bytes that is too large to be read.
pub fn judge_unread(listed: Listed<'_>, size: u64) -> Vec<Breach> {
    let what = format!("is larger than 256 MiB: it has {}", text::size(size));
    let is_started = matches!(
        name::kind(listed.os, listed.path),
        name::NamedKind::Program | name::NamedKind::Shell
    );
    let mode = mode::judge(listed, is_started);
    mode.into_iter().chain([Breach::new(&rules_of_image::BINARY_LARGE, what)]).collect()
}

/// The slice that machines with the image variant run; if they run none, the first one.
fn preferred<'a>(listed: Listed<'_>, slices: &'a [Slice]) -> Option<&'a Slice> {
    slice_that_runs(listed, slices).or(slices.first())
}

fn slice_that_runs<'a>(listed: Listed<'_>, slices: &'a [Slice]) -> Option<&'a Slice> {
    let native = slices.iter().find(|slice| slice.cpu == Cpu::Arch(listed.image));
    native.or_else(|| slices.iter().find(|slice| cpu::emulation(listed, &slice.cpu).is_some()))
}

/// A program for another CPU must be replaced anyway, unless another file replaces it here.
fn slice_to_judge<'a>(listed: Listed<'_>, slices: &'a [Slice]) -> Option<&'a Slice> {
    let has_alternatives = listed.files.alternatives(listed.path).next().is_some();
    slice_that_runs(listed, slices).or(slices.first().filter(|_| has_alternatives))
}

fn judge_slice(listed: Listed<'_>, slice: &Slice) -> Vec<Breach> {
    let mut breaches = Vec::new();
    if listed.os == Os::Windows && !role::is_exe(listed) {
        let what = "is a PE program, but its name does not end in `.exe`";
        breaches.push(Breach::new(&rules::WINDOWS_NAME, what));
    }
    match &slice.native {
        Native::MachO(native) => {
            breaches.extend(judge_for_macos(slice, native));
            breaches.extend(imports::judge(slice, native));
            breaches.extend(
                listed.promise.and_then(|promise| judge_promise(promise, listed.image, native)),
            );
        }
        Native::Elf(native) => breaches.extend(libraries::judge_for_linux(slice, native)),
        Native::Pe(_) => {}
    }
    breaches.extend(libraries::judge(listed, slice));
    breaches.extend(judge_leaks(slice));
    breaches.extend(judge_hardening(slice));
    breaches
}

fn judge_for_macos(slice: &Slice, native: &MachO) -> Vec<Breach> {
    let mut breaches = Vec::new();
    if let Some(system) = native.foreign_system {
        let what = format!("is for {system}, not for macOS");
        breaches.push(Breach::new(&rules::BINARY_FORMAT, what));
    }
    let signature = native.signature;
    let what = match signature {
        Signature::Missing => "is not signed",
        Signature::Trailed => "has a code signature that is not at the end of the file",
        Signature::Valid | Signature::Broken => "has an invalid code signature",
    };
    match (&slice.cpu, signature) {
        (_, Signature::Valid) => {}
        (_, Signature::Trailed) => {
            breaches.push(Breach::new(&rules::MACOS_SIGNATURE_TRAILED, what))
        }
        (Cpu::Arch(Arch::Arm64), _) => breaches.push(Breach::new(&rules::MACOS_SIGNATURE, what)),
        (_, Signature::Broken) => breaches.push(Breach::new(&rules::MACOS_SIGNATURE_AMD64, what)),
        (_, Signature::Missing) => {}
    }
    if let Some(minimum) = native.minimum_macos.filter(|minimum| *minimum > OLDEST_MACOS) {
        let what = format!("requires macOS {minimum}, which is newer than {OLDEST_MACOS}");
        breaches.push(Breach::new(&rules::MACOS_VERSION, what));
    }
    breaches
}

fn judge_promise(promise: Promise, arch: Arch, native: &MachO) -> Option<Breach> {
    let promised = promise.minimum_macos.on(arch);
    let what = match native.minimum_macos {
        Some(found) if found <= promised => return None,
        Some(found) => {
            format!("requires macOS {found}, which is newer than `minimum-macos` ({promised})")
        }
        None => "does not declare the minimum version of macOS".to_owned(),
    };
    Some(Breach::new(&rules::MINIMUM_MACOS, what))
}

/// Debug information and paths of the build machine.
fn judge_leaks(slice: &Slice) -> Vec<Breach> {
    let mut breaches = Vec::new();
    if slice.debug_info > 0 {
        let what = format!("contains {} of debug information", text::size(slice.debug_info));
        breaches.push(Breach::new(&rules::DEBUG_INFO, what));
    }
    let mut paths = slice.build_paths.clone();
    if let Native::Pe(native) = &slice.native {
        // A name without a directory reveals nothing.
        let pdb = native.pdb.iter().filter(|pdb| pdb.contains(['/', '\\']));
        paths.extend(pdb.filter(|&pdb| !slice.build_paths.contains(pdb)).cloned());
    }
    if !paths.is_empty() {
        let paths: Vec<String> = paths.iter().map(|path| format!("`{path}`")).collect();
        let what = format!("contains paths of the build machine: {}", text::list(&paths));
        breaches.push(Breach::new(&rules::BUILD_PATHS, what));
    }
    breaches
}

/// Properties that make bugs easier to exploit.
fn judge_hardening(slice: &Slice) -> Vec<Breach> {
    let mut breaches = Vec::new();
    if slice.has_executable_stack {
        breaches.push(Breach::new(&rules::EXECUTABLE_STACK, "has an executable stack"));
    }
    if let Some(first) = slice.writable_code.first() {
        let what = format!("contains `{first}`, which is both writable and executable");
        breaches.push(Breach::new(&rules::WRITABLE_CODE, what));
    }
    if !slice.has_random_address {
        // This is the default of Go.
        let is_elf = slice.format() == BinaryFormat::Elf;
        let rule = if is_elf { &rules::RANDOM_ADDRESS_LINUX } else { &rules::RANDOM_ADDRESS };
        breaches.push(Breach::new(rule, "is always loaded at the same address"));
    }
    breaches
}

fn with_article(format: BinaryFormat) -> String {
    let article = if format == BinaryFormat::Elf { "an" } else { "a" };
    format!("{article} {format}")
}
