//! Programs with parts in C, C++ and assembler run, and don't contain the directories of the machine that built them.

use crate::support;

use std::fs;
use std::path::Path;
use std::process::Command;

use docker_extension::internals::platform::HostPlatform;
use support::{Extension, run};

/// The program `c_paths`, which prints the paths of its parts.
fn program() -> Extension {
    let extension = Extension::new();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/programs/c_paths");
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let source = fs::read_to_string(entry.path()).unwrap();
        extension.write(&format!("host-bins/tool/{name}"), &source);
    }
    let manifest =
        "[package]\nname = \"tool\"\nedition = \"2024\"\n[build-dependencies]\ncc = \"1\"\n";
    let main = fs::read_to_string(extension.path("host-bins/tool/main.rs")).unwrap();
    extension.package("tool", manifest, &main);
    run(Command::new("cargo").arg("generate-lockfile").current_dir(extension.root()));
    extension
}

/// The path of every test directory contains a space.
#[test]
#[ignore = "needs crates from the registry, and zig"]
fn c_code_gives_the_same_bytes_in_two_directories() {
    let build = || {
        let extension = program();
        let platforms = HostPlatform::ALL.map(|platform| platform.to_string());
        extension.dist(&["--platform", &platforms.join(",")]);
        let programs = HostPlatform::ALL.map(|platform| {
            fs::read(support::host_binary(&extension.path("dist"), platform, "tool")).unwrap()
        });
        (extension, programs)
    };
    let ((extension, one), (_, other)) = (build(), build());
    let directory = extension.root().to_str().unwrap();
    for ((one, other), platform) in one.iter().zip(&other).zip(HostPlatform::ALL) {
        let contains = one.windows(directory.len()).any(|it| it == directory.as_bytes());
        assert!(!contains, "{platform} contains its directory");
        assert!(one == other, "{platform}");
    }
    let path = extension.path("dist/host/linux-amd64/tool");
    let sources = "/workspace/host-bins/tool";
    let expected = format!(
        "C computes 2.0\n{sources}/part.c\n{sources}/part.h\nC++ catches\n{sources}/part.cpp\n\
         {sources}/path.S\n"
    );
    assert_eq!(run(&mut Command::new(path)), expected);
}
