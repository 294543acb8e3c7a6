//! Reads images of arbitrary bytes, and of arbitrary entries with valid headers, and uses the result.
#![no_main]

use std::collections::BTreeSet;

use arbitrary::Arbitrary;
use docker_extension::internals::image::read::FileContent;
use docker_extension::internals::image::read::tree::NodeKind;
use docker_extension::internals::oci::Digest;
use fuzz::tar::Layer;
use fuzz::{archive, tar, within};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    Archive(&'a [u8]),
    Index(&'a str),
    Layers(Vec<Layer<'a>>),
}

impl Input<'_> {
    fn archive(self) -> Vec<u8> {
        match self {
            Input::Archive(bytes) => bytes.to_vec(),
            Input::Index(json) => {
                let mut archive = Vec::new();
                tar::file(&mut archive, "index.json", json.as_bytes());
                archive
            }
            Input::Layers(layers) => archive::docker_save(&layers.iter().collect::<Vec<_>>()),
        }
    }
}

fn read(archive: Vec<u8>) {
    let Ok(image) = archive::read(archive) else { return };
    let mut wanted = BTreeSet::new();
    for variant in &image.variants {
        let tree = &variant.tree;
        let _ = tree.oddities().first().iter().map(ToString::to_string).collect::<String>();
        for found in tree.below("/").take(200) {
            let resolved = tree.resolve(&found.path);
            assert_eq!(resolved.as_ref(), Ok(&found), "a listed path does not resolve to itself");
            if let Ok(end) = tree.follow(&found.path) {
                assert!(!matches!(end.node.kind, NodeKind::Symlink(_)), "a link was not followed");
            }
            if let NodeKind::File { content, .. } = found.node.kind {
                wanted.insert(content);
            }
        }
    }
    let mut found = BTreeSet::new();
    let outcome = image.contents(&wanted, 1024, |id, content| {
        if let FileContent::Whole(bytes) = content {
            assert_eq!(id, Digest::of(&bytes), "a content does not match its digest");
        }
        assert!(found.insert(id), "a content was passed twice");
    });
    assert!(outcome.is_ok() && found == wanted, "the contents can't be read again");
}

fuzz_target!(|input: Input<'_>| within(64 * 1024 * 1024, || read(input.archive())));
