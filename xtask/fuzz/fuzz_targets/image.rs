//! Reads images of arbitrary bytes, and of arbitrary entries with sound headers, and uses all that
//! was read.
#![no_main]

use std::collections::BTreeSet;
use std::io::{Cursor, Write};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use tar::Header;
use xtask::digest::Digest;
use xtask::image::read::limits::Limits;
use xtask::image::read::tree::Kind;
use xtask::image::read::{Content, StoredImage};
use xtask::progress::{Progress, Verbosity};

const LIMITS: Limits = Limits {
    document: 64 * 1024,
    variants: 4,
    layers: 8,
    stored: 1024 * 1024,
    unpacked: 4 * 1024 * 1024,
    entries: 2000,
    names: 256 * 1024,
    path: 4096,
    header: 64 * 1024,
    link_steps: 20_000,
};

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    Archive(&'a [u8]),
    Index(&'a str),
    Layers(Vec<Layer<'a>>),
}

#[derive(Arbitrary, Debug)]
enum Layer<'a> {
    Raw(&'a [u8]),
    Entries { entries: Vec<Entry<'a>>, is_gzipped: bool, cut: u8 },
}

#[derive(Arbitrary, Debug)]
struct Entry<'a> {
    kind: Type,
    path: Vec<Part<'a>>,
    link: Vec<Part<'a>>,
    content: &'a [u8],
    size: Option<u64>,
}

#[derive(Arbitrary, Debug)]
enum Type {
    File,
    HardLink,
    Symlink,
    Folder,
    LongName,
    LongLink,
    Extended,
    Other(u8),
}

#[derive(Arbitrary, Debug)]
enum Part<'a> {
    A,
    B,
    C,
    Up,
    Here,
    Hidden,
    Opaque,
    Other(&'a [u8]),
}

impl Part<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            Part::A => b"a",
            Part::B => b"b",
            Part::C => b"c",
            Part::Up => b"..",
            Part::Here => b".",
            Part::Hidden => b".wh.a",
            Part::Opaque => b".wh..wh..opq",
            Part::Other(bytes) => bytes,
        }
    }
}

fn joined(parts: &[Part<'_>]) -> Vec<u8> {
    parts.iter().map(Part::bytes).collect::<Vec<_>>().join(&b'/')
}

fn append(tar: &mut Vec<u8>, kind: u8, path: &[u8], link: &[u8], size: u64, content: &[u8]) {
    let mut header = Header::new_gnu();
    let bytes = header.as_mut_bytes();
    let (path, link) = (&path[..path.len().min(100)], &link[..link.len().min(100)]);
    bytes[..path.len()].copy_from_slice(path);
    bytes[157..157 + link.len()].copy_from_slice(link);
    bytes[156] = kind;
    header.set_mode(0o755);
    header.set_size(size);
    header.set_cksum();
    tar.extend(header.as_bytes());
    tar.extend(content);
    tar.resize(tar.len().next_multiple_of(512), 0);
}

fn file(tar: &mut Vec<u8>, path: &str, content: &[u8]) {
    append(tar, b'0', path.as_bytes(), b"", content.len() as u64, content);
}

impl Layer<'_> {
    fn tar(&self) -> Vec<u8> {
        let (entries, cut) = match self {
            Layer::Raw(bytes) => return bytes.to_vec(),
            Layer::Entries { entries, cut, .. } => (entries, usize::from(*cut)),
        };
        let mut tar = Vec::new();
        for entry in entries {
            let kind = match entry.kind {
                Type::File => b'0',
                Type::HardLink => b'1',
                Type::Symlink => b'2',
                Type::Folder => b'5',
                Type::LongName => b'L',
                Type::LongLink => b'K',
                Type::Extended => b'x',
                Type::Other(byte) => byte,
            };
            let (path, link) = (joined(&entry.path), joined(&entry.link));
            let size = entry.size.unwrap_or(entry.content.len() as u64);
            append(&mut tar, kind, &path, &link, size, entry.content);
        }
        tar.truncate(tar.len() - cut.min(tar.len()));
        tar
    }

    fn is_gzipped(&self) -> bool {
        matches!(self, Layer::Entries { is_gzipped: true, .. })
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let level = flate2::Compression::fast();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default()
}

/// As `docker save` of old wrote it, because digests need not be right there.
fn archive(layers: &[Layer<'_>]) -> Vec<u8> {
    let mut archive = Vec::new();
    let tars: Vec<_> = layers.iter().map(Layer::tar).collect();
    let names: Vec<_> = (0..tars.len()).map(|number| format!("{number}/layer.tar")).collect();
    for ((layer, tar), name) in layers.iter().zip(&tars).zip(&names) {
        let bytes = if layer.is_gzipped() { gzip(tar) } else { tar.clone() };
        file(&mut archive, name, &bytes);
    }
    let diff_ids: Vec<_> = tars.iter().map(|tar| Digest::of(tar)).collect();
    let configuration = serde_json::json!({
        "os": "linux",
        "architecture": "amd64",
        "rootfs": { "diff_ids": diff_ids },
    });
    let manifest = serde_json::json!([{ "Config": "config.json", "Layers": names }]);
    file(&mut archive, "config.json", configuration.to_string().as_bytes());
    file(&mut archive, "manifest.json", manifest.to_string().as_bytes());
    archive
}

fn read(archive: Vec<u8>) {
    let progress = Progress::new(Verbosity::Quiet);
    let step = progress.step("");
    let Ok(image) = StoredImage::from_archive(Cursor::new(archive), &LIMITS, &step) else { return };
    let mut wanted = BTreeSet::new();
    for variant in &image.variants {
        let tree = &variant.tree;
        let _ = tree.oddities().first().iter().map(ToString::to_string).collect::<String>();
        for found in tree.below("/").take(200) {
            let resolved = tree.resolve(&found.path);
            assert_eq!(resolved.as_ref(), Ok(&found), "a listed path leads to itself");
            if let Ok(end) = tree.follow(&found.path) {
                assert!(!matches!(end.node.kind, Kind::Symlink(_)), "links are followed");
            }
            if let Kind::File { content, .. } = found.node.kind {
                wanted.insert(content);
            }
        }
    }
    let mut found = BTreeSet::new();
    let outcome = image.contents(&wanted, 1024, |id, content| {
        if let Content::Whole(bytes) = content {
            assert_eq!(id.digest(), Digest::of(&bytes), "a content is what it is called");
        }
        assert!(found.insert(id), "each content comes once");
    });
    assert!(outcome.is_ok() && found == wanted, "what was read once is read again");
}

fuzz_target!(|input: Input<'_>| {
    match input {
        Input::Archive(bytes) => read(bytes.to_vec()),
        Input::Index(json) => {
            let mut archive = Vec::new();
            file(&mut archive, "index.json", json.as_bytes());
            read(archive);
        }
        Input::Layers(layers) => read(archive(&layers)),
    }
});
