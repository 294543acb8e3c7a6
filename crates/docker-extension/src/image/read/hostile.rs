//! Malicious images. Each one is small, and is either rejected at a limit, or read with its anomalies
//! reported.

use std::io::{self, Read};
use std::time::Instant;

use serde_json::json;

use super::error::{Broken, ReadError};
use super::limits::{Limits, TooLarge};
use super::stored::StoredImage;
use super::testing::{Image, SMALL, Tar, archive_of, gzip, read};
use crate::oci::{Digest, InvalidDocument};

fn too_large(read: Result<StoredImage, ReadError>) -> TooLarge {
    match read {
        Err(ReadError::TooLarge { limit, .. }) => limit,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was read"),
    }
}

fn broken(read: Result<StoredImage, ReadError>) -> Broken {
    match read {
        Err(ReadError::Broken { reason, .. }) => reason,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was read"),
    }
}

/// A repeated gzip member that unpacks to zeros is a zip bomb of any size.
#[test]
fn a_layer_that_unpacks_to_terabytes_is_read_up_to_the_limit() {
    const MEMBER: u64 = 64 * 1024 * 1024;
    let zeros = gzip(&vec![0; MEMBER as usize]);
    let header = gzip(&Tar::new().bytes(b'0', b"zeros", b"", 1 << 42, b"").unfinished());
    // 64 TiB in total.
    let layer = io::Cursor::new(header).chain(Repeated { bytes: &zeros, left: 1 << 20, at: 0 });
    let limits = Limits { unpacked: 3 * MEMBER, ..Limits::DEFAULT };
    let budget = super::limits::Budget::new(limits);
    let mut read = Counted { inner: layer, bytes: 0 };
    let failure = super::layer::index(&mut read, &budget).unwrap_err();
    assert!(
        matches!(
            failure,
            super::error::ReadFailure::TooLarge(TooLarge::Unpacked(limit)) if limit == limits.unpacked
        ),
        "{failure:?}"
    );
    assert!(read.bytes < 6 * zeros.len(), "{} bytes were read", read.bytes);
}

struct Repeated<'a> {
    bytes: &'a [u8],
    left: u32,
    at: usize,
}

impl Read for Repeated<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.bytes.len() {
            if self.left == 0 {
                return Ok(0);
            }
            (self.at, self.left) = (0, self.left - 1);
        }
        let read = (&self.bytes[self.at..]).read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

struct Counted<R> {
    inner: R,
    bytes: usize,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes += read;
        Ok(read)
    }
}

#[test]
fn the_layers_of_an_image_share_one_limit() {
    let layer = |name: &str| Tar::new().file(name, vec![0; 3 * 1024 * 1024]).finish();
    let layers = ["a", "b", "c"].map(layer);
    assert!(read(archive_of(&layers[..2]), &SMALL).is_ok());
    assert_eq!(too_large(read(archive_of(&layers), &SMALL)), TooLarge::Unpacked(SMALL.unpacked));
}

#[test]
fn too_many_entries_names_and_directories_are_rejected() {
    let many = |count: usize, name: &dyn Fn(usize) -> String| {
        (0..count).fold(Tar::new(), |tar, number| tar.file(&name(number), "")).finish()
    };
    let entries = many(1001, &|number| number.to_string());
    assert_eq!(too_large(read(archive_of(&[entries]), &SMALL)), TooLarge::Entries(1000));
    // Few entries, but too many parent directories.
    let deep = many(30, &|number| format!("{number}{}", "/a".repeat(40)));
    assert_eq!(too_large(read(archive_of(&[deep]), &SMALL)), TooLarge::Entries(1000));
    let long = many(900, &|number| format!("{number:0>90}"));
    assert_eq!(too_large(read(archive_of(&[long]), &SMALL)), TooLarge::Names(SMALL.names));
    let path = "x".repeat(600);
    let path = Tar::new().entry(b'L', "long", "", path.as_bytes()).file("x", "").finish();
    assert_eq!(too_large(read(archive_of(&[path]), &SMALL)), TooLarge::Path(SMALL.path));
}

/// Each variant needs memory, even if it shares all its layers with others.
#[test]
fn the_trees_of_variants_with_equal_layers_count_separately() {
    let layer = (0..400).fold(Tar::new(), |tar, number| tar.file(&number.to_string(), ""));
    let layer = layer.finish();
    let with = |variants: usize| {
        let mut image = Image::new();
        let manifest = image.manifest("amd64", std::slice::from_ref(&layer));
        let index = image.index(vec![manifest; variants]);
        read(image.archive(vec![index]), &SMALL)
    };
    assert!(with(2).is_ok());
    assert_eq!(too_large(with(3)), TooLarge::Entries(1000));
    assert_eq!(too_large(with(5)), TooLarge::Variants(4));
}

#[test]
fn a_million_entries_are_read_in_linear_time() {
    let entries = |count: usize| {
        let tar = (0..count).fold(Tar::new(), |tar, number| {
            // All in one directory, which whiteouts then empty repeatedly.
            tar.file(&format!("d/{number}"), "").file("d/.wh..wh..opq", "")
        });
        archive_of(&[tar.finish()])
    };
    let time = |count: usize| {
        let archive = entries(count);
        let started = Instant::now();
        let image = read(archive, &Limits::DEFAULT).unwrap();
        assert_eq!(image.variants[0].tree.below("d").count(), count);
        started.elapsed()
    };
    let (few, many) = (time(5_000), time(50_000));
    assert!(many < few * 60, "{few:?} for some, {many:?} for ten times as many");
}

#[test]
fn names_of_gigabytes_are_not_read_into_memory() {
    for kind in *b"LKx" {
        let tar = Tar::new().bytes(kind, b"long", b"", 1 << 32, b"").finish();
        let limit = too_large(read(archive_of(&[tar]), &SMALL));
        assert_eq!(limit, TooLarge::Header(SMALL.header), "{}", char::from(kind));
    }
    // A global header is skipped, whatever its size.
    let tar = Tar::new().entry(b'g', "all", "", &[b'x'; 100_000]).file("a", "").finish();
    assert!(read(archive_of(&[tar]), &SMALL).is_ok());
}

#[test]
fn chains_of_links_end_at_a_limit() {
    let mut tar = Tar::new().directory("0");
    for number in 1..=30 {
        let target = format!("{}{}", "./".repeat(40), number - 1);
        tar = tar.symlink(&number.to_string(), &target);
    }
    for number in 0..300 {
        tar = tar.file(&format!("30/{number}"), "");
    }
    let limit = too_large(read(archive_of(&[tar.finish()]), &SMALL));
    assert_eq!(limit, TooLarge::LinkSteps(SMALL.link_steps));
}

#[test]
fn wrong_sizes_in_headers_are_detected() {
    for size in [1 << 20, (1 << 63) - 1, 1 << 63, u64::MAX] {
        let tar = Tar::new().bytes(b'0', b"file", b"", size, b"short").finish();
        let reason = broken(read(archive_of(&[tar]), &SMALL));
        assert!(matches!(reason, Broken::Truncated | Broken::NotATar(_)), "{size}: {reason}");
    }
}

#[test]
fn wrong_sizes_in_descriptors_are_detected() {
    let read_with = |size: u64| {
        let mut image = Image::new();
        let tar = Tar::new().file("a", "").finish();
        let mut layer = image.layer(gzip(&tar));
        layer["size"] = json!(size);
        let manifest = image.manifest_of("amd64", vec![layer], &[Digest::of(&tar)]);
        read(image.archive(vec![manifest]), &SMALL)
    };
    assert_eq!(too_large(read_with(1 << 63)), TooLarge::Stored(SMALL.stored));
    assert_eq!(too_large(read_with(u64::MAX)), TooLarge::Stored(SMALL.stored));
    for size in [0, 1, 1000] {
        let reason = broken(read_with(size));
        assert!(matches!(reason, Broken::Size { expected, .. } if expected == size), "{reason}");
    }
}

#[test]
fn an_invalid_digest_is_never_used_as_a_path() {
    for digest in ["sha256:../../../etc/passwd", "../x", "", "sha512:00", "sha256:"] {
        let manifest = json!({
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": digest,
            "size": 1,
        });
        let reason = broken(read(Image::new().archive(vec![manifest]), &SMALL));
        assert!(matches!(reason, Broken::Document(InvalidDocument::Json(_))), "{digest}: {reason}");
    }
}

#[test]
fn documents_that_are_too_deep_or_too_large_are_rejected() {
    for document in ["[", "{\"a\":", "{\"manifests\":[", "{\"mediaType\":["] {
        for end in ["", "1"] {
            let tar = Tar::new().file("index.json", document.repeat(1000) + end).finish();
            let read = read(tar, &Limits { document: 1 << 20, ..SMALL });
            assert!(
                matches!(broken(read), Broken::Document(InvalidDocument::Json(_))),
                "{document}"
            );
        }
    }
    let tar = Tar::new().file("index.json", " ".repeat(20_000)).finish();
    assert_eq!(too_large(read(tar, &SMALL)), TooLarge::Document(SMALL.document));
}

#[test]
fn truncated_layers_are_reported() {
    let tar = Tar::new().file("a", [7; 5000]).file("b", "").finish();
    let whole = gzip(&tar);
    for length in [0, 1, 5, 20, whole.len() / 2, whole.len() - 1] {
        let mut image = Image::new();
        let layer = image.layer(whole[..length].to_vec());
        let manifest = image.manifest_of("amd64", vec![layer], &[Digest::of(&tar)]);
        let reason = broken(read(image.archive(vec![manifest]), &SMALL));
        // An empty file is a layer without files, so only its digest is wrong.
        let is_told = matches!(reason, Broken::Truncated | Broken::DiffId { .. });
        assert!(is_told, "{length}: {reason}");
    }
    let archive = archive_of(&[tar]);
    for length in (0..archive.len() - 1024).step_by(300) {
        let outcome = read(archive[..length].to_vec(), &SMALL);
        assert!(
            matches!(outcome, Err(ReadError::Broken { .. } | ReadError::TooLarge { .. })),
            "{length}"
        );
    }
}

#[test]
fn sparse_files_are_rejected() {
    let old = Tar::new().bytes(b'S', b"file", b"", 0, b"").finish();
    let new = Tar::new().extended(&[("GNU.sparse.major", "1")]).file("file", "").finish();
    for tar in [old, new] {
        assert!(matches!(broken(read(archive_of(&[tar]), &SMALL)), Broken::Sparse));
    }
}
