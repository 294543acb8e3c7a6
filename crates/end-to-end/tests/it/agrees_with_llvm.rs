//! The inspector reports the same properties of programs as LLVM's tools.

use crate::support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use docker_extension::internals::binaries::{Listed, ListedFiles, judge};
use docker_extension::internals::inspect::{
    self, BinaryKind, Loading, Native, NeededLibrary, Signature, Slice, Subsystem,
};
use docker_extension::internals::platform::{Arch, HostPlatform, Os};
use docker_extension::internals::rules::Severity;
use support::{Extension, host_binary, linked_by_lld, list, llvm, repository, run, universal};

/// The properties that both report.
fn agreed(path: &Path) -> Slice {
    let contents = inspect::read(&fs::read(path).unwrap());
    let slice = contents.slice().unwrap_or_else(|| panic!("{}: {contents:?}", path.display()));
    assert_eq!(*slice, llvm::read(path), "{}", path.display());
    slice.clone()
}

fn names(slice: &Slice) -> Vec<&str> {
    slice.libraries.iter().map(|library| &*library.name).collect()
}

/// Asserts the target and the libraries of a stripped program.
fn assert_is_host_binary(slice: &Slice, platform: HostPlatform) {
    assert_eq!((slice.platform(), slice.kind), (Some(platform), BinaryKind::Program));
    assert_eq!((slice.debug_info, slice.has_executable_stack), (0, false), "{platform}");
    let names = names(slice);
    match &slice.native {
        Native::MachO(native) => {
            assert!(names.contains(&"/usr/lib/libSystem.B.dylib"), "{platform}: {names:?}");
            assert_eq!(native.minimum_macos.unwrap().to_string(), "11.0");
            assert!(native.signature == Signature::Valid || platform.arch == Arch::Amd64);
        }
        Native::Pe(native) => {
            assert!(names.contains(&"KERNEL32.dll"), "{platform}: {names:?}");
            assert_eq!((native.subsystem, &native.pdb), (Subsystem::Console, &None));
        }
        // Statically linked with musl.
        Native::Elf(native) => {
            assert!(names.is_empty() && native.interpreter.is_none(), "{platform}: {names:?}");
        }
    }
}

/// The extension of this repository, linked by the toolchain alone.
static SAMPLE: LazyLock<PathBuf> = LazyLock::new(|| {
    let dist = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dist-llvm");
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask-under-test"));
    command.args(["dist", "--engine", "embedded", "--no-ui", "--linker", "lld", "--platform"]);
    command.arg(list(&linked_by_lld())).arg("--output").arg(&dist);
    run(command.current_dir(repository()));
    dist
});

#[test]
#[ignore = "needs LLVM's tools"]
fn on_the_host_binaries_of_this_extension() {
    let platforms = linked_by_lld();
    assert_eq!(platforms.len(), 5);
    for platform in platforms {
        let slice = agreed(&host_binary(&SAMPLE, platform, "hostports"));
        assert_is_host_binary(&slice, platform);
        if platform.os == Os::Windows {
            assert!(names(&slice).contains(&"iphlpapi.dll"));
        }
    }
}

#[test]
#[ignore = "needs LLVM's tools, and zig, which it downloads"]
fn on_what_zig_links_for_every_platform() {
    let extension = Extension::new();
    extension.dist(&["--linker", "zig", "--platform", &list(&HostPlatform::ALL)]);
    for platform in HostPlatform::ALL {
        let slice = agreed(&host_binary(&extension.path("dist"), platform, "tool"));
        assert_is_host_binary(&slice, platform);
    }
}

#[test]
#[ignore = "needs LLVM's tools"]
fn on_all_that_programs_seldom_have() {
    let [mac, intel_mac, windows, linux] = [
        (Os::Darwin, Arch::Arm64),
        (Os::Darwin, Arch::Amd64),
        (Os::Windows, Arch::Amd64),
        (Os::Linux, Arch::Amd64),
    ]
    .map(|(os, arch)| HostPlatform::new(os, arch));
    let extension = Extension::new();
    let manifest = fs::read_to_string(extension.path("Cargo.toml")).unwrap();
    extension.write("Cargo.toml", &manifest.replace("strip = true", "debug = true"));
    extension.host_binary("tool", include_str!("programs/unusual/main.rs"));
    let build_script = include_str!("programs/unusual/build.rs");
    extension.write("host-bins/tool/build.rs", build_script);
    // An import library in the form that delay loading requires.
    extension.write("winmm.def", "LIBRARY winmm.dll\nEXPORTS\ntimeGetTime\n");
    let mut import_library = Command::new(llvm::tool("llvm-dlltool"));
    import_library.args(["-m", "i386:x86-64", "-d"]).arg(extension.path("winmm.def"));
    run(import_library.arg("-l").arg(extension.path("host-bins/tool/winmm.lib")));
    extension.dist(&["--linker", "lld", "--platform", &list(&[mac, intel_mac, windows, linux])]);
    let slice = |platform| agreed(&host_binary(&extension.path("dist"), platform, "tool"));
    let library = |name: &str, loading: Loading| NeededLibrary { name: name.to_owned(), loading };

    for platform in [mac, intel_mac] {
        let slice = slice(platform);
        let framework =
            "/System/Library/Frameworks/CoreFoundation.framework/Versions/A/CoreFoundation";
        let weak = "/System/Library/Frameworks/Security.framework/Versions/A/Security";
        assert!(slice.libraries.contains(&library(framework, Loading::Start)));
        assert!(slice.libraries.contains(&library(weak, Loading::Weak)));
        assert_eq!(slice.debug_info, build_script.len() as u64);
        assert_eq!(slice.writable_code, ["__TEXT"]);
        // Apple silicon starts only signed programs.
        assert_eq!(slice.has_random_address, platform == mac);
        let Native::MachO(native) = &slice.native else { panic!("not Mach-O") };
        assert_eq!(native.run_paths, ["@loader_path/../lib"]);
    }

    let slice_for_windows = slice(windows);
    assert!(slice_for_windows.libraries.contains(&library("KERNEL32.dll", Loading::Start)));
    assert!(slice_for_windows.libraries.contains(&library("winmm.dll", Loading::Call)));
    assert!(slice_for_windows.debug_info > 100_000);
    assert_eq!(slice_for_windows.writable_code, [".data"]);
    assert!(!slice_for_windows.has_random_address);
    let Native::Pe(native) = &slice_for_windows.native else { panic!("not PE") };
    assert_eq!(native.subsystem, Subsystem::Windows);
    assert_eq!(native.pdb.as_deref(), Some(r"C:\Users\me\tool.pdb"));

    let slice_for_linux = slice(linux);
    assert!(slice_for_linux.debug_info > 100_000 && slice_for_linux.has_executable_stack);
    let Native::Elf(native) = &slice_for_linux.native else { panic!("not ELF") };
    assert_eq!(native.run_paths, ["$ORIGIN/../lib"]);
}

#[test]
#[ignore = "needs LLVM's tools"]
fn on_programs_that_the_linker_of_linux_loads() {
    for path in [std::env::current_exe().unwrap(), "/bin/ls".into()] {
        let slice = agreed(&path);
        assert!(names(&slice).contains(&"libc.so.6"), "{slice:?}");
        let Native::Elf(native) = &slice.native else { panic!("not ELF") };
        assert!(native.interpreter.as_ref().unwrap().starts_with("/lib"), "{slice:?}");
        assert!(native.glibc.is_some_and(|glibc| glibc.minor > 0), "{slice:?}");
    }
    assert!(agreed(&std::env::current_exe().unwrap()).debug_info > 1_000_000);
}

#[test]
#[ignore = "needs LLVM's tools"]
fn on_both_slices_of_a_universal_file() {
    let [amd64, arm64] = [Arch::Amd64, Arch::Arm64]
        .map(|arch| host_binary(&SAMPLE, HostPlatform::new(Os::Darwin, arch), "hostports"));
    let directory = tempfile::tempdir().unwrap();
    let joined = directory.path().join("hostports");
    let lipo = llvm::tool("llvm-lipo");
    run(Command::new(&lipo).arg("-create").args([&amd64, &arm64]).arg("-output").arg(&joined));
    let bytes = fs::read(&joined).unwrap();
    let [thin_amd64, thin_arm64] = [&amd64, &arm64].map(|path| fs::read(path).unwrap());
    assert!(
        bytes == universal::join(&thin_amd64, &thin_arm64),
        "the test's universal file differs from lipo's"
    );

    let contents = inspect::read(&bytes);
    let inspect::InspectedFile::Binary(slices) = &contents else { panic!("{contents:?}") };
    let archs = run(Command::new(&lipo).arg(&joined).arg("-archs"));
    let archs: Vec<&str> = archs.split_whitespace().collect();
    assert_eq!(archs, ["x86_64", "arm64"]);
    assert_eq!(slices.len(), archs.len());
    for ((slice, arch), thin) in slices.iter().zip(archs).zip([&amd64, &arm64]) {
        assert_eq!(*slice, agreed(thin), "{arch}");
        // A signature covers its slice, whose offset in the file LLVM reports separately.
        let mut of_llvm = llvm::read_mach_o(&joined, Some(arch));
        let (Native::MachO(own), Native::MachO(native)) = (&slice.native, &mut of_llvm.native)
        else {
            panic!("not Mach-O")
        };
        native.signature = own.signature;
        assert_eq!(*slice, of_llvm, "{arch}");
    }
    for image in [Arch::Amd64, Arch::Arm64] {
        let path = "/darwin/hostports";
        let files = ListedFiles::default();
        let listed =
            Listed { os: Os::Darwin, image, path, mode: None, files: &files, promise: None };
        let mut breaches = judge(listed, &contents);
        // Some of its imports are not proven for macOS 11.0.
        breaches.retain(|breach| breach.rule.severity != Severity::Note);
        assert_eq!(breaches, [], "{image:?}");
    }
}
