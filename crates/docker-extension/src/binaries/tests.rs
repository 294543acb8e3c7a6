//! Each rule about host binaries, violated and followed.

use super::*;
use crate::inspect::testing::program;
use crate::inspect::{Elf, Glibc, Loading, NeededLibrary, Pe, Subsystem};
use crate::platform::HostPlatform;
use crate::rules::Severity;

const MAC: HostPlatform = HostPlatform::new(Os::Darwin, Arch::Arm64);
const INTEL_MAC: HostPlatform = HostPlatform::new(Os::Darwin, Arch::Amd64);
const WINDOWS: HostPlatform = HostPlatform::new(Os::Windows, Arch::Amd64);
const LINUX: HostPlatform = HostPlatform::new(Os::Linux, Arch::Amd64);

/// The rules that `slices` violate if they are listed for `platform`.
fn broken(platform: HostPlatform, slices: &[Slice]) -> Vec<&'static str> {
    named(platform, &format!("/{}", platform.file_name("tool")), slices)
}

fn named(platform: HostPlatform, path: &str, slices: &[Slice]) -> Vec<&'static str> {
    broken_by(platform, path, &InspectedFile::Binary(slices.to_vec()))
}

fn broken_by(platform: HostPlatform, path: &str, contents: &InspectedFile) -> Vec<&'static str> {
    let listed = Listed { os: platform.os, image: platform.arch, path, beside: &[], promise: None };
    judge(listed, contents).iter().map(checked_id).collect()
}

/// The id of the rule. The headline must state a fault.
fn checked_id(breach: &Breach) -> &'static str {
    let headline = breach.headline("`/tool`");
    assert!(crate::rules::fault::is_stated(&headline), "{}: {headline}", breach.rule.id);
    breach.rule.id
}

/// The rules that a text violates.
fn text(os: Os, path: &str, content: &str) -> Vec<&'static str> {
    let contents = crate::inspect::read(content.as_bytes());
    broken_by(HostPlatform::new(os, Arch::Amd64), path, &contents)
}

/// The rules that a changed program for `platform` violates.
fn changed(platform: HostPlatform, change: impl FnOnce(&mut Slice)) -> Vec<&'static str> {
    let mut slice = program(platform);
    change(&mut slice);
    broken(platform, &[slice])
}

fn mac(platform: HostPlatform, change: impl FnOnce(&mut MachO)) -> Vec<&'static str> {
    changed(platform, |slice| match &mut slice.native {
        Native::MachO(native) => change(native),
        _ => unreachable!("the program is for macOS"),
    })
}

fn linux(change: impl FnOnce(&mut Elf)) -> Vec<&'static str> {
    changed(LINUX, |slice| match &mut slice.native {
        Native::Elf(native) => change(native),
        _ => unreachable!("the program is for Linux"),
    })
}

fn loading(platform: HostPlatform, name: &str, loading: Loading) -> Vec<&'static str> {
    changed(platform, |slice| {
        slice.libraries.push(NeededLibrary { name: name.to_owned(), loading })
    })
}

#[test]
fn a_valid_program_violates_no_rule_on_any_platform() {
    for platform in HostPlatform::ALL {
        assert_eq!(broken(platform, &[program(platform)]), [""; 0], "{platform}");
    }
}

#[test]
fn format_and_cpu_must_match_the_operating_system_and_the_variant() {
    assert_eq!(broken(MAC, &[program(LINUX)]), ["binary-format"]);
    assert_eq!(broken(MAC, &[program(INTEL_MAC)]), ["binary-cpu"]);
    assert_eq!(broken(INTEL_MAC, &[program(MAC)]), ["binary-cpu"]);
    assert_eq!(broken(MAC, &[program(INTEL_MAC), program(MAC)]), [""; 0]);
    let windows_on_arm = HostPlatform::new(Os::Windows, Arch::Arm64);
    assert_eq!(broken(windows_on_arm, &[program(WINDOWS)]), ["binary-emulated"]);
    assert_eq!(broken(WINDOWS, &[program(windows_on_arm)]), ["binary-cpu"]);
    assert_eq!(changed(WINDOWS, |slice| slice.cpu = Cpu::X86), ["binary-emulated"]);
    assert_eq!(mac(MAC, |it| it.foreign_system = Some("iOS")), ["binary-format"]);
}

#[test]
fn a_file_that_is_not_a_program_is_an_error_only_if_its_name_is_that_of_one() {
    assert_eq!(changed(MAC, |slice| slice.kind = BinaryKind::Library), ["binary-kind"]);
    assert_eq!(changed(LINUX, |slice| slice.kind = BinaryKind::Object), ["binary-kind"]);
    let mut library = program(MAC);
    library.kind = BinaryKind::Library;
    assert_eq!(named(MAC, "/libtool.dylib", &[library]), ["not-a-program"]);
    assert_eq!(named(WINDOWS, "/tool", &[program(WINDOWS)]), ["windows-name"]);
    assert_eq!(broken_by(MAC, "/tool", &InspectedFile::Empty), ["binary-damaged"]);
    assert_eq!(broken_by(MAC, "/tool", &InspectedFile::Data), ["not-a-program"]);
    assert_eq!(broken_by(WINDOWS, "/tool.exe", &InspectedFile::Data), ["binary-format"]);
    let cut_off = crate::inspect::read(b"\x7fELF\x02\x01");
    assert_eq!(broken_by(LINUX, "/tool", &cut_off), ["binary-damaged"]);
}

#[test]
fn signatures_and_required_versions_are_checked_for_macos() {
    assert_eq!(mac(MAC, |it| it.signature = Signature::Missing), ["macos-signature"]);
    assert_eq!(mac(MAC, |it| it.signature = Signature::Broken), ["macos-signature"]);
    assert_eq!(mac(MAC, |it| it.signature = Signature::Trailed), ["macos-signature-trailed"]);
    assert_eq!(mac(INTEL_MAC, |it| it.signature = Signature::Trailed), ["macos-signature-trailed"]);
    assert_eq!(mac(INTEL_MAC, |it| it.signature = Signature::Missing), [""; 0]);
    assert_eq!(mac(INTEL_MAC, |it| it.signature = Signature::Broken), ["macos-signature-amd64"]);
    let version = |major| Some(MacOsVersion { major, minor: 0 });
    assert_eq!(mac(MAC, |it| it.minimum_macos = version(15)), ["macos-version"]);
    assert_eq!(mac(MAC, |it| it.minimum_macos = version(14)), [""; 0]);
}

#[test]
fn libraries_must_be_on_every_machine() {
    let homebrew = "/opt/homebrew/lib/libssl.3.dylib";
    assert_eq!(loading(MAC, homebrew, Loading::Start), ["library-missing"]);
    assert_eq!(loading(MAC, homebrew, Loading::Weak), ["library-maybe-missing"]);
    assert_eq!(loading(MAC, "/usr/lib/libSystem.B.dylib", Loading::Start), [""; 0]);
    assert_eq!(loading(WINDOWS, "libgcc_s_seh-1.dll", Loading::Start), ["library-missing"]);
    assert_eq!(loading(WINDOWS, "nvcuda.dll", Loading::Call), ["library-maybe-missing"]);
    assert_eq!(loading(WINDOWS, "VCRUNTIME140.dll", Loading::Start), ["library-visual-cpp"]);
    assert_eq!(loading(WINDOWS, "KERNEL32.dll", Loading::Start), [""; 0]);
    assert_eq!(loading(LINUX, "libssl.so.3", Loading::Start), ["linux-library"]);
    assert_eq!(loading(LINUX, "libc.so.6", Loading::Start), [""; 0]);
}

#[test]
fn linux_programs_must_run_on_every_distribution() {
    let loader = |path: &str| linux(|it| it.interpreter = Some(path.to_owned()));
    assert_eq!(loader("/lib/ld-musl-x86_64.so.1"), ["linux-interpreter"]);
    assert_eq!(loader("/lib64/ld-linux-x86-64.so.2"), [""; 0]);
    let glibc = |minor| linux(|it| it.glibc = Some(Glibc { major: 2, minor }));
    assert_eq!(glibc(39), ["linux-glibc"]);
    assert_eq!(glibc(28), [""; 0]);
}

#[test]
fn leaks_and_missing_hardening_are_warnings() {
    assert_eq!(changed(MAC, |slice| slice.debug_info = 5_000), ["debug-info"]);
    let path = "/home/me/tool/src/main.rs".to_owned();
    assert_eq!(changed(MAC, |slice| slice.build_paths.push(path)), ["build-paths"]);
    let pdb = |pdb: &str| {
        let pdb = Some(pdb.to_owned());
        changed(WINDOWS, |it| it.native = Native::Pe(Pe { subsystem: Subsystem::Console, pdb }))
    };
    assert_eq!(pdb(r"C:\Users\me\tool.pdb"), ["build-paths"]);
    assert_eq!(pdb("tool.pdb"), [""; 0]);
    assert_eq!(changed(LINUX, |slice| slice.has_executable_stack = true), ["executable-stack"]);
    let section = ".text".to_owned();
    assert_eq!(changed(WINDOWS, |slice| slice.writable_code.push(section)), ["writable-code"]);
    assert_eq!(changed(WINDOWS, |slice| slice.has_random_address = false), ["random-address"]);
}

#[test]
fn scripts_must_begin_with_an_interpreter_that_every_machine_has() {
    assert_eq!(text(Os::Darwin, "/tool", "#!/bin/sh\necho\n"), [""; 0]);
    assert_eq!(text(Os::Darwin, "/tool", "#!/usr/bin/env bash\necho\n"), [""; 0]);
    assert_eq!(text(Os::Darwin, "/tool", "echo\n"), ["script-shebang"]);
    assert_eq!(text(Os::Linux, "/tool", "#!/bin/sh\r\necho\r\n"), ["script-line-ends"]);
    assert_eq!(text(Os::Linux, "/tool", "#!/usr/bin/env python3\n"), ["script-interpreter"]);
    assert_eq!(text(Os::Windows, "/tool.cmd", "@echo off\r\n"), [""; 0]);
    assert_eq!(text(Os::Windows, "/tool.cmd", "#!/bin/sh\n"), ["script-windows"]);
    assert_eq!(text(Os::Windows, "/tool.exe", "text"), ["binary-format"]);
    assert_eq!(text(Os::Windows, "/tool", "text"), ["windows-name"]);
}

/// The errors of a file that was built for `platform`.
fn built(platform: HostPlatform, contents: &InspectedFile) -> Vec<(&'static str, String)> {
    let promise = Some(Promise { minimum_macos: MacOsVersion::DEFAULT });
    let path = &format!("/target/{}", platform.file_name("tool"));
    let listed = Listed { os: platform.os, image: platform.arch, path, beside: &[], promise };
    let errors = judge(listed, contents).into_iter();
    let errors = errors.filter(|breach| breach.rule.severity == Severity::Error);
    errors.map(|breach| (checked_id(&breach), breach.what)).collect()
}

/// The rule and the fault of the only error.
fn error(platform: HostPlatform, contents: &InspectedFile) -> (&'static str, String) {
    let errors = built(platform, contents);
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors[0].clone()
}

/// A program for Apple silicon with a required version of macOS and a signature.
fn built_mac(minimum_macos: Option<MacOsVersion>, signature: Signature) -> InspectedFile {
    let mut slice = program(MAC);
    if let Native::MachO(native) = &mut slice.native {
        native.minimum_macos = minimum_macos;
        native.signature = signature;
    }
    InspectedFile::Binary(vec![slice])
}

#[test]
fn a_built_program_must_be_for_its_platform() {
    for platform in HostPlatform::ALL {
        let contents = InspectedFile::Binary(vec![program(platform)]);
        for other in HostPlatform::ALL {
            assert_eq!(built(other, &contents).is_empty(), other == platform, "{platform} {other}");
        }
    }
    let (rule, what) = error(MAC, &InspectedFile::Binary(vec![program(INTEL_MAC)]));
    assert_eq!((rule, &*what), ("binary-cpu", "is for amd64, not for arm64"));
    let slices = [INTEL_MAC, MAC].map(program).to_vec();
    assert_eq!(built(MAC, &InspectedFile::Binary(slices)), []);
}

#[test]
fn a_built_library_is_not_a_program_even_before_one_for_the_same_cpu() {
    let library = Slice { kind: BinaryKind::Library, ..program(MAC) };
    let expected = ("binary-kind", "is a Mach-O library, not a program".to_owned());
    assert_eq!(error(MAC, &InspectedFile::Binary(vec![library.clone()])), expected);
    let slices = vec![library, program(MAC)];
    assert_eq!(error(MAC, &InspectedFile::Binary(slices)), expected);
}

#[test]
fn a_built_program_must_not_require_a_newer_macos_than_configured() {
    let (rule, what) = error(MAC, &built_mac(None, Signature::Valid));
    assert_eq!(rule, "minimum-macos");
    assert!(what.contains("does not declare the minimum version"), "{what}");
    let newer = MacOsVersion { major: 13, minor: 2 };
    let (rule, what) = error(MAC, &built_mac(Some(newer), Signature::Valid));
    assert_eq!(rule, "minimum-macos");
    assert!(what.contains("requires macOS 13.2"), "{what}");
    assert_eq!(built(MAC, &built_mac(Some(MacOsVersion::DEFAULT), Signature::Valid)), []);
}

#[test]
fn a_built_program_for_apple_silicon_must_have_a_valid_signature() {
    for (signature, expected) in [
        (Signature::Missing, "is not signed"),
        (Signature::Broken, "has an invalid code signature"),
    ] {
        let (rule, what) = error(MAC, &built_mac(Some(MacOsVersion::DEFAULT), signature));
        assert_eq!((rule, &*what), ("macos-signature", expected));
    }
}

#[test]
fn a_built_script_or_data_file_is_an_error() {
    let built = |bytes: &[u8]| {
        HostPlatform::ALL.map(|platform| error(platform, &crate::inspect::read(bytes)).0)
    };
    for bytes in [b"#!/bin/sh\n".as_slice(), b"text", b"\0\0\0"] {
        assert_eq!(built(bytes), ["binary-kind"; 6], "{bytes:?}");
    }
    assert_eq!(built(b""), ["binary-damaged"; 6]);
    assert_eq!(built(b"\x7fELF\x02"), ["binary-damaged"; 6]);
    let (_, what) = error(LINUX, &crate::inspect::read(b"\x7fELF\x02"));
    assert!(what.starts_with("is a damaged ELF file: "), "{what}");
}

#[test]
fn the_headlines_for_the_fuzz_corpus_state_a_fault() {
    let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds/inspect");
    for seed in std::fs::read_dir(seeds).unwrap() {
        let contents = crate::inspect::read(&std::fs::read(seed.unwrap().path()).unwrap());
        for platform in HostPlatform::ALL {
            for path in ["/tool", "/tool.exe", "/tool.cmd", "/tool.sh", "/tool.txt"] {
                broken_by(platform, path, &contents);
            }
            built(platform, &contents);
        }
    }
}
