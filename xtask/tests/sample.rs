//! The extension of this repository, made once by `dist`, and looked at by other people's tools.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;
use sha2::{Digest, Sha256};
use support::archive::Opened;
use support::{run, stderr};
use xtask::files::hex;

/// A finished dist.
struct Dist {
    folder: PathBuf,
    manifest: Value,
}

static EMBEDDED: LazyLock<Dist> = LazyLock::new(|| Dist::make("embedded"));
static DOCKER: LazyLock<Dist> = LazyLock::new(|| Dist::make("docker"));

impl Dist {
    fn make(engine: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("dist-{engine}"));
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["dist", "--engine", engine, "--output"])
            .arg(&folder)
            .current_dir(root())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        let manifest = fs::read(folder.join("dist-manifest.json")).unwrap();
        Self { manifest: serde_json::from_slice(&manifest).unwrap(), folder }
    }

    fn path(&self, entry: &Value) -> PathBuf {
        self.folder.join(entry.as_str().unwrap())
    }

    fn archive(&self) -> PathBuf {
        self.path(&self.manifest["image"]["archive"])
    }

    /// The host binaries, by platform.
    fn binaries(&self) -> BTreeMap<&str, PathBuf> {
        let binaries = self.manifest["host_binaries"].as_array().unwrap().iter();
        binaries
            .map(|entry| (entry["platform"].as_str().unwrap(), self.path(&entry["path"])))
            .collect()
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn sha256(path: &Path) -> String {
    hex(&Sha256::digest(fs::read(path).unwrap()))
}

const PLATFORMS: [&str; 3] = ["darwin-amd64", "darwin-arm64", "windows-amd64"];

#[test]
fn the_manifest_tells_the_truth_about_every_file() {
    let dist = &*EMBEDDED;
    assert_eq!(dist.binaries().into_keys().collect::<Vec<_>>(), PLATFORMS);
    let entries = ["host_binaries", "artifacts"].map(|key| dist.manifest[key].as_array().unwrap());
    for entry in entries.into_iter().flatten() {
        let path = dist.path(&entry["path"]);
        assert_eq!(entry["size"], fs::metadata(&path).unwrap().len(), "{entry}");
        assert_eq!(entry["sha256"], sha256(&path), "{entry}");
    }
    let checksums = fs::read_to_string(dist.folder.join("SHA256SUMS")).unwrap();
    for line in checksums.lines() {
        let (hash, path) = line.split_once("  ").unwrap();
        assert_eq!(hash, sha256(&dist.folder.join(path)), "{path}");
    }
    assert_eq!(checksums.lines().count(), dist.manifest["artifacts"].as_array().unwrap().len() + 1);
}

#[test]
fn the_image_carries_what_its_metadata_lists_on_both_platforms() {
    let dist = &*EMBEDDED;
    let variants = Opened::new(dist.archive()).variants();
    for (platform, darwin) in [("linux/amd64", "darwin-amd64"), ("linux/arm64", "darwin-arm64")] {
        let (tree, labels) = &variants[platform];
        let binary = |path: &str| {
            let (_, mode, hash) = &tree[path];
            assert_eq!(*mode, 0o755, "{path}");
            hash.clone()
        };
        assert_eq!(binary("darwin/hostports"), sha256(&dist.binaries()[darwin]));
        assert_eq!(binary("windows/hostports.exe"), sha256(&dist.binaries()["windows-amd64"]));
        for path in ["metadata.json", "icon.svg", "ui/index.html"] {
            assert_eq!(tree[path].1, 0o644, "{path}");
        }
        let description = fs::read_to_string(root().join("extension/description.html")).unwrap();
        assert_eq!(labels["com.docker.extension.detailed-description"], description.trim_end());
        assert_eq!(labels["org.opencontainers.image.version"], env!("CARGO_PKG_VERSION"));
    }
}

#[test]
fn an_archive_of_each_platform_holds_its_binaries_and_the_licences() {
    for (platform, binary) in EMBEDDED.binaries() {
        let name = format!("host-ports-{}-{platform}.zip", env!("CARGO_PKG_VERSION"));
        let file = fs::File::open(EMBEDDED.folder.join(name)).unwrap();
        let zip = zip::ZipArchive::new(file).unwrap();
        let names: Vec<_> = zip.file_names().map(Result::unwrap).collect();
        let binary = binary.file_name().unwrap().to_str().unwrap();
        assert_eq!(names, [binary, "LICENSE-APACHE", "LICENSE-MIT"]);
    }
}

#[test]
fn the_tests_of_the_pages_pass() {
    // Its packages are installed by then.
    LazyLock::force(&EMBEDDED);
    run(Command::new("npm").args(["run", "test"]).current_dir(root().join("ui")));
}

#[test]
fn no_binary_names_a_folder_of_the_machine_that_made_it() {
    let home = std::env::var("HOME").unwrap();
    let folders = [root().to_str().unwrap(), &format!("{home}/")];
    for path in EMBEDDED.binaries().values() {
        let bytes = fs::read(path).unwrap();
        for folder in folders {
            let is_there = bytes.windows(folder.len()).any(|window| window == folder.as_bytes());
            assert!(!is_there, "{} names {folder}", path.display());
        }
    }
}

#[test]
#[ignore = "needs file and LLVM's tools"]
fn file_and_llvm_agree_with_the_manifest_on_every_binary() {
    let binaries = EMBEDDED.binaries();
    let file = |platform: &str| run(Command::new("file").arg("--brief").arg(&binaries[platform]));
    assert!(file("darwin-amd64").starts_with("Mach-O 64-bit x86_64 executable"));
    assert!(file("darwin-arm64").starts_with("Mach-O 64-bit arm64 executable"));
    assert!(file("windows-amd64").starts_with("PE32+ executable (console) x86-64"));

    for (platform, cpu) in [("darwin-amd64", "X86_64"), ("darwin-arm64", "ARM64")] {
        let mut objdump = Command::new("llvm-objdump");
        let headers = run(objdump.args(["--macho", "--private-headers"]).arg(&binaries[platform]));
        assert!(headers.contains(cpu), "{headers}");
        assert!(headers.contains("minos 11.0") || headers.contains("version 11.0"), "{headers}");
        let is_signed = headers.contains("LC_CODE_SIGNATURE");
        assert_eq!(is_signed, platform == "darwin-arm64", "{headers}");
    }
    let mut readobj = Command::new("llvm-readobj");
    let headers = run(readobj.arg("--file-headers").arg(&binaries["windows-amd64"]));
    for line in ["Machine: IMAGE_FILE_MACHINE_AMD64", "Subsystem: IMAGE_SUBSYSTEM_WINDOWS_CUI"] {
        assert!(headers.contains(line), "{headers}");
    }
}

#[test]
fn the_signature_for_apple_silicon_is_valid_after_stripping() {
    let bytes = fs::read(&EMBEDDED.binaries()["darwin-arm64"]).unwrap();
    let facts = xtask::inspect::read(&bytes).unwrap();
    assert_eq!(facts.signature, Some(xtask::inspect::Signature::Valid));
    let symbols = object::File::parse(&*bytes).map(|file| object::Object::symbols(&file).count());
    assert!(symbols.unwrap() < 200, "it is not stripped");
}

/// `WINE_RUN` is a program that runs Windows programs.
#[test]
#[ignore = "needs Wine"]
fn the_windows_binary_runs_and_prints_json() {
    let wine = std::env::var("WINE_RUN").unwrap();
    let program = &EMBEDDED.binaries()["windows-amd64"];
    let report = run(Command::new(wine).arg(program).arg("list"));
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["schema_version"], 1);
    assert!(report["listeners"].is_array());
}

#[test]
#[ignore = "needs a Docker Engine"]
fn both_engines_make_the_same_image_of_it() {
    let embedded = Opened::new(EMBEDDED.archive()).variants();
    let docker = Opened::new(DOCKER.archive()).variants();
    assert_eq!(embedded.keys().collect::<Vec<_>>(), ["linux/amd64", "linux/arm64"]);
    assert_eq!(embedded, docker);
    assert_eq!(DOCKER.manifest["image"]["engine"], "docker");
    assert_eq!(EMBEDDED.manifest["host_binaries"], DOCKER.manifest["host_binaries"]);
}

/// What consumers do to install an extension, for the desktops of both architectures.
#[test]
#[ignore = "needs a Docker Engine"]
fn every_listed_path_can_be_copied_out_of_both_platforms() {
    let folder = tempfile::tempdir().unwrap();
    let docker = |args: &[&str]| run(Command::new("docker").args(args));
    let copy = |container: &str, path: &str| {
        let target = folder.path().join("copy");
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
                let copied = copy(container, binary["path"].as_str().unwrap());
                let arch = if os == "windows" { "amd64" } else { arch };
                let built = &EMBEDDED.binaries()[&*format!("{os}-{arch}")];
                assert_eq!(sha256(&copied), sha256(built));
            }
        }
        assert_eq!(lists.len(), 2);
        docker(&["rm", container]);
    }
    docker(&["image", "rm", reference]);
}
