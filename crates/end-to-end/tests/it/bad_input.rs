//! Invalid input produces one error with a help line, and no file is lost.

use crate::support;

use std::fs;
use std::process::Command;

use support::{Extension, TABLE, path_with, run};

#[test]
fn a_directory_outside_a_workspace_is_rejected() {
    let extension = Extension::new();
    fs::remove_file(extension.path("Cargo.toml")).unwrap();
    let words = ["is not in a cargo workspace", "in the directory of an extension"];
    extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &words);
}

#[test]
fn a_workspace_that_does_not_configure_an_extension_is_rejected() {
    let extension = Extension::new();
    extension.manifest("");
    let words =
        ["the table `[workspace.metadata.docker-extension]` is missing", "docs/configuration.md"];
    extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &words);
}

#[test]
fn a_misnamed_table_is_the_only_problem_that_is_reported() {
    let extension = Extension::with_pages();
    let right = fs::read_to_string(extension.path("Cargo.toml")).unwrap();
    let table = "[workspace.metadata.docker-extension]";
    for misnamed in [
        "workspace.metadata.docker_extension",
        "workspace.metadata.docker-extensions",
        "workspace.metadata.DockerExtension",
        "workspace.metadata.docker-extention",
    ] {
        // The table `ui` has the right name.
        extension.write("Cargo.toml", &right.replace(table, &format!("[{misnamed}]")));
        let message = format!("/Cargo.toml`: the table `[{misnamed}]` is misnamed\n");
        let words = [&*message, "help: rename it to `[workspace.metadata.docker-extension]`"];
        extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &words);
        extension.assert_fails(&mut extension.xtask(&["doctor"]), 2, &words);
    }
    for misnamed in ["metadata.docker-extension", "docker-extension", "workspace.docker_extension"]
    {
        let manifest = right.replace("workspace.metadata.docker-extension", misnamed);
        extension.write("Cargo.toml", &manifest);
        let words = [&*format!("the table `[{misnamed}]` is misnamed\n"), "help: rename it to "];
        extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &words);
    }
    let ui = right.replace("docker-extension.ui]", "docker_extension.ui]");
    extension.write("Cargo.toml", &ui);
    let words = ["the table `[workspace.metadata.docker_extension]` is misnamed"];
    extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &words);

    // Tables of other tools.
    let other = format!("{right}\n[workspace.metadata.docker]\na = 1\n[workspace.metadata.dist]\n");
    extension.write("Cargo.toml", &other);
    extension.dist(&["--plan"]);
}

#[test]
fn an_empty_table_is_one_problem() {
    let extension = Extension::new();
    extension.manifest("[workspace.metadata.docker-extension]\n");
    let words = [
        "the configuration of the extension has 1 problem\n",
        "has none of the required keys: image, title, ",
        "docs/configuration.md",
    ];
    extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &words);
}

#[test]
fn an_extension_without_host_binaries_and_pages_is_rejected() {
    let extension = Extension::new();
    let manifest = fs::read_to_string(extension.path("Cargo.toml")).unwrap();
    extension.write("Cargo.toml", &manifest.replace("\"host-bins/*\"", ""));
    extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &["the extension is empty"]);
}

#[test]
fn a_package_without_a_program_is_rejected() {
    let extension = Extension::new();
    extension.write("host-bins/lib/Cargo.toml", "[package]\nname = \"lib\"\nedition = \"2024\"\n");
    extension.write("host-bins/lib/src/lib.rs", "");
    let words = [
        "the package `lib` is in `host-bins/`, but has no `bin` target",
        "host-bins/lib/Cargo.toml",
        "src/main.rs",
    ];
    extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &words);

    // A library inside the directory of a program is allowed.
    fs::rename(extension.path("host-bins/lib"), extension.path("host-bins/tool/lib")).unwrap();
    let manifest = "[package]\nname = \"tool\"\nedition = \"2024\"\n\
                    [dependencies]\nlib = { path = \"lib\" }\n";
    extension.package("tool", manifest, "fn main() {}");
    extension.dist(&["--plan"]);
}

#[test]
fn members_that_match_no_directory_are_explained() {
    let extension = Extension::with_pages();
    fs::remove_dir_all(extension.path("host-bins/tool")).unwrap();
    let words = ["cargo can't read the workspace", "host-bins/.gitkeep"];
    extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &words);
}

#[test]
fn unknown_and_missing_keys_are_reported_with_their_full_names() {
    let extension = Extension::new();
    extension.manifest(&TABLE.replace("vendor =", "vender ="));
    let words = [
        "`workspace.metadata.docker-extension.vendor` is missing: expected the publisher's name, such as `",
        "`workspace.metadata.docker-extension.vender`: unknown key; did you mean `vendor`?",
    ];
    extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &words);
}

#[test]
fn a_version_that_is_not_a_semantic_version_is_rejected() {
    let extension = Extension::new();
    extension.versioned_manifest("1.0", TABLE);
    let words = ["cargo can't read the workspace", "Cargo.toml:5:11", "version = \"1.0\""];
    extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &words);
}

#[test]
fn a_version_that_is_not_a_valid_tag_is_rejected() {
    let extension = Extension::new();
    extension.versioned_manifest("1.0.0+build", TABLE);
    extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &["`1.0.0+build`", "tag"]);
}

#[test]
fn an_invalid_image_name_is_rejected() {
    let extension = Extension::new();
    extension.manifest(&TABLE.replace("me/tool", "Me/Tool"));
    let words = ["docker-extension.image`: found `Me/Tool` (upper-case letters"];
    extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &words);
}

#[test]
fn a_missing_icon_is_reported_with_its_path() {
    let extension = Extension::new();
    fs::remove_file(extension.path("icon.svg")).unwrap();
    let words = ["docker-extension.icon`: found `icon.svg` (it does not exist), expected a file"];
    extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &words);
}

#[test]
fn services_that_users_cannot_start_are_reported_before_anything_is_built() {
    let extension = Extension::new();
    extension.host_binary("tool", "compile_error!(\"it is compiled\");");
    let vm = |key: &str| format!("{TABLE}vm = {{ {key}, socket = \"tool.sock\" }}\n");
    extension.manifest(&vm("composefile = \"services.yaml\""));
    extension.write("services.yaml", "services:\n  proxy:\n    build: .\n    env_file: .env\n");
    let words = [
        "error[compose-build]: service `proxy` is built from source",
        "--> services.yaml:3:5\n",
        "error[compose-file-missing]: file `.env`, the `env_file` of service `proxy`",
    ];
    for (args, status) in [(&["dist"][..], 1), (&["dist", "--plan"], 1)] {
        extension.assert_fails(&mut extension.xtask(args), status, &words);
    }
    let doctor = extension.xtask(&["doctor"]).output().unwrap();
    let shown = support::stdout(&doctor);
    assert!(shown.contains("error[compose-build]"), "{shown}");
    assert_eq!(doctor.status.code(), Some(1), "{shown}");

    extension.write("services.yaml", "services:\n\t- : [\n");
    let words = ["error[compose-syntax]", "--> services.yaml:2:2\n"];
    extension.assert_fails(&mut extension.xtask(&["dist"]), 1, &words);

    extension.manifest(&vm("image = \"${DESKTOP_PLUGIN_IMAG}\""));
    let words = [
        "docker-extension.vm.image`, `${DESKTOP_PLUGIN_IMAG}`, uses `DESKTOP_PLUGIN_IMAG`",
        "did you mean `DESKTOP_PLUGIN_IMAGE`?",
    ];
    extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &words);
}

#[test]
fn two_host_binaries_with_one_name_are_rejected() {
    let extension = Extension::new();
    let other = "[package]\nname = \"other\"\nedition = \"2024\"\n[[bin]]\nname = \"tool\"\npath = \"src/main.rs\"\n";
    extension.package("other", other, "fn main() {}");
    let words = ["the packages `other` and `tool` have a host binary with the same name, `tool`"];
    extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &words);
}

#[test]
fn an_unknown_platform_gets_a_suggestion() {
    let extension = Extension::new();
    extension.manifest(&format!("{TABLE}platforms = [\"darwin-arm46\"]\n"));
    let words = ["docker-extension.platforms[0]`", "did you mean `darwin-arm64`?"];
    extension.assert_fails(&mut extension.xtask(&["dist"]), 2, &words);

    extension.manifest(TABLE);
    let output = extension.xtask(&["dist", "--platform", "linux/amd64"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(support::stderr(&output).contains("the platform of an image variant"));
    extension.assert_untouched();
}

#[test]
fn platforms_without_a_host_binary_are_rejected() {
    let extension = Extension::new();
    let package = "[package]\nname = \"tool\"\nedition = \"2024\"\n\
                   [package.metadata.docker-extension]\nplatforms = [\"darwin-arm64\"]\n";
    extension.package("tool", package, "fn main() {}");
    let mut command = extension.xtask(&["dist", "--platform", "windows-amd64"]);
    extension.assert_fails(&mut command, 2, &["no host binary is for windows-amd64"]);
}

#[test]
fn conflicting_options_are_rejected() {
    let extension = Extension::new();
    let mut command = extension.xtask(&["dist", "--engine", "embedded", "--push"]);
    extension.assert_fails(&mut command, 2, &["the embedded engine does not support `--push`"]);
}

#[test]
fn a_directory_with_other_files_is_not_replaced() {
    let extension = Extension::new();
    extension.write("precious/thesis.txt", "years of work");
    let mut command = extension.xtask(&["dist", "--output", "precious"]);
    extension.assert_fails(&mut command, 2, &["files that `dist` did not write", "--output"]);
    assert!(extension.path("precious/thesis.txt").is_file());
}

#[test]
fn without_a_standard_library_and_without_a_network_every_attempt_is_listed() {
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
fn without_zig_and_without_pip_the_help_names_both() {
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
fn without_a_network_the_download_of_zig_fails_with_help() {
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

/// A `zig` that prints its version and does nothing else.
fn set_zig(command: &mut Command, dir: &tempfile::TempDir) {
    let zig = dir.path().join("zig");
    support::script(&zig, "#!/bin/sh\n[ \"$1\" = version ] && echo 0.17.1\n");
    command.env("ZIG", zig).env("XDG_CACHE_HOME", dir.path().join("cache"));
}

#[test]
fn without_a_network_the_download_of_cargo_zigbuild_fails_with_help() {
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
fn a_compatible_cargo_zigbuild_on_path_is_used_if_the_download_fails() {
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
fn a_zig_that_does_not_run_is_reported_with_its_path() {
    let extension = Extension::new();
    let mut command = extension.xtask(&["dist", "--engine", "embedded", "--linker", "zig"]);
    command.env("ZIG", "/no/such/zig");
    extension.assert_fails(&mut command, 1, &["ZIG is set to `/no/such/zig`"]);
}

#[test]
fn a_missing_npm_is_reported_with_an_alternative() {
    let extension = Extension::with_pages();
    extension.write("ui/package.json", "{}");
    let dir = tempfile::tempdir().unwrap();
    let path = path_with(&dir, &["cargo", "rustc", "rustup", "python3", "sh", "cc"]);
    let mut command = extension.xtask(&["dist", "--engine", "embedded"]);
    command.env("PATH", path);
    extension.assert_fails(&mut command, 1, &["npm", "is not installed", "--no-ui"]);
}

#[test]
fn doctor_and_dist_fail_if_node_is_older_than_the_pages_need() {
    use std::os::unix::fs::PermissionsExt as _;
    let extension = Extension::with_pages();
    extension.write("ui/package.json", r#"{ "devDependencies": { "vite": "^8.0.0" } }"#);
    extension.write("ui/package-lock.json", "{}");
    let dir = tempfile::tempdir().unwrap();
    let path = path_with(&dir, &["cargo", "rustc", "rustup", "python3", "npm", "sh", "cc"]);
    // No registry has such an old version for every machine.
    let node = path.join("node");
    fs::write(&node, "#!/bin/sh\necho v20.18.3\n").unwrap();
    fs::set_permissions(&node, fs::Permissions::from_mode(0o755)).unwrap();
    let message = "Node.js 20.18.3 can't build";
    let range = "`^20.19.0 || >=22.12.0`";
    let doctor = extension.xtask(&["doctor"]).env("PATH", &path).output().unwrap();
    assert_eq!(doctor.status.code(), Some(1));
    let report = support::stdout(&doctor);
    assert!(report.contains("✗ pages") && report.contains(message), "{report}");
    let mut dist = extension.xtask(&["dist", "--engine", "embedded"]);
    extension.assert_fails(dist.env("PATH", &path), 1, &[message, range, "install", "--no-ui"]);
}

#[test]
fn a_failed_build_of_the_pages_shows_its_output() {
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
fn pages_with_a_symbolic_link_are_rejected() {
    let extension = Extension::with_pages();
    std::os::unix::fs::symlink("index.html", extension.path("ui/link.html")).unwrap();
    let mut command = extension.xtask(&["dist", "--engine", "embedded"]);
    extension.assert_fails(&mut command, 1, &["ui/link.html", "Windows"]);
}

#[test]
fn a_host_binary_that_does_not_compile_is_reported_with_its_platform() {
    let extension = Extension::new();
    extension.host_binary("fine", "fn main() {}");
    extension.host_binary("tool", "#[cfg(windows)] compile_error!(\"no\");\nfn main() {}");
    let mut command = extension.xtask(&["dist", "--engine", "embedded"]);
    let words = ["`tool` for windows-amd64 does not compile", "`platforms`"];
    extension.assert_fails(&mut command, 1, &words);
}

#[test]
fn compiler_errors_are_shown_even_with_quiet() {
    let extension = Extension::new();
    extension.host_binary("tool", "fn main() { no_such_function() }");
    let mut command = extension.xtask(&["dist", "--engine", "embedded", "--quiet"]);
    extension.assert_fails(&mut command, 1, &["cannot find function `no_such_function`"]);
}

#[test]
fn an_unknown_framework_is_reported_with_the_crate_that_requires_it() {
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
fn without_docker_the_docker_engine_is_rejected() {
    let extension = Extension::new();
    let dir = tempfile::tempdir().unwrap();
    let path = path_with(&dir, &["cargo", "rustc", "rustup"]);
    let mut command = extension.xtask(&["dist", "--engine", "docker"]);
    command.env("PATH", path);
    extension.assert_fails(&mut command, 1, &["docker", "--engine embedded"]);
}

#[test]
#[ignore = "needs a Docker Engine"]
fn a_stopped_docker_daemon_is_reported_with_an_alternative() {
    let extension = Extension::new();
    let mut command = extension.xtask(&["dist", "--engine", "docker"]);
    command.env("DOCKER_HOST", "unix:///no/such/docker.sock");
    extension.assert_fails(&mut command, 1, &["Docker daemon", "--engine embedded"]);
}

/// A small disk, mounted on a directory.
struct Disk<'a>(&'a std::path::Path);

impl<'a> Disk<'a> {
    fn mount(directory: &'a std::path::Path, options: &str) -> Self {
        fs::create_dir_all(directory).unwrap();
        let mut mount = Command::new("mount");
        run(mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(directory));
        Self(directory)
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}

#[test]
#[ignore = "needs root, to mount a small disk"]
fn a_full_disk_is_reported_and_the_earlier_dist_is_kept() {
    let extension = Extension::with_pages();
    let directory = extension.path("disk");
    let disk = Disk::mount(&directory, "size=64k");
    extension.write("disk/dist/dist-manifest.json", "{}");
    let mut command = extension.xtask(&["dist", "--engine", "embedded", "--output", "disk/dist"]);
    extension.assert_fails(&mut command, 1, &["No space left on device", "free space"]);
    let left = fs::read_dir(&directory).unwrap().count();
    assert_eq!(
        (left, fs::read_to_string(directory.join("dist/dist-manifest.json")).unwrap()),
        (1, "{}".to_owned())
    );
    drop(disk);
}

#[test]
#[ignore = "needs root, to mount a small disk"]
fn a_read_only_dist_is_reported_before_the_build() {
    let extension = Extension::new();
    let directory = extension.path("disk");
    let disk = Disk::mount(&directory, "size=1m");
    extension.write("disk/dist/dist-manifest.json", "{}");
    run(Command::new("mount").args(["-o", "remount,ro"]).arg(&directory));
    let mut command = extension.xtask(&["dist", "--engine", "embedded", "--output", "disk/dist"]);
    extension.assert_fails(&mut command, 1, &["disk/dist` is not writable", "--output"]);
    assert!(!extension.path("target/x86_64-apple-darwin").exists());
    drop(disk);
}
