//! Bad input gets one message that says what to do next, and nothing is lost.

use crate::support;

use std::fs;
use std::process::Command;

use support::{Extension, TABLE, path_with, run};

#[test]
fn a_folder_outside_of_a_workspace_is_refused() {
    let extension = Extension::new();
    fs::remove_file(extension.path("Cargo.toml")).unwrap();
    let words = ["there is no cargo workspace", "in the directory of the extension"];
    extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &words);
}

#[test]
fn a_workspace_that_says_nothing_about_an_extension_is_refused() {
    let extension = Extension::new();
    extension.manifest("");
    let words = ["workspace.metadata.docker-extension", "docs/configuration.md"];
    extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &words);
}

#[test]
fn an_extension_without_host_binaries_and_pages_is_refused() {
    let extension = Extension::new();
    let manifest = fs::read_to_string(extension.path("Cargo.toml")).unwrap();
    extension.write("Cargo.toml", &manifest.replace("\"host-bins/*\"", ""));
    extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &["the extension is empty"]);
}

#[test]
fn a_package_without_a_program_is_refused() {
    let extension = Extension::new();
    extension.write("host-bins/lib/Cargo.toml", "[package]\nname = \"lib\"\nedition = \"2024\"\n");
    extension.write("host-bins/lib/src/lib.rs", "");
    let words =
        ["the package `lib` has no `bin` target", "host-bins/lib/Cargo.toml", "src/main.rs"];
    extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &words);

    // One that belongs to a program.
    fs::rename(extension.path("host-bins/lib"), extension.path("host-bins/tool/lib")).unwrap();
    let manifest = "[package]\nname = \"tool\"\nedition = \"2024\"\n\
                    [dependencies]\nlib = { path = \"lib\" }\n";
    extension.package("tool", manifest, "fn main() {}");
    extension.dist(&["--plan"]);
}

#[test]
fn members_that_match_nothing_are_explained() {
    let extension = Extension::with_pages();
    fs::remove_dir_all(extension.path("host-bins/tool")).unwrap();
    let words = ["cargo can't read the workspace", "host-bins/.gitkeep"];
    extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &words);
}

#[test]
fn unknown_and_missing_keys_are_named_in_full() {
    let extension = Extension::new();
    extension.manifest(&TABLE.replace("vendor =", "vender ="));
    let words = [
        "`workspace.metadata.docker-extension.vendor`: found nothing, expected the publisher's name",
        "`workspace.metadata.docker-extension.vender`: unknown key, did you mean `vendor`?",
    ];
    extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &words);
}

#[test]
fn a_version_that_is_no_semver_is_refused() {
    let extension = Extension::new();
    extension.versioned_manifest("1.0", TABLE);
    let words = ["cargo can't read the workspace", "Cargo.toml:5:11", "version = \"1.0\""];
    extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &words);
}

#[test]
fn a_version_that_no_tag_can_hold_is_refused() {
    let extension = Extension::new();
    extension.versioned_manifest("1.0.0+build", TABLE);
    extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &["`1.0.0+build`", "tag"]);
}

#[test]
fn an_invalid_image_name_is_refused() {
    let extension = Extension::new();
    extension.manifest(&TABLE.replace("me/tool", "Me/Tool"));
    let words = ["docker-extension.image`: found `Me/Tool` (upper-case letters"];
    extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &words);
}

#[test]
fn a_missing_icon_is_named() {
    let extension = Extension::new();
    fs::remove_file(extension.path("icon.svg")).unwrap();
    let words = ["docker-extension.icon`: found `icon.svg`, which is not there, expected a file"];
    extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &words);
}

#[test]
fn two_host_binaries_with_one_name_are_refused() {
    let extension = Extension::new();
    let other = "[package]\nname = \"other\"\nedition = \"2024\"\n[[bin]]\nname = \"tool\"\npath = \"src/main.rs\"\n";
    extension.package("other", other, "fn main() {}");
    let words = ["two host binaries are called `tool`", "`other` and `tool`"];
    extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &words);
}

#[test]
fn a_platform_that_does_not_exist_is_told_the_nearest_one() {
    let extension = Extension::new();
    extension.manifest(&format!("{TABLE}platforms = [\"darwin-arm46\"]\n"));
    let words = ["docker-extension.platforms[0]`", "did you mean `darwin-arm64`?"];
    extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &words);

    extension.manifest(TABLE);
    let output = extension.xtask(&["dist", "--platform", "linux/amd64"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(support::stderr(&output).contains("image platforms are always linux/amd64"));
    extension.assert_untouched();
}

#[test]
fn platforms_that_no_host_binary_is_for_are_refused() {
    let extension = Extension::new();
    let package = "[package]\nname = \"tool\"\nedition = \"2024\"\n\
                   [package.metadata.docker-extension]\nplatforms = [\"darwin-arm64\"]\n";
    extension.package("tool", package, "fn main() {}");
    let mut command = extension.xtask(&["dist", "--platform", "windows-amd64"]);
    extension.assert_fails(&mut command, 2, &["no host binary is for windows-amd64"]);
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    let extension = Extension::new();
    let mut command = extension.xtask(&["dist", "--engine", "embedded", "--push"]);
    extension.assert_fails(&mut command, 2, &["the embedded engine can't do `--push`"]);
}

#[test]
fn a_folder_with_other_files_is_not_replaced() {
    let extension = Extension::new();
    extension.write("precious/thesis.txt", "years of work");
    let mut command = extension.xtask(&["dist", "--output", "precious"]);
    extension.assert_fails(&mut command, 2, &["did not make", "--output"]);
    assert!(extension.path("precious/thesis.txt").is_file());
}

#[test]
fn without_a_toolchain_for_the_target_and_without_network_every_way_is_listed() {
    let extension = Extension::new();
    let toolchain = support::toolchain::bare();
    let dir = tempfile::tempdir().unwrap();
    let path = path_with(&dir, &["cargo", "rustc", "rustup", "python3"]);
    let mut command = extension.xtask(&["dist", "--engine", "embedded"]);
    toolchain.set(&mut command).env("PATH", path).env("XDG_CACHE_HOME", dir.path());
    let words = [
        "no standard library for x86_64-apple-darwin",
        "rustup target add: ",
        "the toolchain's rust-src: not installed",
        "rustup component add rust-src: ",
        "Debian's rust-src: this machine does not have apt",
    ];
    extension.assert_fails(&mut command, 1, &words);
}

#[test]
fn without_zig_and_without_pip_both_remedies_are_told() {
    support::ready();
    let extension = Extension::new();
    let dir = tempfile::tempdir().unwrap();
    let path = path_with(&dir, &["cargo", "rustc", "rustup"]);
    let python = dir.path().join("python");
    run(Command::new("python3").args(["-m", "venv", "--without-pip"]).arg(&python));
    let call = format!("#!/bin/sh\nexec '{}' \"$@\"\n", python.join("bin/python3").display());
    support::script(&path.join("python3"), &call);
    let mut command = extension.xtask(&["dist", "--engine", "embedded", "--linker", "zig"]);
    command.env("PATH", path).env("XDG_CACHE_HOME", dir.path().join("cache")).env_remove("ZIG");
    extension.assert_fails(&mut command, 1, &["pip", "is not installed", "python3-pip", "ZIG"]);
}

#[test]
fn without_network_zig_can_not_be_downloaded() {
    support::ready();
    let extension = Extension::new();
    let dir = tempfile::tempdir().unwrap();
    let path = path_with(&dir, &["cargo", "rustc", "rustup", "python3"]);
    let mut command = extension.xtask(&["dist", "--engine", "embedded", "--linker", "zig"]);
    command
        .env("PATH", path)
        .env("XDG_CACHE_HOME", dir.path().join("cache"))
        .env("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
        .env("PIP_RETRIES", "0")
        .env_remove("ZIG");
    extension.assert_fails(&mut command, 1, &["zig", "can't be downloaded", "network"]);
}

/// A `zig` that tells its version, and does nothing else.
fn set_zig(command: &mut Command, dir: &tempfile::TempDir) {
    let zig = dir.path().join("zig");
    support::script(&zig, "#!/bin/sh\n[ \"$1\" = version ] && echo 0.17.1\n");
    command.env("ZIG", zig).env("XDG_CACHE_HOME", dir.path().join("cache"));
}

#[test]
fn without_network_what_makes_zig_the_linker_can_not_be_downloaded() {
    support::ready();
    let extension = Extension::new();
    let dir = tempfile::tempdir().unwrap();
    let path = path_with(&dir, &["cargo", "rustc", "rustup", "python3"]);
    let mut command = extension.xtask(&["dist", "--engine", "embedded", "--linker", "zig"]);
    set_zig(&mut command, &dir);
    command.env("PATH", path).env("PIP_INDEX_URL", "http://127.0.0.1:9/simple");
    let words = ["cargo-zigbuild, which", "can't be downloaded", "network", "cargo install"];
    extension.assert_fails(command.env("PIP_RETRIES", "0"), 1, &words);
}

#[test]
fn a_compatible_cargo_zigbuild_on_path_takes_the_place_of_one_that_can_not_be_downloaded() {
    support::ready();
    let extension = Extension::new();
    let dir = tempfile::tempdir().unwrap();
    let path = path_with(&dir, &["cargo", "rustc", "rustup"]);
    let attempt = |version: &str, words: &[&str]| {
        let answer = format!(
            "#!/bin/sh\n[ \"$1\" = --version ] && echo cargo-zigbuild {version} && exit\n\
             echo \"asked to $1\" >&2\nexit 1\n"
        );
        support::script(&path.join("cargo-zigbuild"), &answer);
        let mut command = extension.xtask(&["dist", "--engine", "embedded", "--linker", "zig"]);
        set_zig(&mut command, &dir);
        extension.assert_fails(command.env("PATH", &path), 1, words);
    };
    attempt("0.24.7", &["using 0.24.7 from PATH instead", "asked to zigbuild"]);
    attempt(
        "0.23.0",
        &["Python 3, which is required for the download, is not installed", "cargo install"],
    );
}

#[test]
fn a_zig_that_does_not_run_is_named() {
    let extension = Extension::new();
    let mut command = extension.xtask(&["dist", "--engine", "embedded", "--linker", "zig"]);
    command.env("ZIG", "/no/such/zig");
    extension.assert_fails(&mut command, 1, &["ZIG is set to `/no/such/zig`"]);
}

#[test]
fn a_missing_npm_is_told_with_the_way_around_it() {
    let extension = Extension::with_pages();
    extension.write("ui/package.json", "{}");
    let dir = tempfile::tempdir().unwrap();
    let path = path_with(&dir, &["cargo", "rustc", "rustup", "python3", "sh", "cc"]);
    let mut command = extension.xtask(&["dist", "--engine", "embedded"]);
    command.env("PATH", path);
    extension.assert_fails(&mut command, 1, &["npm", "is not installed", "--no-ui"]);
}

#[test]
fn a_failing_build_of_the_pages_shows_what_it_said() {
    let extension = Extension::with_pages();
    let package =
        r#"{ "name": "ui", "scripts": { "build": "echo 'App.tsx is wrong' && exit 1" } }"#;
    extension.write("ui/package.json", package);
    extension.write(
        "ui/package-lock.json",
        r#"{ "name": "ui", "lockfileVersion": 3, "requires": true, "packages": { "": { "name": "ui" } } }"#,
    );
    let mut command = extension.xtask(&["dist", "--engine", "embedded"]);
    extension.assert_fails(
        &mut command,
        1,
        &["App.tsx is wrong", "`npm run build` failed in `ui`"],
    );
}

#[test]
fn pages_with_a_symbolic_link_are_refused() {
    let extension = Extension::with_pages();
    std::os::unix::fs::symlink("index.html", extension.path("ui/link.html")).unwrap();
    let mut command = extension.xtask(&["dist", "--engine", "embedded"]);
    extension.assert_fails(&mut command, 1, &["ui/link.html", "Windows"]);
}

#[test]
fn a_helper_that_does_not_compile_for_one_target_is_named_with_it() {
    let extension = Extension::new();
    extension.host_binary("fine", "fn main() {}");
    extension.host_binary("tool", "#[cfg(windows)] compile_error!(\"no\");\nfn main() {}");
    let mut command = extension.xtask(&["dist", "--engine", "embedded"]);
    let words = ["`tool` for windows-amd64 does not compile", "`platforms`"];
    extension.assert_fails(&mut command, 1, &words);
}

#[test]
fn the_compilers_reasons_are_told_to_quiet_people_too() {
    let extension = Extension::new();
    extension.host_binary("tool", "fn main() { no_such_function() }");
    let mut command = extension.xtask(&["dist", "--engine", "embedded", "--quiet"]);
    extension.assert_fails(&mut command, 1, &["cannot find function `no_such_function`"]);
}

#[test]
fn a_helper_that_needs_an_unknown_framework_is_told_which_and_who_wants_it() {
    let extension = Extension::new();
    extension.write(
        "wants-kit/Cargo.toml",
        "[package]\nname = \"wants-kit\"\nversion = \"0.4.2\"\nedition = \"2024\"\n",
    );
    extension.write(
        "wants-kit/src/lib.rs",
        "#[cfg_attr(target_os = \"macos\", link(name = \"NoSuchKit\", kind = \"framework\"))]\n\
         unsafe extern \"C\" { pub fn no_such_function(); }\n",
    );
    let manifest = fs::read_to_string(extension.path("Cargo.toml")).unwrap();
    let workspace = "[workspace]\nexclude = [\"wants-kit\"]";
    extension.write("Cargo.toml", &manifest.replace("[workspace]", workspace));
    let package = "[package]\nname = \"tool\"\nedition = \"2024\"\n\
                   [target.'cfg(target_os = \"macos\")'.dependencies]\n\
                   wants-kit = { path = \"../../wants-kit\" }\n";
    let source = "#[cfg(target_os = \"macos\")]\n\
                  fn main() { unsafe { wants_kit::no_such_function() } }\n\
                  #[cfg(not(target_os = \"macos\"))]\nfn main() {}";
    extension.package("tool", package, source);
    let mut command = extension.xtask(&["dist", "--engine", "embedded", "--linker", "zig"]);
    let words = ["the macOS framework NoSuchKit", "the crate `wants-kit` 0.4.2", "on a Mac"];
    extension.assert_fails(&mut command, 1, &words);
}

#[test]
fn a_lock_file_that_is_out_of_date_is_not_changed() {
    let extension = Extension::new();
    fs::remove_file(extension.path("Cargo.lock")).unwrap();
    let mut command = extension.xtask(&["dist", "--engine", "embedded"]);
    extension.assert_fails(
        &mut command,
        1,
        &["`Cargo.lock` is out of date", "cargo update --workspace"],
    );
}

#[test]
fn without_docker_the_docker_engine_is_refused() {
    let extension = Extension::new();
    let dir = tempfile::tempdir().unwrap();
    let path = path_with(&dir, &["cargo", "rustc", "rustup"]);
    let mut command = extension.xtask(&["dist", "--engine", "docker"]);
    command.env("PATH", path);
    extension.assert_fails(&mut command, 1, &["docker", "--engine embedded"]);
}

#[test]
#[ignore = "needs a Docker Engine"]
fn a_docker_daemon_that_is_down_is_told_with_the_way_around_it() {
    let extension = Extension::new();
    let mut command = extension.xtask(&["dist", "--engine", "docker"]);
    command.env("DOCKER_HOST", "unix:///no/such/docker.sock");
    extension.assert_fails(&mut command, 1, &["Docker daemon", "--engine embedded"]);
}

/// A small disk, mounted on a folder.
struct Disk<'a>(&'a std::path::Path);

impl<'a> Disk<'a> {
    fn mount(folder: &'a std::path::Path, options: &str) -> Self {
        fs::create_dir_all(folder).unwrap();
        let mut mount = Command::new("mount");
        run(mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder));
        Self(folder)
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}

#[test]
#[ignore = "needs root, to mount a small disk"]
fn a_full_disk_is_told_and_the_earlier_dist_kept() {
    let extension = Extension::with_pages();
    let folder = extension.path("disk");
    let disk = Disk::mount(&folder, "size=64k");
    extension.write("disk/dist/dist-manifest.json", "{}");
    let mut command = extension.xtask(&["dist", "--engine", "embedded", "--output", "disk/dist"]);
    extension.assert_fails(&mut command, 1, &["No space left on device", "make room"]);
    let left = fs::read_dir(&folder).unwrap().count();
    assert_eq!(
        (left, fs::read_to_string(folder.join("dist/dist-manifest.json")).unwrap()),
        (1, "{}".to_owned())
    );
    drop(disk);
}

#[test]
#[ignore = "needs root, to mount a small disk"]
fn a_read_only_dist_is_told_before_anything_is_built() {
    let extension = Extension::new();
    let folder = extension.path("disk");
    let disk = Disk::mount(&folder, "size=1m");
    extension.write("disk/dist/dist-manifest.json", "{}");
    run(Command::new("mount").args(["-o", "remount,ro"]).arg(&folder));
    let mut command = extension.xtask(&["dist", "--engine", "embedded", "--output", "disk/dist"]);
    extension.assert_fails(&mut command, 1, &["disk/dist` can't be written to", "--output"]);
    assert!(!extension.path("target/x86_64-apple-darwin").exists());
    drop(disk);
}
