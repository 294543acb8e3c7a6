//! macOS programs for x86-64 that were linked without Apple's tools start under a loader that works like
//! macOS's, with glibc in the place of libSystem. This does not replace a test on a Mac: see
//! docs/linking.md.

use crate::support;

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use object::LittleEndian;
use object::macho::{self, MachHeader64, SegmentCommand64};
use object::read::macho::{LoadCommandData, MachHeader as _, Segment as _};
use serde_json::Value;
use support::loader::{built, start};
use support::{Extension, TABLE, repository, run, stderr, stdout};

/// Linkers write the old format of fixups for the first, and the new one for the second.
const MINIMUM_MACOS: [&str; 2] = ["11.0", "14.0"];
const SIGABRT: i32 = 6;

/// Programs for each of [`MINIMUM_MACOS`], and their directory.
fn programs() -> &'static [(Extension, PathBuf); 2] {
    static PROGRAMS: LazyLock<[(Extension, PathBuf); 2]> = LazyLock::new(|| {
        MINIMUM_MACOS.map(|minimum| {
            let extension = Extension::new();
            extension.manifest(&format!("{TABLE}minimum-macos = \"{minimum}\"\n"));
            extension.host_binary("tool", include_str!("programs/standard_library.rs"));
            extension.host_binary("rarities", include_str!("programs/rarities.rs"));
            extension.dist(&["--platform", "darwin-amd64", "--linker", "lld"]);
            let directory = extension.path("dist/host/darwin-amd64");
            (extension, directory)
        })
    });
    &PROGRAMS
}

#[test]
fn the_host_binary_prints_the_same_as_its_native_build() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dist-started");
    let mut dist = Command::new(env!("CARGO_BIN_EXE_xtask-under-test"));
    dist.args(["dist", "--engine", "embedded", "--no-ui", "--platform", "darwin-amd64"]);
    run(dist.args(["--linker", "lld", "--output"]).arg(&directory).current_dir(repository()));
    let program = directory.join("host/darwin-amd64/hostports");
    let native = built("hostports");
    for (argument, code) in [("--version", 0), ("--help", 0), ("nonsense", 2)] {
        let expected = Command::new(&native).arg(argument).output().unwrap();
        let output = start(&program, &[argument]);
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
        assert_eq!(output, expected);
    }
    let manifest = fs::read(directory.join("dist-manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let version = format!("hostports {}\n", manifest["version"].as_str().unwrap());
    assert_eq!(stdout(&start(&program, &["--version"])), version);

    // Only a Mac can list processes that listen on ports.
    let output = start(&program, &["list"]);
    assert_eq!(output.status.signal(), Some(SIGABRT));
    let message = "calls _sysctlnametomib of /usr/lib/libSystem.B.dylib, which has no shim";
    assert!(stderr(&output).contains(message), "{}", stderr(&output));
}

#[test]
fn threads_unwinding_and_files_work_with_both_formats_of_fixups() {
    let expected = include_str!("programs/standard_library.txt");
    let (expected, _) = expected.split_at(expected.find("tcp ").unwrap());
    let kinds = [macho::LC_DYLD_INFO_ONLY, macho::LC_DYLD_CHAINED_FIXUPS];
    for ((_, directory), kind) in programs().iter().zip(kinds) {
        let program = directory.join("tool");
        let file = fs::read(&program).unwrap();
        assert!(commands(&file).iter().any(|command| command.cmd() == kind));

        let output = start(&program, &["alone"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert_eq!(stdout(&output), expected);

        let output = start(&program, &["panic"]);
        assert_eq!(output.status.code(), Some(101));
        assert!(stderr(&output).contains("on purpose"), "{}", stderr(&output));
        assert_eq!(start(&program, &["exit"]).status.code(), Some(7));
    }
}

#[test]
#[ignore = "needs crates from the registry"]
fn programs_from_the_registry_do_their_work() {
    let extension = Extension::new();
    extension.compile_dependencies_fast();
    fs::remove_dir_all(extension.path("host-bins/tool")).unwrap();
    extension.published("fd-find", "10.2.0");
    extension.published("sd", "1.0.0");
    let manifest = "[package]\nname = \"runtime\"\nedition = \"2024\"\n\
                    [dependencies]\ntokio = { version = \"1\", features = [\"full\"] }\n";
    extension.package("runtime", manifest, include_str!("programs/tokio_runtime.rs"));
    run(Command::new("cargo").arg("generate-lockfile").current_dir(extension.root()));
    extension.dist(&["--platform", "darwin-amd64", "--linker", "lld"]);
    let program = |name| extension.path(&format!("dist/host/darwin-amd64/{name}"));

    let output = start(&program("runtime"), &[]);
    assert_eq!(stdout(&output), include_str!("programs/tokio_runtime.txt"), "{}", stderr(&output));

    for (name, version) in [("fd", "fd 10.2.0\n"), ("sd", "sd 1.0.0\n")] {
        assert_eq!(stdout(&start(&program(name), &["--version"])), version);
    }
    extension.write("text/deep/one.txt", "before");
    extension.write("text/two.md", "before");
    let directory = extension.path("text");
    let directory = directory.to_str().unwrap();
    // It searches with several threads, and starts a process for the file that it finds.
    let found = start(&program("fd"), &["one", directory, "--exec", "echo", "{/.}"]);
    assert_eq!(stdout(&found), "one\n", "{}", stderr(&found));
    let file = extension.path("text/two.md");
    let changed = start(&program("sd"), &["bef(.*)", "aft${1}", file.to_str().unwrap()]);
    assert_eq!(changed.status.code(), Some(0), "{}", stderr(&changed));
    assert_eq!(fs::read_to_string(file).unwrap(), "aftore");
}

#[test]
#[ignore = "needs crates from the registry, and zig"]
fn programs_that_contain_c_do_their_work() {
    let extension = Extension::new();
    extension.compile_dependencies_fast();
    let manifest = "[package]\nname = \"tool\"\nedition = \"2024\"\n[dependencies]\n\
                    rusqlite = { version = \"0.37\", features = [\"bundled\"] }\nzstd = \"0.13\"\n";
    let source = "fn main() {\n\
        let database = rusqlite::Connection::open_in_memory().unwrap();\n\
        let sum = database.query_row(\"select upper('a') || (1 + 1)\", [], |row| row.get::<_, String>(0));\n\
        let packed = zstd::encode_all(&[7_u8; 9000][..], 3).unwrap();\n\
        println!(\"{} {}\", sum.unwrap(), zstd::decode_all(&packed[..]).unwrap().len());\n}\n";
    extension.package("tool", manifest, source);
    run(Command::new("cargo").arg("generate-lockfile").current_dir(extension.root()));
    extension.dist(&["--platform", "darwin-amd64"]);
    let output = start(&extension.path("dist/host/darwin-amd64/tool"), &[]);
    assert_eq!(stdout(&output), "A2 9000\n", "{}", stderr(&output));
}

#[test]
fn initializers_run_first_and_a_stack_overflow_is_reported() {
    for (_, directory) in programs() {
        let program = directory.join("rarities");
        assert_eq!(stdout(&start(&program, &[])), "before main\nmain\n");

        let output = start(&program, &["overflow"]);
        assert_eq!(output.status.signal(), Some(SIGABRT));
        assert!(stderr(&output).contains("has overflowed its stack"), "{}", stderr(&output));
    }
}

#[test]
fn a_function_of_a_framework_is_bound_to_that_framework() {
    for (_, directory) in programs() {
        let output = start(&directory.join("rarities"), &["framework"]);
        assert_eq!(output.status.signal(), Some(SIGABRT));
        let message = "calls _SecRandomCopyBytes of \
                       /System/Library/Frameworks/Security.framework/Versions/A/Security,";
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
    }
}

#[test]
fn programs_that_macos_rejects_are_rejected() {
    let program = programs()[0].1.join("tool");
    let file = fs::read(&program).unwrap();
    assert_eq!(start(&program, &["exit"]).status.code(), Some(7), "the unchanged program fails");

    let command = |kind| place(&file, |command| command.cmd() == kind);
    let segment = |name: &str| {
        let is_it = |segment: &SegmentCommand64<_>| segment.name() == name.as_bytes();
        place(&file, |command| command.segment_64().unwrap().is_some_and(|it| is_it(it.0)))
    };
    let [main, uuid, library] = [macho::LC_MAIN, macho::LC_UUID, macho::LC_LOAD_DYLIB].map(command);
    let [text, constants, data, link] =
        ["__TEXT", "__DATA_CONST", "__DATA", "__LINKEDIT"].map(segment);
    // The offsets of these fields in a segment command, and of a letter of libSystem's name.
    let [address, size_in_file, rights, flags] = [24, 48, 56, 68];
    let letter = 24 + "/usr/lib/libSystem.".len();
    let all_rights = [7, 0, 0, 0, 7, 0, 0, 0];
    let of_no_concern = macho::LC_SOURCE_VERSION.0.to_le_bytes();
    // A function that is bound at its first call: its library, and its name.
    let bound = find(&file, b"\x11\x40_memcpy\0");

    let changes: [(&str, usize, &[u8]); 15] = [
        ("it is for another CPU", 4, &[12]),
        ("it is not position-independent", 24, &[0; 4]),
        ("segment __TEXT: its protection is not allowed", text + rights, &all_rights),
        ("segment __DATA: its protection is not allowed", data + rights, &all_rights),
        ("segment __DATA_CONST: it stays writable", constants + flags, &[0]),
        ("segment __DATA: it is not aligned to pages", data + address, &[8]),
        ("segment __DATA: it ends after the end of the file", data + size_in_file, &[0xff; 4]),
        (
            "segment __LINKEDIT: it does not follow the segment before it",
            link + address,
            &[0, 0, 0, 0],
        ),
        ("it has no entry point", main, &of_no_concern),
        ("its entry point is not in code", main + 8, &[0xff; 4]),
        ("it has no UUID", uuid, &of_no_concern),
        ("the load command 0x80000099 is required, but unknown", uuid, &[0x99, 0, 0, 0x80]),
        ("library not loaded: /usr/lib/libSystem.C.dylib", library + letter, b"C"),
        ("symbol _memcpy is required from library 2, which does not exist", bound, &[0x12]),
        ("symbol not found: _memcpz, expected in /usr/lib/libSystem.B.dylib", bound + 8, b"z"),
    ];
    let changed = program.with_file_name("changed");
    for (message, offset, bytes) in changes {
        let mut file = file.clone();
        file[offset..][..bytes.len()].copy_from_slice(bytes);
        fs::write(&changed, file).unwrap();
        let output = start(&changed, &["exit"]);
        assert_eq!(output.status.code(), Some(125), "{message}");
        assert!(stderr(&output).contains(message), "{message}: {}", stderr(&output));
    }
}

fn commands(file: &[u8]) -> Vec<LoadCommandData<'_, LittleEndian>> {
    let header = MachHeader64::<LittleEndian>::parse(file, 0).unwrap();
    header.load_commands(LittleEndian, file, 0).unwrap().map(Result::unwrap).collect()
}

/// The offset of the first load command of a kind.
fn place(file: &[u8], is_it: impl Fn(&LoadCommandData<'_, LittleEndian>) -> bool) -> usize {
    let commands = commands(file);
    let command = commands.iter().find(|command| is_it(command)).unwrap();
    command.offset() as usize
}

fn find(file: &[u8], text: &[u8]) -> usize {
    file.windows(text.len()).position(|window| window == text).unwrap()
}
