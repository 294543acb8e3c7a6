//! A small extension in a temporary directory, in which tests run the real `xtask`.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test file uses only a part, and tests fail by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{LazyLock, RwLock};

use docker_extension::internals::platform::{Arch, HostPlatform, Os};
use tempfile::TempDir;

pub mod archive;
pub mod llvm;
pub mod loader;
pub mod pictures;
pub mod preview;
pub mod program;
pub mod registry;
pub mod tokens;
pub mod toolchain;
pub mod universal;
pub mod unpacked;

/// Installs the standard libraries and the linker for the default platforms. Tests that hide one of them
/// require that the others are installed, and that nothing is installed in the meantime.
pub fn ready() {
    static READY: LazyLock<()> = LazyLock::new(|| Extension::new().dist(&[]));
    LazyLock::force(&READY);
}

/// Held for reading while the Docker Engine builds, and for writing while its build cache is deleted.
static BUILD_CACHE: RwLock<()> = RwLock::new(());

/// Prevents [`empty_build_cache`] until the value is dropped.
pub fn while_docker_builds() -> impl Sized {
    BUILD_CACHE.read()
}

/// Deletes the engine's build cache while no other test uses it.
pub fn empty_build_cache() {
    let _alone = BUILD_CACHE.write();
    run(Command::new("docker").args(["buildx", "prune", "--all", "--force"]));
}

/// The root of this repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

/// The icon of a new project.
pub fn generated_icon() -> String {
    let path = "crates/docker-extension/template/extension/icon.svg";
    fs::read_to_string(repository().join(path)).unwrap()
}

/// A copy of this repository's files, which a test can change.
pub fn copy_of_this_repository() -> TempDir {
    let root = repository();
    let dir = tempfile::tempdir().unwrap();
    let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let files = run(Command::new("git").args(list).current_dir(root));
    // Deleted files may still be in the index.
    for file in files.split_terminator('\0').filter(|file| root.join(file).is_file()) {
        let copy = dir.path().join(file);
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(root.join(file), copy).unwrap();
    }
    dir
}

/// The platforms that `rust-lld` supports.
pub fn linked_by_lld() -> Vec<HostPlatform> {
    let is_linked = |it: &HostPlatform| (it.os, it.arch) != (Os::Windows, Arch::Arm64);
    HostPlatform::ALL.into_iter().filter(is_linked).collect()
}

/// Platforms as an argument.
pub fn list(platforms: &[HostPlatform]) -> String {
    platforms.iter().map(HostPlatform::to_string).collect::<Vec<_>>().join(",")
}

/// The path of a host binary in a dist.
pub fn host_binary(dist: &Path, platform: HostPlatform, name: &str) -> PathBuf {
    dist.join(format!("host/{platform}/{}", platform.file_name(name)))
}

/// The configuration of a small extension without pages.
pub const TABLE: &str = r#"
[workspace.metadata.docker-extension]
image = "me/tool"
title = "Tool"
description = "Does it."
vendor = "Me"
api-version = ">= 0.3.4"
icon = "icon.svg"
icon-url = "https://acme.dev/icon.svg"
screenshots = [{ alt = "It", url = "https://acme.dev/1.png" }]
detailed-description = "It does it."
publisher-url = "https://acme.dev"
changelog = "First."
categories = ["networking"]
"#;

/// An extension with one host binary, `tool`, and a dist of an earlier run.
pub struct Extension {
    dir: TempDir,
}

impl Extension {
    pub fn new() -> Self {
        // With a space, which some tools fail on.
        let dir = tempfile::Builder::new().prefix("an extension ").tempdir().unwrap();
        let extension = Self { dir };
        extension.manifest(TABLE);
        extension.write("LICENSE", "MIT");
        extension.write("icon.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
        extension.host_binary("tool", "fn main() { println!(\"{{}}\"); }");
        extension.write("dist/dist-manifest.json", EARLIER_DIST);
        extension
    }

    /// With pages that do not need npm.
    pub fn with_pages() -> Self {
        let extension = Self::new();
        extension.manifest(&format!(
            "{TABLE}\n[workspace.metadata.docker-extension.ui]\ntitle = \"Tool\"\n"
        ));
        extension.write("ui/index.html", "<!doctype html><title>Tool</title>");
        extension
    }

    pub fn root(&self) -> &Path {
        self.dir.path()
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The workspace's manifest, with the given table.
    pub fn manifest(&self, table: &str) {
        self.versioned_manifest("1.2.3", table);
    }

    pub fn versioned_manifest(&self, version: &str, table: &str) {
        let text = format!(
            "[workspace]\nresolver = \"3\"\nmembers = [\"host-bins/*\"]\n\
             [workspace.package]\nversion = \"{version}\"\n\
             [profile.release]\nstrip = true\n{table}"
        );
        self.write("Cargo.toml", &text);
    }

    /// Compiles dependencies and the standard library without optimization, to save time. The linker then has
    /// more symbols to resolve and remove, not fewer.
    pub fn compile_dependencies_fast(&self) {
        let manifest = fs::read_to_string(self.path("Cargo.toml")).unwrap();
        let profile = "[profile.release.package.\"*\"]\nopt-level = 0\n";
        self.write("Cargo.toml", &format!("{manifest}\n{profile}"));
    }

    /// Adds a package with one program.
    pub fn host_binary(&self, name: &str, source: &str) {
        let manifest =
            format!("[package]\nname = \"{name}\"\nedition = \"2024\"\nlicense = \"MIT\"\n");
        self.package(name, &manifest, source);
    }

    pub fn package(&self, directory: &str, manifest: &str, source: &str) {
        self.write(&format!("host-bins/{directory}/Cargo.toml"), manifest);
        self.write(&format!("host-bins/{directory}/src/main.rs"), source);
        let _ = fs::remove_file(self.path("Cargo.lock"));
        // The packages have no dependencies from a registry.
        let _ = Command::new("cargo")
            .args(["generate-lockfile", "--offline"])
            .current_dir(self.root())
            .stderr(Stdio::null())
            .status();
    }

    /// Adds a program from crates.io, and returns its directory under `host-bins`.
    pub fn published(&self, name: &str, version: &str) -> PathBuf {
        let manifest = format!(
            "[package]\nname = \"fetch\"\nedition = \"2024\"\n[dependencies]\n{name} = \"={version}\"\n[workspace]\n"
        );
        self.write("fetch/Cargo.toml", &manifest);
        self.write("fetch/src/main.rs", "");
        let fetch = self.path("fetch");
        run(Command::new("cargo").args(["vendor", "--quiet", "sources"]).current_dir(&fetch));
        let directory = self.path("host-bins").join(name);
        fs::rename(fetch.join("sources").join(name), &directory).unwrap();
        fs::remove_dir_all(fetch).unwrap();
        let _ = fs::remove_file(directory.join("Cargo.lock"));
        directory
    }

    /// A command that runs `xtask` with these arguments.
    pub fn xtask(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask-under-test"));
        command.args(args).current_dir(self.root()).env_remove("CARGO_TARGET_DIR");
        command
    }

    /// Runs `dist` with the embedded engine, which must succeed.
    pub fn dist(&self, args: &[&str]) {
        let output = self.xtask(&["dist", "--engine", "embedded"]).args(args).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
    }

    /// Asserts the exit status, one error with `words` and a help line, and that the earlier dist is unchanged.
    pub fn assert_fails(&self, command: &mut Command, code: i32, words: &[&str]) {
        let output = command.output().unwrap();
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{message}");
        for word in words {
            assert!(message.contains(word), "`{word}` is not in:\n{message}");
        }
        let (_, last) = message.rsplit_once("error: ").expect("an error");
        // In a report, each finding has a help line.
        let helps = last.matches("\nhelp: ").count();
        assert!(helps == 1 || last.contains("\n  help: "), "{message}");
        assert!(!message.contains("panicked"), "{message}");
        self.assert_untouched();
    }

    /// Asserts that the earlier dist is unchanged, and that no partial directory is left.
    pub fn assert_untouched(&self) {
        let manifest = fs::read_to_string(self.path("dist/dist-manifest.json")).unwrap();
        assert_eq!(manifest, EARLIER_DIST);
        assert_eq!(fs::read_dir(self.path("dist")).unwrap().count(), 1);
        assert_eq!(self.partial_directories(), Vec::<String>::new());
    }

    fn partial_directories(&self) -> Vec<String> {
        let directories = [self.root().to_owned(), self.path("target")];
        directories
            .iter()
            .filter_map(|directory| fs::read_dir(directory).ok())
            .flatten()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name.contains(".partial-"))
            .collect()
    }
}

const EARLIER_DIST: &str = "{ \"made\": \"by an earlier run\" }";

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A directory for PATH that contains only these programs. Python is the interpreter itself, not the script of
/// a version manager.
pub fn path_with(dir: &TempDir, programs: &[&str]) -> PathBuf {
    let bin = dir.path().join("bin");
    fs::create_dir_all(&bin).unwrap();
    for program in programs {
        let found = match *program {
            "python3" => python(),
            program => which::which(program).unwrap_or_else(|_| panic!("no `{program}` on PATH")),
        };
        #[cfg(unix)]
        std::os::unix::fs::symlink(found, bin.join(program)).unwrap();
    }
    bin
}

pub fn python() -> PathBuf {
    let script = "import sys; print(sys.executable)";
    run(Command::new("python3").args(["-c", script])).trim().into()
}

/// Writes an executable script.
#[cfg(unix)]
pub fn script(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs a program, which must succeed, and returns its standard output.
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", stderr(&output));
    stdout(&output)
}

/// An installed zig.
pub fn zig() -> docker_extension::internals::toolchain::zig::Zig {
    let extension = Extension::new();
    extension.dist(&["--linker", "zig", "--platform", "darwin-arm64"]);
    docker_extension::internals::toolchain::zig::find(&xshell::Shell::new().unwrap())
        .unwrap()
        .unwrap()
}
