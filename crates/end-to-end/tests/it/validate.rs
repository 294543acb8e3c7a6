//! Handmade images: each rule is violated by at least one of them, and by no valid image.

use crate::support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Cursor;
use std::process::Command;
use std::sync::LazyLock;

use docker_extension::internals::contents::labels as names;
use docker_extension::internals::image::read::StoredImage;
use docker_extension::internals::image::read::limits::Limits;
use docker_extension::internals::progress::{Progress, Verbosity};
use docker_extension::internals::text::hex;
use docker_extension::internals::validate::image;
use docker_extension::internals::validate::report::ValidationReport;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::{Extension, run, stderr, stdout};

/// Real programs: a Mach-O file for each CPU, and a PE file.
pub static PROGRAMS: LazyLock<[Vec<u8>; 3]> = LazyLock::new(|| {
    let extension = Extension::new();
    extension.dist(&["--output", "programs"]);
    ["darwin-amd64/tool", "darwin-arm64/tool", "windows-amd64/tool.exe"]
        .map(|path| fs::read(extension.path(&format!("programs/host/{path}"))).unwrap())
});

#[derive(Clone)]
pub enum Entry {
    File(Vec<u8>, u32),
    Link(&'static str),
}

#[derive(Clone)]
pub struct Variant {
    pub platform: [&'static str; 2],
    configured: &'static str,
    labels: BTreeMap<&'static str, String>,
    pub files: BTreeMap<&'static str, Entry>,
}

#[derive(Clone)]
pub struct Image {
    tag: &'static str,
    pub variants: Vec<Variant>,
}

impl Variant {
    fn valid(arch: &'static str) -> Self {
        let [amd64, arm64, windows] = &*PROGRAMS;
        let labels = [
            (names::TITLE, "Tool"),
            (names::DESCRIPTION, "Does it."),
            (names::VENDOR, "Me"),
            (names::API_VERSION, ">= 0.3.4"),
            (names::ICON, "https://acme.dev/icon.svg"),
            (names::SCREENSHOTS, r#"[{"alt": "It", "url": "https://acme.dev/1.png"}]"#),
            (names::DETAILED_DESCRIPTION, "It does it."),
            (names::PUBLISHER_URL, "https://acme.dev"),
            (names::ADDITIONAL_URLS, r#"[{"title": "Help", "url": "https://acme.dev/help"}]"#),
            (names::CHANGELOG, "First."),
            (names::CATEGORIES, "networking"),
        ];
        let metadata = json!({
            "icon": "icon.svg",
            "ui": { "dashboard-tab": { "title": "Tool", "root": "/ui", "src": "index.html" } },
            "vm": { "composefile": "compose.yaml", "exposes": { "socket": "tool.sock" } },
            "host": { "binaries": [{
                "darwin": [{ "path": "/darwin/tool" }],
                "windows": [{ "path": "/windows/tool.exe" }],
            }] },
        });
        let data = |bytes: &[u8]| Entry::File(bytes.to_owned(), 0o644);
        let program = if arch == "amd64" { amd64 } else { arm64 };
        Self {
            platform: ["linux", arch],
            configured: arch,
            labels: labels.map(|(name, value)| (name, value.to_owned())).into(),
            files: [
                ("metadata.json", data(metadata.to_string().as_bytes())),
                ("icon.svg", data(b"<svg xmlns='http://www.w3.org/2000/svg'/>")),
                (
                    "compose.yaml",
                    data(b"services: { tool: { image: \"${DESKTOP_PLUGIN_IMAGE}\" } }\n"),
                ),
                ("ui/index.html", data(b"<script src=\"./a.js\"></script>")),
                ("darwin/tool", Entry::File(program.clone(), 0o755)),
                ("windows/tool.exe", Entry::File(windows.clone(), 0o755)),
            ]
            .into(),
        }
    }
}

impl Image {
    pub fn valid() -> Self {
        Self { tag: "1.2.3", variants: ["amd64", "arm64"].map(Variant::valid).into() }
    }

    fn label(&mut self, name: &'static str, value: &str) {
        for variant in &mut self.variants {
            variant.labels.insert(name, value.to_owned());
        }
    }

    /// Replaces a file in both variants, or removes it.
    pub fn put(&mut self, path: &'static str, entry: Option<Entry>) {
        for variant in &mut self.variants {
            match &entry {
                Some(entry) => variant.files.insert(path, entry.clone()),
                None => variant.files.remove(path),
            };
        }
    }

    fn text(&mut self, path: &'static str, text: &str) {
        self.put(path, Some(Entry::File(text.into(), 0o644)));
    }

    /// Changes `metadata.json` in both variants.
    pub fn metadata(&mut self, change: impl Fn(&mut Value)) {
        for variant in &mut self.variants {
            let Some(Entry::File(bytes, _)) = variant.files.get_mut("metadata.json") else {
                unreachable!("every valid variant has it")
            };
            let mut value = serde_json::from_slice(bytes).unwrap();
            change(&mut value);
            *bytes = value.to_string().into_bytes();
        }
    }

    /// The image as an archive.
    pub fn archive(&self) -> Vec<u8> {
        self.archive_with(|_, _| Vec::new())
    }

    /// With more manifests in the index, which are made for those of the variants.
    fn archive_with(&self, others: impl FnOnce(&mut Blobs, &[Value]) -> Vec<Value>) -> Vec<u8> {
        let mut blobs = Blobs::default();
        let mut manifests: Vec<Value> = self
            .variants
            .iter()
            .map(|variant| {
                let layer = layer(&variant.files);
                let configuration = json!({
                    "os": "linux",
                    "architecture": variant.configured,
                    "config": { "Labels": variant.labels },
                    "rootfs": {
                        "type": "layers",
                        "diff_ids": [format!("sha256:{}", hex(&Sha256::digest(&layer)))],
                    },
                });
                let manifest = json!({
                    "schemaVersion": 2,
                    "config": blobs.json("image.config", &configuration),
                    "layers": [blobs.add("image.layer", layer)],
                });
                let mut manifest = blobs.json("image.manifest", &manifest);
                let [os, architecture] = variant.platform;
                manifest["platform"] = json!({ "os": os, "architecture": architecture });
                manifest
            })
            .collect();
        manifests.extend(others(&mut blobs, &manifests));
        let index = json!({ "schemaVersion": 2, "manifests": manifests });
        let mut image = blobs.json("image.index", &index);
        image["annotations"] = json!({
            "io.containerd.image.name": format!("docker.io/me/tool:{}", self.tag),
            "org.opencontainers.image.ref.name": self.tag,
        });
        let index = json!({ "schemaVersion": 2, "manifests": [image] });
        let mut tar = tar::Builder::new(Vec::new());
        append(&mut tar, "oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#, 0o644);
        append(&mut tar, "index.json", index.to_string().as_bytes(), 0o644);
        for (path, bytes) in blobs.0 {
            append(&mut tar, &path, &bytes, 0o644);
        }
        tar.into_inner().unwrap()
    }
}

#[derive(Default)]
struct Blobs(BTreeMap<String, Vec<u8>>);

impl Blobs {
    fn add(&mut self, kind: &str, bytes: Vec<u8>) -> Value {
        let hash = hex(&Sha256::digest(&bytes));
        let suffix = if kind == "image.layer" { "tar" } else { "json" };
        let descriptor = json!({
            "mediaType": format!("application/vnd.oci.{kind}.v1+{suffix}").replace("layer.v1+tar", "layer.v1.tar"),
            "digest": format!("sha256:{hash}"),
            "size": bytes.len(),
        });
        self.0.insert(format!("blobs/sha256/{hash}"), bytes);
        descriptor
    }

    fn json(&mut self, kind: &str, value: &Value) -> Value {
        self.add(kind, value.to_string().into_bytes())
    }
}

fn layer(files: &BTreeMap<&'static str, Entry>) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, entry) in files {
        match entry {
            Entry::File(bytes, mode) => append(&mut tar, path, bytes, *mode),
            Entry::Link(target) => {
                let mut header = tar::Header::new_gnu();
                header.set_entry_type(tar::EntryType::Symlink);
                header.set_size(0);
                header.set_mode(0o777);
                tar.append_link(&mut header, path, target).unwrap();
            }
        }
    }
    tar.into_inner().unwrap()
}

/// Unlike the library, accepts paths outside the root.
fn append(tar: &mut tar::Builder<Vec<u8>>, path: &str, bytes: &[u8], mode: u32) {
    let mut header = tar::Header::new_gnu();
    header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
    header.set_mode(mode);
    header.set_size(bytes.len() as u64);
    header.set_cksum();
    tar.append(&header, bytes).unwrap();
}

pub fn check(archive: Vec<u8>) -> ValidationReport {
    let progress = Progress::new(Verbosity::Quiet);
    let step = progress.step("");
    let opened = StoredImage::from_archive(Cursor::new(archive), &Limits::DEFAULT, &step);
    image::check(opened, "image").unwrap()
}

/// The rules that an archive violates, without the note about Windows on Arm. Every headline must state a fault.
fn broken(archive: Vec<u8>) -> BTreeSet<&'static str> {
    let report = check(archive);
    for finding in report.findings() {
        assert!(states_a_fault(&finding.what), "{}: {}", finding.rule.id, finding.what);
    }
    let rules = report.findings().iter().map(|finding| finding.rule.id);
    rules.filter(|id| *id != "binary-emulated").collect()
}

/// Whether a headline contains a phrase of the list that the unit tests use.
fn states_a_fault(headline: &str) -> bool {
    let phrases = include_str!("../../../docker-extension/src/rules/fault-phrases.txt");
    let text: Vec<&str> = headline.split('`').step_by(2).collect();
    let text = text.join(" _ ").to_lowercase();
    phrases.lines().any(|phrase| text.contains(phrase))
}

type Case = (&'static [&'static str], fn(&mut Image));

/// Changes, with the rules that they violate. Allowed changes have none.
const CASES: &[Case] = &[
    (&[], |_| {}),
    // Index and tag.
    (&["platform-missing"], |it| drop(it.variants.pop())),
    (&["platform-missing"], |it| drop(it.variants.remove(0))),
    (&["platform-other"], |it| {
        let mut other = Variant::valid("amd64");
        (other.platform[1], other.configured) = ("riscv64", "riscv64");
        it.variants.push(other);
    }),
    (&[], |it| {
        let mut attestation = Variant::valid("amd64");
        (attestation.platform, attestation.configured) = (["unknown", "unknown"], "unknown");
        it.variants.push(attestation);
    }),
    (&["platform-twice"], |it| it.variants.push(Variant::valid("amd64"))),
    (&["platform-differs"], |it| it.variants[1].configured = "amd64"),
    (&["tag-semver"], |it| it.tag = "latest"),
    (&["tag-semver"], |it| it.tag = "v1.2.3"),
    (&[], |it| it.tag = "1.2.3-rc.1"),
    // metadata.json.
    (&["metadata-missing"], |it| it.put("metadata.json", None)),
    (&["metadata-missing"], |it| it.put("metadata.json", Some(Entry::Link("icon.svg")))),
    (&["metadata-syntax"], |it| it.text("metadata.json", "{ \"icon\": \"icon.svg\", }")),
    (&["metadata-syntax"], |it| it.text("metadata.json", &"[".repeat(10_000))),
    (&["metadata-duplicate-key"], |it| {
        it.text("metadata.json", r#"{ "icon": "x", "icon": "icon.svg" }"#);
    }),
    (&["metadata-type"], |it| it.metadata(|value| value["ui"] = json!([]))),
    (&["metadata-type"], |it| it.metadata(|value| value["host"]["binaries"] = json!({}))),
    (&["metadata-root-key"], |it| it.metadata(|value| value["$schema"] = json!("x"))),
    (&["metadata-obsolete-key"], |it| it.metadata(|value| value["provider"] = json!("Me"))),
    (&["metadata-required"], |it| {
        it.metadata(|value| value["ui"]["dashboard-tab"]["title"] = json!(" "));
    }),
    (&["metadata-line"], |it| {
        it.metadata(|value| value["ui"]["dashboard-tab"]["title"] = json!("My\ntool"));
    }),
    (&["metadata-vm-service"], |it| it.metadata(|value| value["vm"] = json!({}))),
    (&["metadata-vm-both"], |it| it.metadata(|value| value["vm"]["image"] = json!("me/tool"))),
    (&["metadata-vm-image"], |it| it.metadata(|value| value["vm"] = json!({ "image": "A/b" }))),
    (&["metadata-socket"], |it| {
        it.metadata(|value| {
            value["ui"]["dashboard-tab"]["backend"] = json!({ "socket": "other.sock" });
        });
    }),
    (&["metadata-socket-unexposed"], |it| {
        it.metadata(|value| {
            value["ui"]["dashboard-tab"]["backend"] = json!({ "socket": "tool.sock" });
            value["vm"] = json!({ "composefile": "compose.yaml" });
        });
    }),
    (&["metadata-unknown-key"], |it| {
        it.metadata(|value| value["host"]["binaries"][0]["darwin"][0]["arch"] = json!("arm64"));
    }),
    (&["metadata-os-key"], |it| {
        it.metadata(|value| {
            let darwin = value["host"]["binaries"][0]["darwin"].take();
            value["host"]["binaries"] = json!([{ "macos": darwin }]);
        });
    }),
    (&["metadata-no-socket"], |it| {
        it.metadata(|value| value["ui"]["dashboard-tab"]["backend"] = json!({ "tcp": "9000" }));
    }),
    (&["metadata-ui-root"], |it| {
        it.metadata(|value| {
            value["ui"]["dashboard-tab"]["root"] = json!("/");
            value["ui"]["dashboard-tab"]["src"] = json!("ui/index.html");
        });
    }),
    (&[], |it| {
        it.metadata(|value| {
            value["ui"]["dashboard-tab"]["src"] = json!("./index.html?v=1.2#/home")
        });
    }),
    (&["metadata-rancher-key"], |it| {
        it.metadata(|value| value["host"]["x-rd-install"] = json!({ "linux": "tool" }));
    }),
    (&["metadata-path"], |it| it.metadata(|value| value["icon"] = json!("../icon.svg"))),
    (&["metadata-name-twice"], |it| {
        it.metadata(|value| {
            value["host"]["binaries"] =
                json!([{ "windows": [{ "path": "/windows/tool.exe" }] }, { "windows": [{ "path": "/other/TOOL.EXE" }] }]);
        });
        let Entry::File(program, _) = it.variants[0].files["windows/tool.exe"].clone() else {
            return;
        };
        it.put("other/TOOL.EXE", Some(Entry::File(program, 0o755)));
    }),
    (&[], |it| {
        it.metadata(|value| {
            value["host"]["binaries"] =
                json!([{ "darwin": [{ "path": "/darwin/tool" }] }, { "windows": [{ "path": "windows/tool.exe" }] }]);
        });
    }),
    (&[], |it| it.text("metadata.json", r#"{ "icon": "/icon.svg", "host": { "binaries": [] } }"#)),
    // Files.
    (&["icon-missing"], |it| it.put("icon.svg", None)),
    (&["icon-type"], |it| it.text("icon.svg", "nothing")),
    (&["icon-type"], |it| it.text("icon.svg", "<svg/>")),
    (&["ui-missing"], |it| it.put("ui/index.html", None)),
    (&["ui-missing"], |it| {
        it.put("ui/index.html", None);
        it.text("ui/other.html", "");
    }),
    (&["ui-link"], |it| it.put("ui/node_modules/.bin/vite", Some(Entry::Link("../vite.js")))),
    (&["ui-absolute"], |it| it.text("ui/index.html", "<script src=\"/assets/a.js\"></script>")),
    (&["compose-missing"], |it| it.put("compose.yaml", None)),
    // The compose file.
    (&["compose-syntax"], |it| it.text("compose.yaml", "services:\n\t- : [\n")),
    (&["compose-syntax"], |it| it.text("compose.yaml", &"#\n".repeat(600_000))),
    (&["compose-duplicate-key"], |it| {
        it.text("compose.yaml", "services: { a: { image: a, image: b } }");
    }),
    (&["compose-services"], |it| it.text("compose.yaml", "")),
    (&["compose-type"], |it| it.text("compose.yaml", "services: [tool]")),
    (&["compose-unknown-key"], |it| {
        it.text("compose.yaml", "services: { a: { image: a } }\nservice: {}");
    }),
    (&["compose-image"], |it| it.text("compose.yaml", "services: { a: {} }")),
    (&["compose-build"], |it| it.text("compose.yaml", "services:\n  proxy:\n    build: .\n")),
    (&["compose-build-unused"], |it| {
        it.text("compose.yaml", "services: { a: { image: a, build: . } }");
    }),
    (&["compose-plugin-image"], |it| {
        it.text("compose.yaml", "services: { a: { image: $DESKTOP_PLUGIN_IMAGE } }");
    }),
    (&["compose-variable"], |it| {
        it.text("compose.yaml", "services: { a: { image: a, user: $UID } }");
    }),
    (&["compose-variable-required"], |it| {
        it.text("compose.yaml", "services: { a: { image: a, user: '${UID:?}' } }");
    }),
    (&["compose-variable-syntax"], |it| {
        it.text("compose.yaml", "services: { a: { image: a, user: '${}' } }");
    }),
    (&["compose-file-missing"], |it| {
        it.text("compose.yaml", "services: { a: { image: a, volumes: ['./a.conf:/a.conf'] } }");
    }),
    (&[], |it| {
        it.text("compose.yaml", "services: { a: { image: a, volumes: ['./icon.svg:/icon.svg'] } }");
    }),
    (&["compose-mount-empty"], |it| {
        it.text("compose.yaml", "services: { a: { image: a, volumes: ['./data:/data'] } }");
    }),
    (&["compose-host-path"], |it| {
        it.text("compose.yaml", "services: { a: { image: a, volumes: ['/home/me:/me'] } }");
    }),
    (&["compose-undefined"], |it| {
        it.text("compose.yaml", "services: { a: { image: a, volumes: ['data:/data'] } }");
    }),
    (&[], |it| {
        let text = "x-a: &a { image: a }\nservices:\n  a: { <<: *a, volumes: ['data:/data'] }\n\
                    volumes: { data: }\n";
        it.text("compose.yaml", text);
    }),
    (&["binary-missing"], |it| drop(it.variants[1].files.remove("windows/tool.exe"))),
    (&["binary-file"], |it| it.put("darwin/tool", Some(Entry::Link("/windows/tool.exe")))),
    (&["binary-executable"], |it| mode(it, "darwin/tool", 0o644)),
    (&["binary-mode"], |it| mode(it, "darwin/tool", 0o777)),
    // Windows has no modes.
    (&[], |it| mode(it, "windows/tool.exe", 0o644)),
    (&["binary-directory"], |it| {
        it.metadata(|value| value["host"]["binaries"][0]["darwin"][0]["path"] = json!("/darwin/"));
        it.put("darwin/tool", None);
        it.text("darwin/README", "");
    }),
    (&["metadata-path"], |it| {
        it.metadata(|value| {
            value["host"]["binaries"][0]["darwin"][0]["path"] = json!("/darwin/tool/")
        });
    }),
    (&["binary-same", "binary-cpu"], |it| {
        let same = it.variants[0].files["darwin/tool"].clone();
        it.put("darwin/tool", Some(same));
    }),
    (&["binary-format"], |it| {
        let windows = it.variants[0].files["windows/tool.exe"].clone();
        it.variants[0].files.insert("darwin/tool", windows);
    }),
    (&[], |it| {
        it.put("darwin/tool", Some(Entry::File(b"#!/bin/sh\necho\n".to_vec(), 0o755)));
    }),
    (&["macos-signature"], |it| {
        let Some(Entry::File(bytes, _)) = it.variants[1].files.get_mut("darwin/tool") else {
            return;
        };
        // In the middle of the code.
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    }),
    (&["binary-damaged"], |it| {
        let Some(Entry::File(bytes, _)) = it.variants[1].files.get_mut("darwin/tool") else {
            return;
        };
        bytes.truncate(100);
    }),
    // Headers and tables are complete.
    (&["binary-damaged"], |it| {
        let Some(Entry::File(mut bytes, mode)) = it.variants[0].files.remove("windows/tool.exe")
        else {
            return;
        };
        bytes.truncate(bytes.len() - 1000);
        it.put("windows/tool.exe", Some(Entry::File(bytes, mode)));
    }),
    (&["binary-unlisted"], |it| {
        it.put("darwin/helper", Some(Entry::File(b"#!/bin/sh\n".to_vec(), 0o755)));
    }),
    (&[], |it| it.text("darwin/README", "")),
    // Some tools make every file executable.
    (&[], |it| it.put("darwin/README", Some(Entry::File(b"x".to_vec(), 0o755)))),
    (&[], |it| it.put("darwin/tool.properties", Some(Entry::File(b"x".to_vec(), 0o755)))),
    (&["layer-entry"], |it| it.text("../../etc/passwd", "")),
    (&["layer-entry"], |it| it.put("up", Some(Entry::Link("../../../etc")))),
    (&[], |it| it.put("bin", Some(Entry::Link("darwin")))),
    // Labels.
    (&["label-missing"], |it| {
        for variant in &mut it.variants {
            variant.labels.remove(names::CATEGORIES);
        }
    }),
    (&["label-empty"], |it| it.label(names::CHANGELOG, "")),
    (&[], |it| it.label(names::ADDITIONAL_URLS, "")),
    (&["label-differs"], |it| {
        it.variants[0].labels.insert(names::TITLE, "Other tool".to_owned());
    }),
    (&["label-api-version"], |it| it.label(names::API_VERSION, "newest")),
    (&["label-api-version-bare"], |it| it.label(names::API_VERSION, "0.3.4")),
    (&["label-screenshots"], |it| it.label(names::SCREENSHOTS, "[]")),
    (&["label-additional-urls"], |it| it.label(names::ADDITIONAL_URLS, "help")),
    (&["label-category"], |it| it.label(names::CATEGORIES, "network")),
    (&["label-vendor"], |it| it.label(names::VENDOR, "Docker, Inc.")),
    (&["label-title"], |it| it.label(names::TITLE, "Tool Extension")),
    (&["label-line"], |it| it.label(names::DESCRIPTION, "Does it.\nDoes more.")),
    (&["label-line"], |it| it.label(names::VENDOR, "Me\u{1b}[2J")),
    (&[], |it| it.label(names::DETAILED_DESCRIPTION, "It\ndoes it.")),
    (&["label-url"], |it| it.label(names::ICON, "http://acme.dev/icon.svg")),
    // Placeholders.
    (&["placeholder"], |it| it.label(names::PUBLISHER_URL, "https://example.com")),
    (&[], |it| it.label(names::PUBLISHER_URL, "https://example.community")),
    (&["placeholder"], |it| it.text("icon.svg", &support::generated_icon())),
];

fn mode(image: &mut Image, path: &str, new: u32) {
    for variant in &mut image.variants {
        if let Some(Entry::File(_, mode)) = variant.files.get_mut(path) {
            *mode = new;
        }
    }
}

#[test]
fn each_case_violates_exactly_its_rules() {
    let judged = CASES.iter().enumerate().map(|(number, (rules, change))| {
        let mut image = Image::valid();
        change(&mut image);
        (number, rules.iter().copied().collect::<BTreeSet<&str>>(), broken(image.archive()))
    });
    let wrong: Vec<_> = judged.filter(|(_, expected, found)| expected != found).collect();
    assert!(wrong.is_empty(), "case, expected, found: {wrong:#?}");
    assert!(CASES.len() >= 40, "{}", CASES.len());
}

#[test]
fn every_rule_about_metadata_files_labels_and_index_has_a_case() {
    let broken: BTreeSet<&str> = CASES.iter().flat_map(|(rules, _)| *rules).copied().collect();
    // The first has its own test, and the second needs a program of 256 MiB.
    let elsewhere = ["image-unreadable", "binary-large"];
    let groups = {
        use docker_extension::internals::rules::{compose, image, labels, metadata, placeholder};
        [metadata::ALL, image::ALL, compose::ALL, labels::ALL, placeholder::ALL]
    };
    let missing = groups.into_iter().flatten().map(|rule| rule.id);
    let missing: Vec<&str> =
        missing.filter(|id| !broken.contains(id) && !elsewhere.contains(id)).collect();
    assert_eq!(missing, [""; 0]);
}

/// The same file may be in both variants, because it runs on both CPUs.
#[test]
fn a_universal_binary_is_valid_in_both_variants() {
    let [amd64, arm64, _] = &*PROGRAMS;
    let broken_by = |program: Vec<u8>| {
        let mut image = Image::valid();
        image.put("darwin/tool", Some(Entry::File(program, 0o755)));
        broken(image.archive())
    };
    let universal = support::universal::join(amd64, arm64);
    assert_eq!(broken_by(universal.clone()), BTreeSet::new());
    let mut changed = universal;
    let middle = changed.len() - arm64.len() / 2;
    changed[middle] ^= 1;
    assert_eq!(broken_by(changed), BTreeSet::from(["macos-signature"]));
}

/// The attestation of a manifest as BuildKit has stored it since 0.32, or before.
fn attestation(blobs: &mut Blobs, subject: &Value, is_artifact: bool) -> Value {
    let mut statement =
        blobs.json("", &json!({ "predicateType": "https://slsa.dev/provenance/v1" }));
    statement["mediaType"] = json!("application/vnd.in-toto+json");
    let mut manifest = json!({ "schemaVersion": 2, "layers": [statement.clone()] });
    if is_artifact {
        manifest["config"] = blobs.json("", &json!({}));
        manifest["config"]["mediaType"] = json!("application/vnd.oci.empty.v1+json");
        manifest["artifactType"] = json!("application/vnd.docker.attestation.manifest.v1+json");
        manifest["subject"] = subject.clone();
        manifest["subject"].as_object_mut().unwrap().remove("platform");
    } else {
        let layers = json!({ "type": "layers", "diff_ids": [statement["digest"]] });
        let configuration = json!({ "os": "unknown", "architecture": "unknown", "rootfs": layers });
        manifest["config"] = blobs.json("image.config", &configuration);
    }
    let mut descriptor = blobs.json("image.manifest", &manifest);
    descriptor["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
    descriptor["annotations"] = json!({
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": subject["digest"],
    });
    descriptor
}

#[test]
fn attestations_of_any_version_of_buildkit_do_not_change_the_report() {
    let image = Image::valid();
    let expected = check(image.archive());
    for is_artifact in [false, true] {
        // A tool that copies an index may drop the marks of BuildKit.
        for has_marks in [true, false] {
            let attested = check(image.archive_with(|blobs, manifests| {
                let attestation = |manifest| {
                    let mut descriptor = attestation(blobs, manifest, is_artifact);
                    if !has_marks {
                        let marks = ["platform", "annotations"];
                        let fields = descriptor.as_object_mut().unwrap();
                        fields.retain(|name, _| !marks.contains(&&**name));
                    }
                    descriptor
                };
                manifests.iter().map(attestation).collect()
            }));
            assert_eq!(attested.findings(), expected.findings(), "{is_artifact} {has_marks}");
            assert_eq!(attested.subject.platforms, expected.subject.platforms);
        }
    }
}

#[test]
fn a_damaged_layer_is_a_finding() {
    let mut archive = Image::valid().archive();
    let place = archive.windows(5).position(|bytes| bytes == b"<svg ").unwrap();
    archive[place + 1] = b'S';
    assert_eq!(broken(archive), BTreeSet::from(["image-unreadable"]));
}

#[test]
fn the_command_validates_a_metadata_file_an_archive_and_the_output_of_dist() {
    let extension = Extension::new();
    let run = |args: &[&str]| -> (Option<i32>, String, String) {
        let output = extension.xtask(&["validate"]).args(args).output().unwrap();
        (output.status.code(), stdout(&output), stderr(&output))
    };
    extension.write("metadata.json", "{ \"name\": \"x\",\n  \"icon\": \"icon.svg\" }");
    let (code, report, message) = run(&["metadata.json"]);
    assert_eq!(code, Some(1), "{message}");
    assert!(
        report.contains("error[metadata-obsolete-key]: obsolete key `name` in `metadata.json`\n"),
        "{report}"
    );
    assert!(message.contains("validation failed with 1 error"), "{message}");

    let mut image = Image::valid();
    image.label(names::TITLE, "My Extension");
    fs::write(extension.path("image.tar"), image.archive()).unwrap();
    let (code, report, message) = run(&["image.tar", "--format", "json"]);
    assert_eq!(code, Some(0), "{message}");
    let report: Value = serde_json::from_str(&report).unwrap();
    let counts = json!({ "errors": 0, "warnings": 1, "notes": 1, "waived": 0 });
    assert_eq!(report["counts"], counts);
    assert_eq!(report["findings"][0]["place"]["platforms"], json!(["linux/amd64", "linux/arm64"]));
    assert_eq!(run(&["image.tar", "--deny", "warnings"]).0, Some(1));

    extension.dist(&["--output", "dist"]);
    let (code, report, message) = run(&[]);
    assert_eq!(code, Some(0), "{message}");
    assert!(report.contains("1.2.3.oci.tar for linux/amd64 and linux/arm64: 1 note"), "{report}");

    let (code, _, message) = run(&["./none.tar"]);
    assert_eq!(code, Some(2), "{message}");
    assert!(message.contains("`./none.tar` does not exist"), "{message}");
}

#[test]
fn each_placeholder_is_reported_at_its_place() {
    let mut image = Image::valid();
    image.label(names::DESCRIPTION, "A new extension for Docker Desktop.");
    image.label(names::VENDOR, "Example Vendor");
    image.label(names::ICON, "https://example.com/icon.svg");
    let screenshots = r#"[{"alt": "1", "url": "https://acme.dev/1.png"}, {"alt": "2", "url": "https://example.org/2.png"}]"#;
    image.label(names::SCREENSHOTS, screenshots);
    let sentence = "Replace this text: say what your extension does, and for whom.";
    let html = format!("<p>{sentence}</p><img src=\"https://example.net/3.png\">");
    image.label(names::DETAILED_DESCRIPTION, &html);
    image.label(names::PUBLISHER_URL, "https://example.com");
    let links = r#"[{"title": "Help", "url": "https://acme.example/help"}]"#;
    image.label(names::ADDITIONAL_URLS, links);
    image.label(names::CHANGELOG, "Replace this text: say what is new in this version.");
    image.text("icon.svg", &support::generated_icon());
    let extension = Extension::new();
    fs::write(extension.path("image.tar"), image.archive()).unwrap();

    let report = run(&mut extension.xtask(&["validate", "image.tar", "--format", "json"]));
    let report: Value = serde_json::from_str(&report).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let placeholders = findings.iter().filter(|it| it["rule"] == "placeholder");
    let mut found = BTreeSet::new();
    for finding in placeholders.clone() {
        let place = &finding["place"];
        assert_eq!(place["platforms"], json!(["linux/amd64", "linux/arm64"]), "{finding}");
        assert_eq!(finding["severity"], "warning");
        let text = |key: &str| place[key].as_str().unwrap_or_default().to_owned();
        let what = finding["what"].as_str().unwrap();
        found.insert((format!("{}{}{}", text("label"), text("pointer"), text("path")), what));
    }
    let url = |url| format!("`{url}` is on a domain reserved for examples");
    let text = |text| format!("`{text}` is a sample text");
    let expected = [
        (names::DESCRIPTION, text("A new extension for Docker Desktop.")),
        (names::VENDOR, text("Example Vendor")),
        (names::ICON, url("https://example.com/icon.svg")),
        (&format!("{}/1/url", names::SCREENSHOTS), url("https://example.org/2.png")),
        (names::DETAILED_DESCRIPTION, text(sentence)),
        (names::DETAILED_DESCRIPTION, url("https://example.net/3.png")),
        (names::PUBLISHER_URL, url("https://example.com")),
        (&format!("{}/0/url", names::ADDITIONAL_URLS), url("https://acme.example/help")),
        (names::CHANGELOG, text("Replace this text: say what is new in this version.")),
        ("/icon.svg", "`/icon.svg` is the generated icon of a new project".to_owned()),
    ];
    let expected = expected.iter().map(|(place, what)| ((*place).to_owned(), what.as_str()));
    assert_eq!(found, expected.collect());
    assert_eq!(placeholders.count(), found.len());
    assert_eq!(report["counts"]["warnings"], found.len());

    let report = run(&mut extension.xtask(&["validate", "image.tar"]));
    assert_eq!(report.matches("  help: replace it, or accept it").count(), 1, "{report}");
    for (place, what) in &found {
        let label = place.replace("/1/url", " /1/url").replace("/0/url", " /0/url");
        let place = format!("{label} in linux/amd64 and linux/arm64\n");
        let headline = format!("warning[placeholder]: {what}\n  --> ");
        assert!(report.contains(&headline), "`{headline}` is not in:\n{report}");
        assert!(report.contains(&place), "`{place}` is not in:\n{report}");
    }
}

/// An extension, its archive, and its name in the registry.
fn built() -> (Extension, String, String) {
    let extension = Extension::new();
    extension.dist(&[]);
    let archive = extension.path("dist/tool-1.2.3.oci.tar").to_str().unwrap().to_owned();
    let registry = std::env::var("TEST_REGISTRY").unwrap();
    (extension, archive, format!("{registry}/validate/tool:1.2.3"))
}

fn copy_to_registry(archive: &str, reference: &str, options: &[&str]) {
    let mut copy = Command::new("skopeo");
    copy.args(["copy", "--all", "--dest-tls-verify=false"]).args(options);
    support::run(copy.args([format!("oci-archive:{archive}"), format!("docker://{reference}")]));
}

#[test]
#[ignore = "needs a Docker Engine, a registry, and skopeo"]
fn the_report_does_not_depend_on_where_an_image_is_and_which_tool_wrote_it() {
    let (extension, archive, reference) = built();
    let report = |image: &str| -> Value {
        let mut command = extension.xtask(&["--quiet", "validate", "--format", "json", image]);
        let mut report: Value = serde_json::from_str(&support::run(&mut command)).unwrap();
        report["subject"] = report["subject"]["platforms"].take();
        report
    };
    let expected = report(&archive);
    assert_eq!(expected["subject"], json!(["linux/amd64", "linux/arm64"]));

    support::run(Command::new("docker").args(["load", "--input", &archive]));
    assert_eq!(report("docker-daemon:me/tool:1.2.3"), expected);
    for options in [&[][..], &["--format", "v2s2"]] {
        copy_to_registry(&archive, &reference, options);
        assert_eq!(report(&reference), expected, "{options:?}");
    }
    // skopeo keeps the compression of layers, but buildx can write zstd.
    let zstd = extension.path("zstd.tar");
    let _cache = support::while_docker_builds();
    let mut build = Command::new("docker");
    build.args(["buildx", "build", "--platform=linux/amd64,linux/arm64", "--provenance=false"]);
    let output = "type=oci,oci-mediatypes=true,compression=zstd,force-compression=true";
    build.arg(format!("--output={output},dest={}", zstd.display()));
    support::run(build.arg(extension.path("target/extension")));
    let bytes = fs::read(&zstd).unwrap();
    assert!(bytes.windows(8).any(|bytes| bytes == b"tar+zstd"));
    assert!(!bytes.windows(8).any(|bytes| bytes == b"tar+gzip"));
    assert_eq!(report(zstd.to_str().unwrap()), expected);

    let layout = extension.path("layout");
    fs::create_dir(&layout).unwrap();
    support::run(Command::new("tar").args(["-xf", &archive, "-C", layout.to_str().unwrap()]));
    assert_eq!(report(layout.to_str().unwrap()), expected);
}

/// Docker does less: it copies the files, but does not inspect them.
#[test]
#[ignore = "needs a Docker Engine, a registry, and skopeo"]
fn validating_takes_less_than_half_the_time_that_docker_takes_to_copy_the_files() {
    let (extension, archive, reference) = built();
    support::run(Command::new("docker").args(["load", "--input", &archive]));
    copy_to_registry(&archive, &reference, &[]);
    let docker = |args: &[&str]| support::run(Command::new("docker").args(args));
    let by_docker = || {
        docker(&["buildx", "imagetools", "inspect", &reference]);
        for platform in ["linux/amd64", "linux/arm64"] {
            let args = ["create", "--platform", platform, "--entrypoint=/", "me/tool:1.2.3"];
            let container = docker(&args);
            for path in ["metadata.json", "icon.svg", "darwin/tool", "windows/tool.exe"] {
                let target = extension.path("copied");
                let source = format!("{}:/{path}", container.trim());
                docker(&["cp", &source, target.to_str().unwrap()]);
            }
            docker(&["rm", container.trim()]);
        }
    };
    let own = || drop(support::run(&mut extension.xtask(&["--quiet", "validate", &archive])));
    let time = |work: &dyn Fn()| {
        let started = std::time::Instant::now();
        work();
        started.elapsed().as_secs_f64()
    };
    // The median of three, because the machine may be busy.
    let median = |work: &dyn Fn()| {
        let mut times = [time(work), time(work), time(work)];
        times.sort_by(f64::total_cmp);
        times[1]
    };
    let [own, docker] = [median(&own), median(&by_docker)];
    println!("validate {own:.3} s, docker {docker:.3} s");
    assert!(own < docker / 2.0, "{own} {docker}");
}

#[test]
fn dist_fails_if_the_marketplace_would_reject_the_extension() {
    let extension = Extension::new();
    extension.manifest(&support::TABLE.replace("vendor = \"Me\"", "vendor = \"Docker Inc.\""));
    let mut dist: Command = extension.xtask(&["dist", "--engine", "embedded"]);
    extension.assert_fails(&mut dist, 1, &["error[label-vendor]", "write your own name"]);
}
