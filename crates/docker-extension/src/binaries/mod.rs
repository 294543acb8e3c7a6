//! Whether a host binary will run where it is listed.
//!
//! What a file is comes from [`crate::inspect`]; here it is only judged. Nothing is run, read or fetched.

use crate::inspect::{
    BinaryFormat, BinaryKind, Cpu, InspectedFile, MachO, Native, Signature, Slice,
};
use crate::platform::{Arch, Os};
use crate::project::config::MacOsVersion;
use crate::rules::{Breach, binaries as rules};
use crate::text;

mod libraries;
mod listed;
mod script;
#[cfg(test)]
mod tests;

pub use listed::{Listed, Promise};

/// The oldest macOS that the current Docker Desktop supports: the third-newest one.
const OLDEST_MACOS: MacOsVersion = MacOsVersion { major: 14, minor: 0 };

/// Everything that is wrong with a host binary.
pub fn judge(listed: Listed<'_>, contents: &InspectedFile) -> Vec<Breach> {
    match contents {
        InspectedFile::Empty => vec![Breach::new(&rules::BINARY_DAMAGED, "it is empty")],
        InspectedFile::Damaged { format, reason } => {
            let what = format!("its format seems to be {format}, but {reason}");
            vec![Breach::new(&rules::BINARY_DAMAGED, what)]
        }
        InspectedFile::Data | InspectedFile::Text(_) if listed.promise.is_some() => {
            vec![Breach::new(&rules::BINARY_KIND, "it is neither Mach-O, PE nor ELF")]
        }
        InspectedFile::Data if script::is_for_windows(listed) => {
            vec![Breach::new(&rules::BINARY_FORMAT, "it is neither a PE file nor a text")]
        }
        InspectedFile::Data => {
            vec![Breach::new(&rules::NOT_A_PROGRAM, "it is neither a program nor a script")]
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

/// The slice that the machines of the image run, or why they run none.
fn slice_that_runs<'a>(listed: Listed<'_>, slices: &'a [Slice]) -> Result<&'a Slice, Breach> {
    if let Some(slice) = slices.iter().find(|slice| slice.format() != BinaryFormat::of(listed.os)) {
        let what =
            format!("it is a {} file, which {} can't start", slice.format(), listed.system());
        return Err(Breach::new(&rules::BINARY_FORMAT, what));
    }
    let native = slices.iter().find(|slice| slice.cpu == Cpu::Arch(listed.image));
    native.or_else(|| slices.iter().find(|slice| emulation(listed, slice).is_some())).ok_or_else(
        || {
            let cpus: Vec<String> = slices.iter().map(|slice| slice.cpu.to_string()).collect();
            let refusal = refusal(listed, slices);
            Breach::new(&rules::BINARY_CPU, format!("it is for {}: {refusal}", text::list(&cpus)))
        },
    )
}

/// How the machines of the image run what is for another CPU, if they do. What was built for them needs
/// no emulation.
fn emulation(listed: Listed<'_>, slice: &Slice) -> Option<&'static str> {
    if listed.promise.is_some() {
        return None;
    }
    match (listed.os, listed.image, &slice.cpu) {
        (Os::Windows, Arch::Arm64, Cpu::Arch(Arch::Amd64)) => {
            Some("it is for amd64, which Windows on Arm emulates")
        }
        (Os::Windows, Arch::Arm64, Cpu::X86) => {
            Some("it is for 32-bit x86, which Windows on Arm emulates")
        }
        (Os::Windows | Os::Linux, Arch::Amd64, Cpu::X86) => {
            Some("it is for 32-bit x86, which 64-bit systems run, too")
        }
        _ => None,
    }
}

/// What the user sees.
fn refusal(listed: Listed<'_>, slices: &[Slice]) -> &'static str {
    if listed.promise.is_some() {
        return "it was built for another CPU";
    }
    let is_intel = slices.iter().any(|slice| slice.cpu == Cpu::Arch(Arch::Amd64));
    match (listed.os, listed.image) {
        (Os::Darwin, Arch::Arm64) if is_intel => {
            "a Mac with Apple silicon says \"Bad CPU type in executable\" unless Rosetta 2 is installed"
        }
        (Os::Darwin, Arch::Arm64) => "a Mac with Apple silicon says \"Bad CPU type in executable\"",
        (Os::Darwin, Arch::Amd64) => "a Mac with Intel says \"Bad CPU type in executable\"",
        (Os::Windows, _) => {
            "Windows says that it is not compatible with the version that is running"
        }
        (Os::Linux, _) => "Linux says \"Exec format error\"",
    }
}

fn judge_slice(listed: Listed<'_>, slice: &Slice) -> Vec<Breach> {
    match slice.kind {
        BinaryKind::Program => {}
        BinaryKind::Library if listed.promise.is_none() && is_named_like_a_library(listed) => {
            return vec![Breach::new(&rules::NOT_A_PROGRAM, "it is a library")];
        }
        kind => {
            let what = format!("it is no program but a {} {kind}", slice.format());
            return vec![Breach::new(&rules::BINARY_KIND, what)];
        }
    }
    let mut breaches = Vec::new();
    if let Some(what) = emulation(listed, slice) {
        breaches.push(Breach::new(&rules::BINARY_EMULATED, what));
    }
    if listed.os == Os::Windows && listed.extension().as_deref() != Some("exe") {
        let what = format!("`{}` does not end in `.exe`", listed.base_name());
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
        breaches
            .push(Breach::new(&rules::BINARY_FORMAT, format!("it is for {system}, not for macOS")));
    }
    let signature = native.signature;
    let what = format!("its code signature is {signature}");
    match (&slice.cpu, signature) {
        (_, Signature::Valid) => {}
        (Cpu::Arch(Arch::Arm64), _) => breaches.push(Breach::new(&rules::MACOS_SIGNATURE, what)),
        (_, Signature::Broken) => breaches.push(Breach::new(&rules::MACOS_SIGNATURE_AMD64, what)),
        (_, Signature::Missing) => {}
    }
    if let Some(minimum) = native.minimum_macos.filter(|minimum| *minimum > OLDEST_MACOS) {
        breaches.push(Breach::new(&rules::MACOS_VERSION, format!("it asks for macOS {minimum}")));
    }
    breaches
}

fn judge_promise(promise: Promise, native: &MachO) -> Option<Breach> {
    let promised = promise.minimum_macos;
    let what = match native.minimum_macos {
        Some(found) if found <= promised => return None,
        Some(found) => format!("it asks for macOS {found}, but `minimum-macos` is {promised}"),
        None => "it does not say which is the oldest macOS that it runs on".to_owned(),
    };
    Some(Breach::new(&rules::MINIMUM_MACOS, what))
}

/// What tells more than it should.
fn judge_leaks(slice: &Slice) -> Vec<Breach> {
    let mut breaches = Vec::new();
    if slice.debug_info > 0 {
        let what = format!("it has {} of debug information", text::size(slice.debug_info));
        breaches.push(Breach::new(&rules::DEBUG_INFO, what));
    }
    let mut paths = slice.build_paths.clone();
    if let Native::Pe(native) = &slice.native {
        // Mere names are what linkers write when they are told to leave the folders out.
        let pdb = native.pdb.iter().filter(|pdb| pdb.contains(['/', '\\']));
        paths.extend(pdb.filter(|&pdb| !slice.build_paths.contains(pdb)).cloned());
    }
    if !paths.is_empty() {
        let paths: Vec<String> = paths.iter().map(|path| format!("`{path}`")).collect();
        let what = format!("it has {} in it", text::list(&paths));
        breaches.push(Breach::new(&rules::BUILD_PATHS, what));
    }
    breaches
}

/// What makes it easy to abuse.
fn judge_hardening(slice: &Slice) -> Vec<Breach> {
    let mut breaches = Vec::new();
    if slice.has_executable_stack {
        breaches.push(Breach::new(&rules::EXECUTABLE_STACK, "its stack is executable"));
    }
    if let Some(first) = slice.writable_code.first() {
        let what = format!("`{first}` is both writable and executable");
        breaches.push(Breach::new(&rules::WRITABLE_CODE, what));
    }
    if !slice.has_random_address {
        breaches
            .push(Breach::new(&rules::RANDOM_ADDRESS, "it is always loaded at the same address"));
    }
    breaches
}
