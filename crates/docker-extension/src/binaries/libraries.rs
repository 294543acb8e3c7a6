//! Checks that the libraries which a program loads are on users' machines.

use super::listed::Listed;
use super::redistributable;
use crate::inspect::{Elf, Glibc, Loading, Native, NeededLibrary, Slice};
use crate::platform::{Arch, Os};
use crate::rules::{Breach, binaries as rules};

/// The DLLs of every Windows 10 and 11, except API sets.
const WINDOWS: &str = include_str!("../../data/windows/dlls.txt");

/// The libraries of the C and C++ compilers, which every desktop has.
const LINUX: [&str; 11] = [
    "libc.so.6",
    "libm.so.6",
    "libpthread.so.0",
    "libdl.so.2",
    "librt.so.1",
    "libutil.so.1",
    "libresolv.so.2",
    "libgcc_s.so.1",
    "libstdc++.so.6",
    "ld-linux-x86-64.so.2",
    "ld-linux-aarch64.so.1",
];

/// The version in Red Hat Enterprise Linux 8.
const OLDEST_GLIBC: Glibc = Glibc { major: 2, minor: 28 };

/// A breach for each library that is not on every machine.
pub(super) fn judge(listed: Listed<'_>, slice: &Slice) -> Vec<Breach> {
    let missing = slice.libraries.iter().filter(|library| match &slice.native {
        Native::MachO(native) => !is_on_macos(listed, &library.name, &native.run_paths),
        Native::Pe(_) => !is_on_windows(listed, &library.name),
        Native::Elf(native) => !is_on_linux(listed, &library.name, &native.run_paths),
    });
    missing.map(|library| missing_library(listed.os, library)).collect()
}

fn missing_library(os: Os, library: &NeededLibrary) -> Breach {
    let name = &library.name;
    let rule = match (os, library.loading) {
        (Os::Linux, _) => &rules::LINUX_LIBRARY,
        (Os::Windows, _) if is_visual_cpp(name) => &rules::LIBRARY_VISUAL_CPP,
        (_, Loading::Start) => &rules::LIBRARY_MISSING,
        (_, Loading::Weak | Loading::Call) => &rules::LIBRARY_MAYBE_MISSING,
    };
    let how = match library.loading {
        Loading::Start => "loads",
        Loading::Weak => "optionally loads",
        Loading::Call => "delay-loads",
    };
    let fault = match os {
        Os::Linux => "which not every distribution has",
        Os::Windows => "which is neither part of Windows nor listed in `host.binaries`",
        Os::Darwin => "which is neither part of macOS nor listed in `host.binaries`",
    };
    let origin = (os == Os::Windows).then(|| redistributable::origin(&dll_name(name))).flatten();
    let origin = origin.map(|origin| format!("; {origin}")).unwrap_or_default();
    Breach::new(rule, format!("{how} `{name}`, {fault}{origin}"))
}

/// The DLLs that keep a program from starting on some or all machines with Windows.
pub fn dlls_that_windows_lacks(slice: &Slice) -> impl Iterator<Item = &str> {
    let names = slice.libraries.iter().filter(|library| library.loading == Loading::Start);
    let names = names.map(|library| library.name.as_str());
    names.filter(|name| !is_dll_of_windows(name) && !is_visual_cpp(name))
}

fn is_beside(listed: Listed<'_>, name: &str) -> bool {
    name != listed.base_name() && listed.files.has_base_name(listed.os, name)
}

fn is_on_macos(listed: Listed<'_>, library: &str, run_paths: &[String]) -> bool {
    if let Some(rest) = library.strip_prefix("@rpath/") {
        let mut paths =
            run_paths.iter().map(|path| format!("{}/{rest}", path.trim_end_matches('/')));
        return paths.any(|path| !path.starts_with("@rpath/") && is_on_macos(listed, &path, &[]));
    }
    for prefix in ["@executable_path/", "@loader_path/"] {
        if let Some(rest) = library.strip_prefix(prefix) {
            return is_beside(listed, rest.trim_start_matches("./"));
        }
    }
    let is_apples = library.starts_with("/usr/lib/") || library.starts_with("/System/Library/");
    is_apples && !library.contains("/../")
}

fn is_on_windows(listed: Listed<'_>, library: &str) -> bool {
    is_dll_of_windows(library) || is_beside(listed, &dll_name(library))
}

/// Whether every Windows has this DLL, with or without the extension.
pub fn is_dll_of_windows(library: &str) -> bool {
    let name = dll_name(library);
    let is_api_set = name.starts_with("api-ms-win-") || name.starts_with("ext-ms-");
    is_api_set || windows_dlls().any(|dll| dll == name)
}

/// In lower case, with the extension: `.dll` is the default one.
fn dll_name(library: &str) -> String {
    let name = library.to_ascii_lowercase();
    if name.contains('.') { name } else { format!("{name}.dll") }
}

fn windows_dlls() -> impl Iterator<Item = &'static str> {
    WINDOWS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The runtime that many programs install, such as `VCRUNTIME140_1.dll`. Its debug libraries, such as
/// `VCRUNTIME140D.dll`, are only on developers' machines.
fn is_visual_cpp(library: &str) -> bool {
    const FAMILIES: [&str; 8] =
        ["vcruntime", "msvcp", "msvcr", "concrt", "vcomp", "vccorlib", "mfc", "atl"];
    let name = library.to_ascii_lowercase();
    let Some(name) = name.strip_suffix(".dll") else { return false };
    let is_of = |family: &str| {
        name.strip_prefix(family).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    FAMILIES.iter().any(|family| is_of(family)) && !name.ends_with('d')
}

fn is_on_linux(listed: Listed<'_>, library: &str, run_paths: &[String]) -> bool {
    let is_own_directory =
        |path: &&str| matches!(path.trim_end_matches('/'), "$ORIGIN" | "${ORIGIN}" | "$ORIGIN/.");
    let looks_beside =
        run_paths.iter().any(|paths| paths.split(':').any(|path| is_own_directory(&path)));
    LINUX.contains(&library) || looks_beside && is_beside(listed, library)
}

/// Checks the dynamic linker and the required version of the GNU C library.
pub(super) fn judge_for_linux(slice: &Slice, native: &Elf) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let usual = match slice.cpu.arch() {
        Some(Arch::Amd64) => "/lib64/ld-linux-x86-64.so.2",
        Some(Arch::Arm64) => "/lib/ld-linux-aarch64.so.1",
        None => "",
    };
    if let Some(interpreter) = native.interpreter.as_ref().filter(|path| *path != usual) {
        let what = format!("needs `{interpreter}`, which is missing on most distributions");
        breaches.push(Breach::new(&rules::LINUX_INTERPRETER, what));
    }
    if let Some(glibc) = native.glibc.filter(|glibc| *glibc > OLDEST_GLIBC) {
        let what = format!("requires `GLIBC_{glibc}`, which is newer than {OLDEST_GLIBC}");
        breaches.push(Breach::new(&rules::LINUX_GLIBC, what));
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::binaries::ListedFiles;

    fn listed(os: Os, files: &ListedFiles) -> Listed<'_> {
        let path = "/bin/tool";
        Listed { os, image: Arch::Amd64, path, mode: None, files, promise: None }
    }

    #[test]
    fn the_list_of_windows_is_sorted_and_in_lower_case() {
        let dlls: Vec<&str> = windows_dlls().collect();
        assert!(dlls.is_sorted_by(|a, b| a < b));
        assert!(dlls.iter().all(|dll| *dll == dll.to_ascii_lowercase() && dll.contains('.')));
    }

    #[test]
    fn libraries_of_windows_are_found_in_any_spelling() {
        let none = ListedFiles::default();
        let alone = listed(Os::Windows, &none);
        for dll in ["KERNEL32.dll", "kernel32", "api-ms-win-crt-heap-l1-1-0.dll", "WINSPOOL.DRV"] {
            assert!(is_on_windows(alone, dll), "{dll}");
        }
        for dll in ["libgcc_s_seh-1.dll", "libwinpthread-1.dll", "VCRUNTIME140.dll", "lua54.dll"] {
            assert!(!is_on_windows(alone, dll), "{dll}");
            let files = ListedFiles::new(Os::Windows, [&*dll.to_uppercase()]);
            assert!(is_on_windows(listed(Os::Windows, &files), dll), "{dll}");
        }
    }

    #[test]
    fn the_runtime_of_visual_cpp_is_distinguished_from_its_debug_libraries() {
        let all = ["VCRUNTIME140.dll", "vcruntime140_1.dll", "MSVCP140.dll", "MSVCR120.dll"];
        assert!(all.into_iter().all(is_visual_cpp));
        let others = ["VCRUNTIME140D.dll", "MSVCP140D.dll", "msvcrt.dll", "mfcx.dll", "atlas.dll"];
        assert!(!others.into_iter().any(is_visual_cpp));
    }

    #[test]
    fn on_macos_libraries_are_found_in_system_directories_and_beside_the_program() {
        let system = "/usr/lib/libSystem.B.dylib";
        let files = ListedFiles::new(Os::Darwin, ["/bin/libx.dylib"]);
        let beside = listed(Os::Darwin, &files);
        let run_paths = |path: &str| vec!["/opt/x".to_owned(), path.to_owned()];
        assert!(is_on_macos(beside, system, &[]));
        assert!(is_on_macos(beside, "@executable_path/libx.dylib", &[]));
        assert!(is_on_macos(beside, "@rpath/libx.dylib", &run_paths("@loader_path/.")));
        assert!(is_on_macos(beside, "@rpath/libswiftCore.dylib", &run_paths("/usr/lib/swift")));
        assert!(!is_on_macos(beside, "@rpath/libx.dylib", &run_paths("/usr/local/lib")));
        assert!(!is_on_macos(beside, "@rpath/libx.dylib", &run_paths("@rpath")));
        assert!(!is_on_macos(beside, "@loader_path/../lib/libx.dylib", &[]));
        assert!(!is_on_macos(beside, "@executable_path/libz.dylib", &[]));
        for path in ["/opt/homebrew/lib/libx.dylib", "/usr/lib/../local/lib/x", "libx.dylib"] {
            assert!(!is_on_macos(beside, path, &[]), "{path}");
        }
    }

    #[test]
    fn on_linux_libraries_are_found_beside_the_program_only_with_origin() {
        let files = ListedFiles::new(Os::Linux, ["/bin/libx.so.1"]);
        let beside = listed(Os::Linux, &files);
        let origin = ["/opt/x:$ORIGIN".to_owned()];
        assert!(is_on_linux(beside, "libc.so.6", &[]));
        assert!(is_on_linux(beside, "libx.so.1", &origin));
        assert!(!is_on_linux(beside, "libx.so.1", &[]));
        assert!(!is_on_linux(beside, "libssl.so.3", &origin));
    }
}
