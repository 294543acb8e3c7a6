//! Checks that a host binary will run on the platform for which it is listed.
//!
//! [`crate::inspect`] reads the file. This module only applies the rules: it runs, reads and fetches nothing.

use crate::inspect::{
    BinaryFormat, BinaryKind, Cpu, InspectedFile, MachO, Native, Signature, Slice,
};
use crate::platform::{Arch, Os};
use crate::project::config::MacOsVersion;
use crate::rules::{Breach, binaries as rules};
use crate::text;

mod libraries;
mod listed;
pub mod redistributable;
mod script;
#[cfg(test)]
mod tests;

pub use libraries::{dlls_that_windows_lacks, is_dll_of_windows};
pub use listed::{Listed, Promise};

/// The oldest macOS that the current Docker Desktop supports.
const OLDEST_MACOS: MacOsVersion = MacOsVersion { major: 14, minor: 0 };

/// The breaches of all rules by a host binary.
pub fn judge(listed: Listed<'_>, contents: &InspectedFile) -> Vec<Breach> {
    match contents {
        InspectedFile::Empty => vec![Breach::new(&rules::BINARY_DAMAGED, "is empty")],
        InspectedFile::Damaged { format, reason } => {
            let what = format!("is a damaged {format} file: {reason}");
            vec![Breach::new(&rules::BINARY_DAMAGED, what)]
        }
        InspectedFile::Data | InspectedFile::Text(_) if listed.promise.is_some() => {
            vec![Breach::new(
                &rules::BINARY_KIND,
                "is not a program: it is neither Mach-O, PE nor ELF",
            )]
        }
        InspectedFile::Data if script::is_for_windows(listed) => {
            vec![Breach::new(&rules::BINARY_FORMAT, "is neither a PE file nor a text")]
        }
        InspectedFile::Data => {
            vec![Breach::new(&rules::NOT_A_PROGRAM, "is neither a program nor a script")]
        }
        InspectedFile::Text(text) => script::judge(listed, text),
        InspectedFile::Binary(slices) => judge_binary(listed, slices),
    }
}

fn judge_binary(listed: Listed<'_>, slices: &[Slice]) -> Vec<Breach> {
    match slice_that_runs(listed, slices) {
        Ok(slice) => judge_slice(listed, slice),
        Err(breach) => vec![breach],
    }
}

/// The slice that machines with the image variant run, or the breach if they run none.
fn slice_that_runs<'a>(listed: Listed<'_>, slices: &'a [Slice]) -> Result<&'a Slice, Breach> {
    if let Some(slice) = slices.iter().find(|slice| slice.format() != BinaryFormat::of(listed.os)) {
        let what = format!(
            "is {} file, which {} cannot start",
            with_article(slice.format()),
            listed.system()
        );
        return Err(Breach::new(&rules::BINARY_FORMAT, what));
    }
    let native = slices.iter().find(|slice| slice.cpu == Cpu::Arch(listed.image));
    native.or_else(|| slices.iter().find(|slice| emulation(listed, slice).is_some())).ok_or_else(
        || {
            let cpus: Vec<String> = slices.iter().map(|slice| slice.cpu.to_string()).collect();
            let what = format!("is for {}, not for {}", text::list(&cpus), listed.image.name());
            Breach::new(&rules::BINARY_CPU, what + &symptom(listed, slices))
        },
    )
}

/// The emulation with which machines with the image variant run a program for another CPU, if they do. A
/// program of this run must not need any.
fn emulation(listed: Listed<'_>, slice: &Slice) -> Option<&'static str> {
    if listed.promise.is_some() {
        return None;
    }
    match (listed.os, listed.image, &slice.cpu) {
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
fn symptom(listed: Listed<'_>, slices: &[Slice]) -> String {
    if listed.promise.is_some() {
        return String::new();
    }
    let is_intel = slices.iter().any(|slice| slice.cpu == Cpu::Arch(Arch::Amd64));
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

fn judge_slice(listed: Listed<'_>, slice: &Slice) -> Vec<Breach> {
    match slice.kind {
        BinaryKind::Program => {}
        BinaryKind::Library if listed.promise.is_none() && is_named_like_a_library(listed) => {
            return vec![Breach::new(&rules::NOT_A_PROGRAM, "is a library, not a program")];
        }
        kind => {
            let what = format!("is {} {kind}, not a program", with_article(slice.format()));
            return vec![Breach::new(&rules::BINARY_KIND, what)];
        }
    }
    let mut breaches = Vec::new();
    if let Some(what) = emulation(listed, slice) {
        breaches.push(Breach::new(&rules::BINARY_EMULATED, what));
    }
    if listed.os == Os::Windows && listed.extension().as_deref() != Some("exe") {
        let what = "is a PE program, but its name does not end in `.exe`";
        breaches.push(Breach::new(&rules::WINDOWS_NAME, what));
    }
    match &slice.native {
        Native::MachO(native) => {
            breaches.extend(judge_for_macos(slice, native));
            breaches.extend(listed.promise.and_then(|promise| judge_promise(promise, native)));
        }
        Native::Elf(native) => breaches.extend(libraries::judge_for_linux(slice, native)),
        Native::Pe(_) => {}
    }
    breaches.extend(libraries::judge(listed, slice));
    breaches.extend(judge_leaks(slice));
    breaches.extend(judge_hardening(slice));
    breaches
}

fn is_named_like_a_library(listed: Listed<'_>) -> bool {
    let name = listed.base_name().to_ascii_lowercase();
    match listed.os {
        Os::Darwin => name.ends_with(".dylib") || name.ends_with(".so"),
        Os::Windows => name.ends_with(".dll"),
        Os::Linux => name.ends_with(".so") || name.contains(".so."),
    }
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

fn judge_promise(promise: Promise, native: &MachO) -> Option<Breach> {
    let promised = promise.minimum_macos;
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
        breaches.push(Breach::new(&rules::RANDOM_ADDRESS, "is always loaded at the same address"));
    }
    breaches
}

fn with_article(format: BinaryFormat) -> String {
    let article = if format == BinaryFormat::Elf { "an" } else { "a" };
    format!("{article} {format}")
}
