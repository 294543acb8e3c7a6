//! Handmade layers that no builder makes: the reader sees the files that Docker Engines unpack, or reports
//! an oddity.
//!
//! `.ci/docker-engine` starts both engines.

use crate::support;

use std::fs;
use std::thread;

use docker_extension::internals::text::hex;
use serde_json::json;
use sha2::{Digest, Sha256};
use support::unpacked::{Files, Store, files_of, read};

/// An entry: `path` is a file with its path as content, `path/` a directory, `path -> target` a symbolic link,
/// `path => target` a hard link, `path |` a pipe, and `path ?` an entry of an unknown type. `path 600` has
/// that mode.
type Entry = &'static str;

/// The layers of an image, the lowest first.
type Layers = &'static [&'static [Entry]];

/// Images that all engines unpack in the same way.
const AGREED: &[Layers] = &[
    &[&["/absolute", "./a/../b", "c/d"]],
    &[&["pipe |"]],
    &[&["a 4755", "d/ 1777", "d/e/ 700", "d/e/f 0"]],
    // Links.
    &[&["in/up -> ../usr"]],
    &[&["d/", "a -> d", "a/b"]],
    &[&["d/", "a -> /d", "a/b"]],
    &[&["a", "l => a"]],
    &[&["a", "l => /a"]],
    &[&["a", "s -> a", "l => s"]],
    &[&["d/a", "s -> d", "l => s/a"]],
    &[&["a", "l => a"], &["a"]],
    &[&["a", "l => a", "m => l"], &[".wh.l"]],
    // Whiteouts.
    &[&[".wh.nothing", "a"]],
    &[&[".wh.a", "a"]],
    &[&[".wh.a/"]],
    &[&[".wh.a -> b"]],
    &[&["a", "b"], &[".wh.a"]],
    &[&["a", "b"], &[".wh.a/"]],
    &[&["d/a", "b"], &[".wh.d"]],
    &[&["d/a", "b"], &[".wh.d", "d"]],
    &[&["d/a", "b"], &[".wh.d", "d -> b"]],
    &[&["d/a", "b"], &[".wh.d"], &["d/new"]],
    &[&["d/a", "d/e/f"], &["d/.wh..wh..opq", "d/new"]],
    &[&["d/a", "d/e/f"], &["d/new", "d/.wh..wh..opq"]],
    &[&["d/a", "d/e/f"], &["d/.wh..wh..opq", "d/e/new"]],
    &[&["d/a", "d/e/f"], &["d/", "d/.wh..wh..opq"], &["d/late"]],
    &[&["d/a", "d/e/f"], &["d/.wh.a", "d/.wh.e"]],
    // Replaced entries.
    &[&["a"], &["a/", "a/b"]],
    &[&["d/a"], &["d"]],
    &[&["d/a"], &["d -> e"]],
    &[&["d/a"], &["d/"]],
    &[&["d/a"], &["d/ 700"]],
    &[&["a 600"], &["a"]],
    &[&["a -> b"], &["a"]],
    &[&["a -> b", "b"], &["a"]],
    &[&["d/a", "l -> d"], &["l/", "l/b"]],
    &[&["pipe |"], &["pipe"]],
    &[&["d/a"], &["d |"]],
];

/// Images that engines unpack in the same way if they use an overlay file system, as in Docker Desktop.
/// Other file systems differ.
const AGREED_WITH_OVERLAY: &[Layers] = &[
    &[&[".wh..wh.plnk/1", ".wh..wh.aufs", "a"]],
    &[&[".wh..wh.plnk/1", "a => .wh..wh.plnk/1"]],
    &[&["d/a", "d/e/f"], &["d/e/new", "d/.wh..wh..opq"]],
];

/// Images that an engine rejects, or that both engines unpack differently than the reader.
const ODD: &[Layers] = &[
    &[&["a", "a"]],
    &[&["a", "a/", "a/x"]],
    &[&["a/", "a/x", "a"]],
    &[&["/"]],
    &[&["../../up"]],
    &[&["a", "what ?"]],
    &[&["a", "a/b"]],
    // Links.
    &[&["a -> nowhere", "a/b"]],
    &[&["a -> a", "a/b"]],
    &[&["d/a"], &["l -> d", "l/b"]],
    &[&["a", "a => a"]],
    &[&["d/", "l => d"]],
    &[&["l => nothing"]],
    &[&["l => ../../usr/a"]],
    &[&["l => a", "a"]],
    &[&["a"], &["l => a"]],
    &[&["a"], &["l => a", ".wh.a"]],
    &[&["a", "d/b"], &["d => a"]],
    // Whiteouts.
    &[&["a", ".wh.a"]],
    &[&[".wh."]],
    &[&[".wh.."]],
    &[&[".wh..."]],
    &[&["d/a", "b"], &[".wh.d", "d/"]],
    &[&["d/a", "b"], &[".wh.d", "d/new"]],
    &[&["d/a", "b"], &["d/", ".wh.d"]],
    &[&["d/a", "b"], &["d/new", ".wh.d"]],
    &[&["d/a", "b"], &["d", ".wh.d"]],
    &[&["a", "b"], &[".wh..wh..opq", "c"]],
    &[&["d/a"], &["l -> d", "l/.wh.a"]],
    &[&["d/a", "l -> d"], &[".wh.l", "l/b"]],
];

/// Images that both engines unpack in the same way, but not engines without an overlay file system and tools
/// that unpack an image into a directory.
const ODD_ELSEWHERE: &[Layers] = &[
    &[&["up -> ../../usr"]],
    &[&["d/", "a -> ../../d", "a/b"]],
    &[&["a"], &["a/b"]],
    &[&["d/a", "l -> d"], &["l/b"]],
    &[&["d/a", "l -> d"], &["l/.wh.a", "l/b"]],
    &[&["d/a", "l -> d"], &["l/.wh..wh..opq", "l/b"]],
];

fn kind_of(path: &str) -> u8 {
    if path.len() > 1 && path.ends_with('/') { b'5' } else { b'0' }
}

fn tar_of(layer: &[Entry]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for entry in layer {
        let mut words = entry.split(' ');
        let path = words.next().unwrap();
        let (kind, mode) = match words.next() {
            None if kind_of(path) == b'5' => (b'5', 0o755),
            None => (b'0', 0o644),
            Some("->") => (b'2', 0o777),
            Some("=>") => (b'1', 0o644),
            Some("|") => (b'6', 0o644),
            Some("?") => (b'Z', 0o644),
            Some(mode) => (kind_of(path), u32::from_str_radix(mode, 8).unwrap()),
        };
        let content = if kind == b'0' { path.as_bytes() } else { b"" };
        let mut header = tar::Header::new_gnu();
        // Unlike the library, this accepts any path.
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        if let Some(target) = words.next() {
            header.as_mut_bytes()[157..157 + target.len()].copy_from_slice(target.as_bytes());
        }
        header.set_entry_type(tar::EntryType::new(kind));
        header.set_mode(mode);
        header.set_size(content.len() as u64);
        header.set_cksum();
        tar.append(&header, content).unwrap();
    }
    tar.into_inner().unwrap()
}

/// The image as an archive that both engines load.
fn archive_of(name: &str, layers: &[&[Entry]]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut put = |path: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, path, bytes).unwrap();
    };
    let mut blob = |media_type: &str, bytes: &[u8]| {
        let hash = hex(&Sha256::digest(bytes));
        put(&format!("blobs/sha256/{hash}"), bytes);
        let digest = format!("sha256:{hash}");
        json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() })
    };
    let layers: Vec<_> = layers
        .iter()
        .map(|layer| blob("application/vnd.oci.image.layer.v1.tar", &tar_of(layer)))
        .collect();
    let diff_ids: Vec<_> = layers.iter().map(|layer| &layer["digest"]).collect();
    let configuration = json!({
        "os": "linux",
        "architecture": "amd64",
        "config": {},
        "rootfs": { "type": "layers", "diff_ids": diff_ids },
    });
    let configuration =
        blob("application/vnd.oci.image.config.v1+json", configuration.to_string().as_bytes());
    let in_archive = |descriptor: &serde_json::Value| {
        format!("blobs/{}", descriptor["digest"].as_str().unwrap().replace(':', "/"))
    };
    let docker = json!([{
        "Config": in_archive(&configuration),
        "RepoTags": [name],
        "Layers": layers.iter().map(in_archive).collect::<Vec<_>>(),
    }]);
    let manifest = json!({ "schemaVersion": 2, "config": configuration, "layers": layers });
    let mut manifest =
        blob("application/vnd.oci.image.manifest.v1+json", manifest.to_string().as_bytes());
    manifest["annotations"] = json!({ "io.containerd.image.name": format!("docker.io/{name}") });
    let index = json!({ "schemaVersion": 2, "manifests": [manifest] });
    put("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#);
    put("index.json", index.to_string().as_bytes());
    put("manifest.json", docker.to_string().as_bytes());
    archive.into_inner().unwrap()
}

/// The files that the engine unpacks, if it accepts the image.
fn unpacked(store: Store, archive: &str, name: &str) -> Option<Files> {
    let loaded = store.docker(&["load", "--input", archive]).output().unwrap();
    let files = loaded.status.success().then(|| store.unpacked(name, "linux/amd64"));
    let _ = store.docker(&["image", "rm", "--force", name]).output().unwrap();
    files
}

/// Describes the images for which one expectation fails: whether the reader reports an oddity, and whether
/// both engines unpack what the reader sees (`None`: no expectation).
fn unexpected(images: &[Layers], is_reported: bool, is_agreed: Option<bool>) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    let archive = directory.path().join("image.tar");
    let archive = archive.to_str().unwrap();
    let name = "example/layers:1.0.0";
    let mut unexpected = Vec::new();
    for image in images {
        fs::write(archive, archive_of(name, image)).unwrap();
        let tree = read(archive).variants.remove(0).tree;
        let oddities: Vec<_> = tree.oddities().first().iter().map(ToString::to_string).collect();
        let engines = thread::scope(|scope| {
            let both = Store::BOTH.map(|store| scope.spawn(move || unpacked(store, archive, name)));
            both.map(|engine| engine.join().unwrap())
        });
        let own = Some(files_of(&tree));
        let agrees = engines.iter().all(|files| *files == own);
        if oddities.is_empty() == is_reported
            || is_agreed.is_some_and(|expected| agrees != expected)
        {
            unexpected.push(format!("{image:?} {oddities:?}: reader {own:?}, {engines:?}"));
        }
    }
    unexpected
}

#[test]
#[ignore = "needs two Docker Engines"]
fn the_reader_sees_what_engines_unpack_and_reports_where_they_differ() {
    // Some machines store the data of engines on a file system that does not support overlays.
    let have_overlay = Store::BOTH.iter().all(|store| {
        let info = ["info", "--format", "{{.Driver}}"];
        support::run(&mut store.docker(&info)).starts_with("overlay")
    });
    let with_overlay = |is_agreed: bool| have_overlay.then_some(is_agreed);
    let mut wrong = unexpected(AGREED, false, Some(true));
    wrong.extend(unexpected(AGREED_WITH_OVERLAY, false, with_overlay(true)));
    wrong.extend(unexpected(ODD, true, with_overlay(false)));
    wrong.extend(unexpected(ODD_ELSEWHERE, true, with_overlay(true)));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
