//! The extension of this repository: built once by `dist`, and checked with third-party tools.

use crate::support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use docker_extension::internals::inspect::{Native, Signature};
use docker_extension::internals::text::hex;
use serde_json::Value;
use sha2::{Digest, Sha256};
use support::archive::Opened;
use support::{repository, run, stderr};

struct Dist {
    directory: PathBuf,
    manifest: Value,
}

static EMBEDDED: LazyLock<Dist> =
    LazyLock::new(|| Dist::make("embedded", &["--engine", "embedded"]));
static DOCKER: LazyLock<Dist> = LazyLock::new(|| Dist::make("docker", &["--engine", "docker"]));

impl Dist {
    fn make(name: &str, args: &[&str]) -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("dist-{name}"));
        let _cache = support::while_docker_builds();
        let output = Command::new(env!("CARGO_BIN_EXE_xtask-under-test"))
            .args(["dist", "--output"])
            .arg(&directory)
            .args(args)
            .current_dir(repository())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        let manifest = fs::read(directory.join("dist-manifest.json")).unwrap();
        Self { manifest: serde_json::from_slice(&manifest).unwrap(), directory }
    }

    fn path(&self, entry: &Value) -> PathBuf {
        self.directory.join(entry.as_str().unwrap())
    }

    fn archive(&self) -> PathBuf {
        self.path(&self.manifest["image"]["archive"])
    }

    /// Host binaries with their platforms.
    fn binaries(&self) -> impl Iterator<Item = (&str, PathBuf)> {
        let binaries = self.manifest["host_binaries"].as_array().unwrap().iter();
        binaries.map(|entry| (entry["platform"].as_str().unwrap(), self.path(&entry["path"])))
    }

    /// The binary at `path` in the image variant of `arch`.
    fn binary_for(&self, os: &str, arch: &str, path: &str) -> PathBuf {
        let name = Path::new(path).file_name().unwrap();
        let for_arch = |arch: &str| {
            let platform = format!("{os}-{arch}");
            self.binaries().find(|(it, file)| *it == platform && file.file_name() == Some(name))
        };
        // Windows on Arm runs amd64 programs.
        for_arch(arch).or_else(|| for_arch("amd64")).unwrap().1
    }
}

fn sha256(path: impl AsRef<Path>) -> String {
    hex(&Sha256::digest(fs::read(path).unwrap()))
}

#[test]
fn the_manifest_has_the_size_and_hash_of_every_file() {
    let dist = &*EMBEDDED;
    assert!(dist.binaries().count() > 0);
    let entries = ["host_binaries", "artifacts"].map(|key| dist.manifest[key].as_array().unwrap());
    for entry in entries.into_iter().flatten() {
        let path = dist.path(&entry["path"]);
        assert_eq!(entry["size"], fs::metadata(&path).unwrap().len(), "{entry}");
        assert_eq!(entry["sha256"], sha256(path), "{entry}");
    }
    let checksums = fs::read_to_string(dist.directory.join("SHA256SUMS")).unwrap();
    for line in checksums.lines() {
        let (hash, path) = line.split_once("  ").unwrap();
        assert_eq!(hash, sha256(dist.directory.join(path)), "{path}");
    }
    assert_eq!(checksums.lines().count(), dist.manifest["artifacts"].as_array().unwrap().len() + 1);
}

#[test]
fn both_variants_contain_the_files_that_their_metadata_lists() {
    let dist = &*EMBEDDED;
    let opened = Opened::new(dist.archive());
    for (platform, (tree, labels)) in opened.variants() {
        let metadata = opened.file(&platform, "metadata.json");
        let metadata: Value = serde_json::from_slice(&metadata).unwrap();
        let mut listed = 0;
        for (os, list) in metadata["host"]["binaries"][0].as_object().unwrap() {
            for binary in list.as_array().unwrap() {
                let path = binary["path"].as_str().unwrap().trim_start_matches('/');
                let (_, mode, hash) = &tree[path];
                assert_eq!(*mode, 0o755, "{path}");
                let arch = platform.strip_prefix("linux/").unwrap();
                assert_eq!(*hash, sha256(dist.binary_for(os, arch, path)), "{path}");
                listed += 1;
            }
        }
        assert!(listed > 0);
        let icon = metadata["icon"].as_str().unwrap();
        assert_eq!((tree["metadata.json"].1, tree[icon].1), (0o644, 0o644));
        assert_eq!(labels["org.opencontainers.image.version"], dist.manifest["version"]);
    }
}

#[test]
fn the_archive_of_each_platform_contains_its_binaries_and_the_licences() {
    let artifacts = EMBEDDED.manifest["artifacts"].as_array().unwrap();
    let archives = artifacts.iter().filter(|entry| entry["kind"] == "host-binaries");
    let platforms: BTreeSet<&str> = EMBEDDED.binaries().map(|(platform, _)| platform).collect();
    assert_eq!(archives.clone().count(), platforms.len());
    for archive in archives {
        let file = fs::File::open(EMBEDDED.path(&archive["path"])).unwrap();
        let zip = zip::ZipArchive::new(file).unwrap();
        let names: Vec<&str> = zip.file_names().collect();
        let platform = platforms.iter().find(|it| archive["path"].as_str().unwrap().contains(**it));
        for (_, binary) in EMBEDDED.binaries().filter(|(it, _)| Some(it) == platform) {
            assert!(names.contains(&binary.file_name().unwrap().to_str().unwrap()));
        }
        assert!(names.iter().any(|name| name.starts_with("LICENSE")), "{names:?}");
    }
}

/// They are linked again, because a linker may write times and temporary names into a binary.
#[test]
fn host_binaries_that_are_linked_again_have_the_same_bytes() {
    let first: Vec<String> = EMBEDDED.binaries().map(|(_, path)| sha256(path)).collect();
    for main in glob(&repository().join("host-bins"), "src/main.rs") {
        let file = fs::File::options().append(true).open(main).unwrap();
        file.set_modified(std::time::SystemTime::now()).unwrap();
    }
    let again = Dist::make("again", &["--engine", "embedded", "--no-ui"]);
    let again: Vec<String> = again.binaries().map(|(_, path)| sha256(path)).collect();
    assert_eq!(first, again);
}

/// The files at `path` in the subdirectories of `directory`.
fn glob(directory: &Path, path: &str) -> Vec<PathBuf> {
    let directories = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    directories.map(|directory| directory.join(path)).filter(|path| path.is_file()).collect()
}

#[test]
fn the_tests_of_the_pages_pass() {
    // This installs the npm packages.
    LazyLock::force(&EMBEDDED);
    let package = fs::read(repository().join("ui/package.json")).unwrap();
    let package: Value = serde_json::from_slice(&package).unwrap();
    assert!(package["scripts"]["test"].is_string(), "the pages have no tests");
    run(Command::new("npm").args(["run", "test"]).current_dir(repository().join("ui")));
}

#[test]
fn the_screenshots_have_the_size_that_the_marketplace_recommends() {
    for theme in ["light", "dark"] {
        let path = repository().join(format!("extension/screenshots/{theme}.png"));
        let size = imagesize::size(path).unwrap();
        assert_eq!((size.width, size.height), (2400, 1600), "{theme}");
    }
}

#[test]
fn binaries_do_not_contain_paths_of_the_machine_that_built_them() {
    let home = std::env::var("HOME").unwrap();
    let directories = [repository().to_str().unwrap(), &format!("{home}/")];
    for (_, path) in EMBEDDED.binaries() {
        let bytes = fs::read(&path).unwrap();
        for directory in directories {
            let has_path =
                bytes.windows(directory.len()).any(|window| window == directory.as_bytes());
            assert!(!has_path, "{} contains {directory}", path.display());
        }
    }
}

#[test]
#[ignore = "needs file and LLVM's tools"]
fn file_and_llvm_agree_with_the_manifest_on_every_binary() {
    for (platform, path) in EMBEDDED.binaries() {
        let file = run(Command::new("file").arg("--brief").arg(&path));
        let (kind, cpu) = match platform {
            "darwin-amd64" => ("Mach-O 64-bit x86_64 executable", "X86_64"),
            "darwin-arm64" => ("Mach-O 64-bit arm64 executable", "ARM64"),
            "windows-amd64" => ("PE32+ executable (console) x86-64", "IMAGE_FILE_MACHINE_AMD64"),
            other => panic!("add the names that `file` and LLVM have for a program for {other}"),
        };
        assert!(file.starts_with(kind), "{platform}: {file}");
        let headers = if platform.starts_with("darwin") {
            run(Command::new("llvm-objdump").args(["--macho", "--private-headers"]).arg(&path))
        } else {
            run(Command::new("llvm-readobj").arg("--file-headers").arg(&path))
        };
        assert!(headers.contains(cpu), "{platform}: {headers}");
        if platform.starts_with("darwin") {
            let is_old = headers.contains("minos 11.0") || headers.contains("version 11.0");
            assert!(is_old, "{platform}: {headers}");
        }
        if platform == "darwin-arm64" {
            assert!(headers.contains("LC_CODE_SIGNATURE"), "{headers}");
        }
    }
}

#[test]
fn the_signature_for_apple_silicon_is_valid_after_stripping() {
    for (_, path) in EMBEDDED.binaries().filter(|(platform, _)| *platform == "darwin-arm64") {
        let bytes = fs::read(&path).unwrap();
        let contents = docker_extension::internals::inspect::read(&bytes);
        let Native::MachO(native) = &contents.slice().unwrap().native else {
            panic!("not a Mach-O file")
        };
        assert_eq!(native.signature, Signature::Valid);
        let file = object::File::parse(&*bytes).unwrap();
        let own = object::Object::symbols(&file)
            .filter(|symbol| !object::ObjectSymbol::is_undefined(symbol))
            .count();
        assert!(own < 10, "not stripped: {own} symbols");
    }
}

/// The tests of `hostports` open sockets in Windows, and run the binary of the dist. `WINE_RUN` is a program
/// that runs Windows programs.
#[test]
#[ignore = "needs Wine"]
fn the_windows_binary_passes_its_own_tests() {
    let (_, binary) = EMBEDDED
        .binaries()
        .find(|(_, path)| path.ends_with("windows-amd64/hostports.exe"))
        .expect("the sample has the host binary `hostports`");
    let wine = std::env::var("WINE_RUN").unwrap();
    for tests in windows_tests() {
        let mut command = Command::new(&wine);
        command.arg(tests).env("HOSTPORTS", binary.file_name().unwrap());
        let output = run(command.current_dir(binary.parent().unwrap()));
        assert!(output.contains("test result: ok."), "{output}");
    }
}

/// The tests of `hostports` for Windows, built with the command that builds `hostports`.
fn windows_tests() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dist-windows");
    let mut dist = Command::new(env!("CARGO_BIN_EXE_xtask-under-test"));
    dist.args(["dist", "--engine", "embedded", "--no-ui", "--platform", "windows-amd64", "-v"]);
    let output = dist.arg("--output").arg(directory).current_dir(repository()).output().unwrap();
    let log = stderr(&output);
    let call = log.lines().find(|line| line.contains(r#""cargo" "build""#)).expect(&log);
    let mut call = call.to_owned();
    for (word, replacement) in [
        (r#""build""#, r#""test" "--no-run""#),
        (r#""--keep-going""#, ""),
        (r#""--bin" "hostports""#, r#""--bin" "hostports" "--test" "cli""#),
    ] {
        assert!(call.contains(word), "{call}");
        call = call.replace(word, replacement);
    }
    let messages = run(Command::new("sh").args(["-c", &call]));
    let messages = messages.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let tests = messages.filter(|it| it["profile"]["test"] == true);
    let tests: Vec<_> = tests.map(|it| it["executable"].as_str().unwrap().into()).collect();
    assert_eq!(tests.len(), 2, "{tests:?}");
    tests
}

#[test]
#[ignore = "needs a Docker Engine"]
fn both_engines_build_the_same_image_of_the_sample() {
    let embedded = Opened::new(EMBEDDED.archive()).variants();
    let docker = Opened::new(DOCKER.archive()).variants();
    assert_eq!(embedded.keys().collect::<Vec<_>>(), ["linux/amd64", "linux/arm64"]);
    assert_eq!(embedded, docker);
    assert_eq!(DOCKER.manifest["image"]["engine"], "docker");
    assert_eq!(EMBEDDED.manifest["host_binaries"], DOCKER.manifest["host_binaries"]);
}

/// As Docker Desktop does when it installs an extension, for both architectures.
#[test]
#[ignore = "needs a Docker Engine"]
fn every_listed_file_can_be_copied_out_of_both_variants() {
    let directory = tempfile::tempdir().unwrap();
    let docker = |args: &[&str]| run(Command::new("docker").args(args));
    let copy = |container: &str, path: &str| {
        let target = directory.path().join("copy");
        docker(&["cp", &format!("{container}:{path}"), target.to_str().unwrap()]);
        target
    };
    let reference = EMBEDDED.manifest["image"]["reference"].as_str().unwrap();
    docker(&["load", "--input", EMBEDDED.archive().to_str().unwrap()]);
    for (platform, arch) in [("linux/amd64", "amd64"), ("linux/arm64", "arm64")] {
        let container = docker(&["create", "--platform", platform, "--entrypoint=/", reference]);
        let container = container.trim();
        let metadata = fs::read(copy(container, "/metadata.json")).unwrap();
        let metadata: Value = serde_json::from_slice(&metadata).unwrap();
        copy(container, &format!("/{}", metadata["icon"].as_str().unwrap()));
        let lists = metadata["host"]["binaries"][0].as_object().unwrap();
        for (os, list) in lists {
            for binary in list.as_array().unwrap() {
                let path = binary["path"].as_str().unwrap();
                assert_eq!(
                    sha256(copy(container, path)),
                    sha256(EMBEDDED.binary_for(os, arch, path))
                );
            }
        }
        assert!(!lists.is_empty());
        docker(&["rm", container]);
    }
    docker(&["image", "rm", reference]);
}
