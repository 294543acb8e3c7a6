//! Each rule about host binaries, violated and followed.

use super::*;
use crate::inspect::testing::program;
use crate::inspect::{
    BinaryKind, Elf, Glibc, ImportedSymbol, Loading, NeededLibrary, Pe, Subsystem,
};
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
    let files = ListedFiles::default();
    judge(listed(platform, path, &files), contents).iter().map(checked_id).collect()
}

fn listed<'a>(platform: HostPlatform, path: &'a str, files: &'a ListedFiles) -> Listed<'a> {
    let HostPlatform { os, arch } = platform;
    Listed { os, image: arch, path, mode: None, files, promise: None }
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

/// A program for macOS that imports symbols from libSystem and from a framework of macOS 14.
fn importing(symbols: &[&str], is_optional: bool, minimum: (u16, u8)) -> Slice {
    let mut slice = program(INTEL_MAC);
    let symbols_framework = "/System/Library/Frameworks/Symbols.framework/Versions/A/Symbols";
    for name in ["/usr/lib/libSystem.B.dylib", symbols_framework] {
        slice.libraries.push(NeededLibrary { name: name.to_owned(), loading: Loading::Start });
    }
    if let Native::MachO(native) = &mut slice.native {
        native.minimum_macos = Some(MacOsVersion { major: minimum.0, minor: minimum.1 });
        native.imports = symbols
            .iter()
            .map(|name| ImportedSymbol {
                name: (*name).to_owned(),
                library: Some(usize::from(name.contains("OBJC"))),
                is_optional,
            })
            .collect();
    }
    slice
}

#[test]
fn macos_must_have_the_symbols_that_a_program_imports() {
    let judged = |symbols: &[&str], is_optional, minimum| {
        broken(INTEL_MAC, &[importing(symbols, is_optional, minimum)])
    };
    assert_eq!(judged(&["_read"], false, (11, 0)), [""; 0]);
    assert_eq!(judged(&["_read", "_acl_dup"], false, (11, 0)), ["macos-symbol-unproven"]);
    let both = ["macos-symbol-newer", "macos-symbol-unproven"];
    assert_eq!(judged(&["_dup3"], false, (11, 0)), both);
    assert_eq!(judged(&["_dup3"], true, (11, 0)), [""; 0]);
    assert_eq!(judged(&["_OBJC_CLASS_$_NSSymbolEffect"], false, (13, 0)), both);
    assert_eq!(judged(&["_OBJC_CLASS_$_NSSymbolEffect"], false, (14, 0)), both[1..]);
}

#[test]
fn the_headline_counts_the_proven_symbols_and_names_some_others() {
    let names: Vec<String> = (0..20).map(|number| format!("_none{number:02}")).collect();
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.extend(["_read", "_write"]);
    let contents = InspectedFile::Binary(vec![importing(&names, false, (11, 0))]);
    let files = ListedFiles::default();
    let headlines: Vec<String> = judge(listed(INTEL_MAC, "/tool", &files), &contents)
        .iter()
        .map(|breach| breach.headline("`/tool`"))
        .collect();
    let expected = "`/tool` has unproven imports: 2 of 22 imported symbols proven for macOS 11.0; not \
                    proven: `_none00`, `_none01`, `_none02`, `_none03`, `_none04`, `_none05`, `_none06`, \
                    `_none07` and 12 more";
    assert_eq!(headlines, [expected]);
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
    // The default of Go.
    assert_eq!(changed(LINUX, |slice| slice.has_random_address = false), ["random-address-linux"]);
    assert_eq!(rules::RANDOM_ADDRESS_LINUX.severity, Severity::Note);
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
}

/// The rules that a file with a mode violates.
fn with_mode(os: Os, path: &str, mode: u32, bytes: &[u8]) -> Vec<&'static str> {
    let files = ListedFiles::default();
    let platform = HostPlatform::new(os, Arch::Amd64);
    let listed = Listed { mode: Some(mode), ..listed(platform, path, &files) };
    judge(listed, &crate::inspect::read(bytes)).iter().map(checked_id).collect()
}

#[test]
fn only_programs_and_scripts_for_macos_and_linux_need_the_executable_bit() {
    for os in [Os::Darwin, Os::Linux] {
        for (path, bytes) in [
            ("/defaults.properties", b"a=b\n".as_slice()),
            ("/ca.pem", b"-----BEGIN CERTIFICATE-----\n"),
            ("/settings.json", b"{}\n"),
            ("/compose.yaml", b"services: {}\n"),
            ("/README", b"Read this.\n"),
            ("/defaults", b"a=b\n"),
            ("/functions.sh", b"say() { echo; }\n"),
            ("/data.zip", b"PK\x03\x04\0"),
            ("/data.tar.gz", b"\x1f\x8b\x08\0"),
            ("/empty.properties", b""),
            ("/logo.png", b"\x89PNG\r\n\x1a\n\0"),
        ] {
            assert_eq!(with_mode(os, path, 0o644, bytes), ["not-a-program"], "{path}");
        }
        for (path, bytes) in [
            ("/tool.jar", b"PK\x03\x04\0".as_slice()),
            ("/tool.py", b"print()\n"),
            ("/tool.py", b"#!/usr/bin/env python3\n"),
            ("/__init__.py", b"# \n"),
            ("/tool.js", b"#!/usr/bin/env node\n"),
            ("/tool.ps1", b"Write-Output x\n"),
            ("/tool.wasm", b"\0asm\x01\0\0\0"),
        ] {
            assert_eq!(with_mode(os, path, 0o644, bytes), ["interpreter-file"], "{path}");
        }
        assert_eq!(with_mode(os, "/tool.sh", 0o644, b"#!/bin/sh\n"), ["binary-executable"]);
        assert_eq!(with_mode(os, "/tool", 0o644, b"#!/bin/sh\n"), ["binary-executable"]);
        assert_eq!(with_mode(os, "/tool", 0o777, b"#!/bin/sh\n"), ["binary-mode"]);
        assert_eq!(with_mode(os, "/tool", 0o755, b"#!/bin/sh\n"), [""; 0]);
        assert_eq!(with_mode(os, "/a.conf", 0o666, b"a=b\n"), ["binary-mode", "not-a-program"]);
        assert_eq!(with_mode(os, "/a.conf", 0o044, b"a=b\n"), ["binary-mode", "not-a-program"]);
        assert_eq!(with_mode(os, "/a.conf", 0o755, b"a=b\n"), ["not-a-program"]);
    }
    for mode in [0o000, 0o644, 0o755, 0o777] {
        assert_eq!(with_mode(Os::Windows, "/tool.cmd", mode, b"@echo off\r\n"), [""; 0]);
        assert_eq!(with_mode(Os::Windows, "/a.properties", mode, b"a=b\n"), ["not-a-program"]);
    }
}

#[test]
fn programs_and_libraries_are_distinguished_before_their_mode_is_judged() {
    let files = ListedFiles::default();
    let by = |platform, path: &str, mode, kind| {
        let contents = InspectedFile::Binary(vec![Slice { kind, ..program(platform) }]);
        let listed = Listed { mode: Some(mode), ..listed(platform, path, &files) };
        judge(listed, &contents).iter().map(checked_id).collect::<Vec<_>>()
    };
    for platform in [MAC, LINUX] {
        assert_eq!(by(platform, "/tool", 0o644, BinaryKind::Program), ["binary-executable"]);
        for path in ["/libx.dylib", "/libx.so", "/libx.so.1", "/x.node", "/x.bundle"] {
            assert_eq!(by(platform, path, 0o644, BinaryKind::Library), ["not-a-program"], "{path}");
        }
        assert_eq!(by(platform, "/x.o", 0o644, BinaryKind::Object), ["not-a-program"]);
        assert_eq!(by(platform, "/tool", 0o755, BinaryKind::Library), ["binary-kind"]);
    }
    assert_eq!(by(WINDOWS, "/tool.exe", 0o644, BinaryKind::Program), [""; 0]);
    assert_eq!(by(WINDOWS, "/x.dll", 0o644, BinaryKind::Library), ["not-a-program"]);
}

#[test]
fn the_name_of_a_file_that_is_too_large_to_be_read_decides_whether_it_must_be_executable() {
    let files = ListedFiles::default();
    let by = |path: &str, mode| {
        let listed = Listed { mode: Some(mode), ..listed(LINUX, path, &files) };
        judge_unread(listed, 300_000_000).iter().map(checked_id).collect::<Vec<_>>()
    };
    assert_eq!(by("/model.dat", 0o644), ["binary-large"]);
    assert_eq!(by("/libx.so", 0o644), ["binary-large"]);
    assert_eq!(by("/tool", 0o644), ["binary-executable", "binary-large"]);
    assert_eq!(by("/tool", 0o755), ["binary-large"]);
}

#[test]
fn a_file_for_an_interpreter_is_a_note_on_every_system() {
    let files = [
        ("/service.ps1", "Write-Output 'x'\n"),
        ("/module.psm1", "function x {}\n"),
        ("/tool.vbs", "WScript.Echo 1\n"),
        ("/tool.py", "print()\n"),
        ("/tool.js", "console.log()\n"),
        ("/tool.rb", "puts 1\n"),
    ];
    for (path, content) in files {
        for os in Os::ALL {
            assert_eq!(text(os, path, content), ["interpreter-file"], "{path}");
        }
    }
    assert_eq!(rules::FOR_INTERPRETER.severity, Severity::Note);
    // UTF-16, which PowerShell reads.
    assert_eq!(with_mode(Os::Windows, "/a.ps1", 0o755, b"\xff\xfeW\0"), ["interpreter-file"]);
    assert_eq!(text(Os::Windows, "/tool.py", "#!/usr/bin/env python3\n"), ["interpreter-file"]);
    assert_eq!(text(Os::Windows, "/tool", "#!/usr/bin/env python3\n"), ["interpreter-file"]);
    assert_eq!(text(Os::Windows, "/tool", "#!/bin/bash\n"), ["script-windows"]);
    assert_eq!(text(Os::Windows, "/tool.sh", "echo\n"), ["script-windows"]);
    assert_eq!(text(Os::Windows, "/tool", "@echo off\r\n"), ["windows-name"]);
    assert_eq!(text(Os::Windows, "/VERSION", "1.2.3\n"), ["not-a-program"]);
    assert_eq!(text(Os::Windows, "/version", "1.2.3\n"), ["not-a-program"]);
    assert_eq!(text(Os::Darwin, "/tool.cmd", "@echo off\r\n"), ["binary-format"]);
    // Executable and with `#!`, it can be started by its own name.
    assert_eq!(text(Os::Darwin, "/tool.py", "#!/usr/bin/env python3\n"), ["script-interpreter"]);
    let zipapp = b"#!/usr/bin/env python3\nPK\x03\x04\0";
    assert_eq!(with_mode(Os::Darwin, "/tool", 0o755, zipapp), ["script-interpreter"]);
}

#[test]
fn a_file_whose_content_is_not_what_its_name_means_is_an_error() {
    for (path, bytes) in [
        ("/tool.exe", b"MZ is a text\n".as_slice()),
        ("/tool.exe", b"PK\x03\x04\0"),
        ("/x.dll", b"text\n"),
        ("/tool.cmd", b"\0\0"),
    ] {
        assert_eq!(with_mode(Os::Windows, path, 0o755, bytes), ["binary-format"], "{path}");
    }
    assert_eq!(with_mode(Os::Darwin, "/tool", 0o755, b"\x1f\x8b\x08\0"), ["binary-format"]);
    assert_eq!(with_mode(Os::Linux, "/x.so", 0o644, b"\0\0\0"), ["binary-format"]);
    assert_eq!(with_mode(Os::Linux, "/tool.sh", 0o755, b"\xff\xfee\0"), ["script-shebang"]);
    for path in ["/tool", "/tool.exe", "/tool.sh", "/libx.so", "/tool-1.2.3"] {
        assert_eq!(with_mode(Os::Linux, path, 0o755, b""), ["binary-damaged"], "{path}");
    }
}

#[test]
fn a_downloaded_error_page_is_shown_with_its_first_line() {
    let files = ListedFiles::default();
    let by = |os, path: &str, content: &str| {
        let listed = listed(HostPlatform::new(os, Arch::Amd64), path, &files);
        let mut breaches = judge(listed, &crate::inspect::read(content.as_bytes()));
        assert_eq!(breaches.len(), 1, "{path} {content} {breaches:?}");
        let breach = breaches.remove(0);
        (checked_id(&breach), breach.what)
    };
    let xml = "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code></Error>";
    let (id, what) = by(Os::Darwin, "/tool", xml);
    assert_eq!(id, "binary-error-page");
    let expected = "is an XML document, which looks like a downloaded error page: it begins";
    assert_eq!(what, format!("{expected} `{xml}`"));
    let pages =
        ["\u{feff}<!DOCTYPE html>\n", "Not Found", "404: Not Found\n", "{\"message\": \"x\"}", xml];
    for page in pages {
        let paths =
            ["/tool", "/tool.exe", "/tool.sh", "/tool.py", "/tool.jar", "/lib.so", "/a.zip"];
        for (os, path) in Os::ALL.into_iter().flat_map(|os| paths.map(|path| (os, path))) {
            assert_eq!(by(os, path, page).0, "binary-error-page", "{os:?} {path} {page}");
        }
    }
    assert_eq!(by(Os::Darwin, "/ca.pem", pages[0]).0, "binary-error-page");
    for (path, content) in [
        ("/error.html", pages[0]),
        ("/a.xml", xml),
        ("/a.json", pages[3]),
        ("/status.txt", pages[1]),
        ("/page.tmpl", pages[0]),
    ] {
        assert_eq!(by(Os::Linux, path, content).0, "not-a-program", "{path}");
    }
    let (_, what) = by(Os::Windows, "/tool.exe", "Not Found\u{1b}[2J");
    assert!(what.ends_with("`Not Found\\u{1b}[2J`"), "{what}");
    assert!(
        rules::ERROR_PAGE.help.contains("curl -fsSL") && rules::ERROR_PAGE.help.contains("--fail")
    );
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n";
    for path in ["/tool", "/tool.exe", "/model.dat", "/page.html"] {
        assert_eq!(by(Os::Linux, path, pointer).0, "git-lfs-pointer", "{path}");
    }
}

/// The rules that the files of a system violate together, each with its path, in variants for both CPUs. A
/// file is a path and the CPUs of its slices.
fn together(os: Os, files: &[(&str, &[Cpu])]) -> [Vec<(String, &'static str)>; 2] {
    Arch::ALL.map(|image| {
        let all = ListedFiles::new(os, files.iter().map(|(path, _)| *path));
        let cpus_of =
            |path: &str| files.iter().find(|(other, _)| *other == path).map(|(_, cpus)| *cpus);
        let breaches = files.iter().filter_map(|(path, cpus)| {
            let listed = listed(HostPlatform::new(os, image), path, &all);
            let breach = judge_cpu(listed, cpus, cpus_of)?;
            Some(((*path).to_owned(), checked_id(&breach)))
        });
        breaches.collect()
    })
}

const AMD64: &[Cpu] = &[Cpu::Arch(Arch::Amd64)];
const ARM64: &[Cpu] = &[Cpu::Arch(Arch::Arm64)];

fn found(path: &str, rule: &'static str) -> (String, &'static str) {
    (path.to_owned(), rule)
}

#[test]
fn programs_for_several_cpus_in_every_variant_are_a_note() {
    for os in Os::ALL {
        for (amd64, arm64) in [
            ("/tool-amd64", "/tool-arm64"),
            ("/tool_x86_64", "/tool_aarch64"),
            ("/tool-x86-64", "/tool-armv8"),
            ("/tool-x64.exe", "/tool-arm64.exe"),
            ("/tool-intel", "/tool-apple-silicon"),
            ("/tool-intel", "/tool-silicon"),
            ("/tool", "/tool-m1"),
            ("/tool-amd", "/tool-arm"),
            ("/ToolX64.exe", "/ToolArm64.exe"),
            ("/d/amd64/tool-x", "/d/arm64/tool-x"),
            ("/x86_64-apple-darwin/tool", "/aarch64-apple-darwin/tool"),
        ] {
            let expected = [
                vec![found(arm64, "binary-alternative")],
                vec![found(amd64, "binary-alternative")],
            ];
            let files = [(amd64, AMD64), (arm64, ARM64)];
            assert_eq!(together(os, &files), expected, "{os:?}");
        }
    }
    // Three CPUs.
    let files = [("/t-amd64", AMD64), ("/t-arm64", ARM64), ("/t-armv7", &[Cpu::Arm32][..])];
    let [_, on_arm64] = together(Os::Linux, &files);
    let expected = ["/t-amd64", "/t-armv7"].map(|path| found(path, "binary-alternative"));
    assert_eq!(on_arm64, expected);
    // Different programs are no alternatives.
    let files = [("/tool-amd64", AMD64), ("/helper-arm64", ARM64)];
    let expected =
        [vec![found("/helper-arm64", "binary-cpu")], vec![found("/tool-amd64", "binary-cpu")]];
    assert_eq!(together(Os::Darwin, &files), expected);
}

#[test]
fn a_name_that_says_another_cpu_than_the_header_is_an_error_of_its_own() {
    let name = |path| vec![found(path, "binary-cpu-name")];
    // With and without the right alternative. Only the cause is reported.
    let files = [("/tool-amd64", AMD64), ("/tool-arm64", AMD64)];
    let [on_amd64, on_arm64] = together(Os::Darwin, &files);
    assert_eq!(on_amd64, name("/tool-arm64"));
    let expected =
        [found("/tool-amd64", "binary-alternative"), found("/tool-arm64", "binary-cpu-name")];
    assert_eq!(on_arm64, expected);
    for os in Os::ALL {
        for path in ["/tool-arm64", "/darwin/arm64/tool", "/tool_aarch64.exe", "/toolArm64"] {
            assert_eq!(together(os, &[(path, AMD64)]), [name(path), name(path)], "{os:?}");
        }
        // Although one header matches the variant.
        let swapped = [("/tool-amd64", ARM64), ("/tool-arm64", AMD64)];
        let expected =
            vec![found("/tool-amd64", "binary-cpu-name"), found("/tool-arm64", "binary-cpu-name")];
        assert_eq!(together(os, &swapped), [expected.clone(), expected]);
    }
    let [on_amd64, _] = together(Os::Darwin, &[("/tool-intel", ARM64), ("/tool-silicon", ARM64)]);
    let expected =
        [found("/tool-intel", "binary-cpu-name"), found("/tool-silicon", "binary-alternative")];
    assert_eq!(on_amd64, expected);
    // A universal binary is for both, and such a word may be part of a product's name.
    let both = &[Cpu::Arch(Arch::Amd64), Cpu::Arch(Arch::Arm64)];
    assert_eq!(together(Os::Darwin, &[("/tool-arm64", both)]), [vec![], vec![]]);
    let [_, on_arm64] = together(Os::Darwin, &[("/intel-report", ARM64)]);
    assert_eq!(on_arm64, []);
}

#[test]
fn a_program_for_one_cpu_without_an_alternative_is_an_error() {
    let files = [("/tool-amd64", AMD64)];
    assert_eq!(together(Os::Darwin, &files), [vec![], vec![found("/tool-amd64", "binary-cpu")]]);
    assert_eq!(together(Os::Linux, &files), [vec![], vec![found("/tool-amd64", "binary-cpu")]]);
    let emulated = vec![found("/tool-amd64", "binary-emulated")];
    assert_eq!(together(Os::Windows, &files), [vec![], emulated]);
    // Listed, but not machine code.
    let files = [("/tool-amd64", AMD64), ("/tool-arm64", &[])];
    let all = ListedFiles::new(Os::Darwin, files.map(|(path, _)| path));
    let breach = judge_cpu(listed(MAC, "/tool-amd64", &all), AMD64, |_| None).unwrap();
    assert_eq!(breach.rule.id, "binary-cpu");
}

/// The errors of a file that was built for `platform`.
fn built(platform: HostPlatform, contents: &InspectedFile) -> Vec<(&'static str, String)> {
    let promise = Some(Promise { minimum_macos: MacOsVersion::DEFAULT });
    let path = &format!("/target/{}", platform.file_name("tool"));
    let files = ListedFiles::default();
    let listed = Listed { promise, ..listed(platform, path, &files) };
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
