use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

use crate::image::read::limits::Limits;
use crate::oci::Digest;

fn entry(path: &str, kind: EntryKind) -> LayerEntry {
    let mode = if kind == EntryKind::Directory { 0o755 } else { 0o644 };
    LayerEntry { path: path.to_owned(), kind, mode }
}

fn content(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn file(path: &str, text: &str) -> LayerEntry {
    entry(path, EntryKind::File { size: text.len() as u64, content: content(text) })
}

fn directory(path: &str) -> LayerEntry {
    entry(path, EntryKind::Directory)
}

fn symlink(path: &str, target: &str) -> LayerEntry {
    entry(path, EntryKind::Symlink(target.into()))
}

fn hard_link(path: &str, target: &str) -> LayerEntry {
    entry(path, EntryKind::HardLink(target.to_owned()))
}

fn merged(layers: &[Vec<LayerEntry>]) -> FileTree {
    let budget = Budget::new(Limits::DEFAULT);
    let mut merge = Merge::new(&budget);
    for layer in layers {
        merge.add(layer).unwrap();
    }
    merge.finish()
}

/// Every path, with a `/` after directories and the target of links.
fn listed(tree: &FileTree) -> Vec<String> {
    let line = |found: super::super::tree::FoundNode<'_>| match &found.node.kind {
        NodeKind::Directory => found.path + "/",
        NodeKind::File { .. } => found.path,
        NodeKind::Symlink(target) => format!("{} -> {target}", found.path),
        NodeKind::Special => format!("{} special", found.path),
    };
    tree.below("/").map(line).collect()
}

fn oddities(tree: &FileTree) -> Vec<String> {
    tree.oddities().first().iter().map(ToString::to_string).collect()
}

#[test]
fn whiteouts_hide_paths_of_lower_layers_and_nothing_else() {
    let lower = vec![file("a/one", ""), file("a/two", ""), file("b/c/deep", ""), file("d", "")];
    let upper = vec![
        file("a/three", ""),
        entry("a/.wh..wh..opq", EntryKind::File { size: 0, content: content("") }),
        file("b/.wh.c", ""),
        file("b/c/new", ""),
        file(".wh.d", ""),
        file(".wh.nothing", ""),
        // A file of the same layer.
        file("e", ""),
        file(".wh.e", ""),
        file(".wh..wh.plnk", ""),
    ];
    let tree = merged(&[lower, upper]);
    assert_eq!(listed(&tree), ["/a/", "/a/three", "/b/", "/b/c/", "/b/c/new", "/e"]);
    // Engines reject a whiteout that hides part of its own layer, or hide that part too.
    assert_eq!(
        oddities(&tree),
        [
            "`b/c/new` is, or is in, a directory that a whiteout of its own layer hides",
            "`.wh.e` is a whiteout of a path of its own layer",
        ]
    );
}

#[test]
fn whiteouts_that_engines_ignore_are_reported() {
    let lower = vec![file("a", ""), file("d/a", "")];
    let tree = merged(&[lower, vec![file(OPAQUE, ""), file(".wh.d", ""), directory("d")]]);
    assert_eq!(listed(&tree), ["/d/"]);
    assert_eq!(
        oddities(&tree),
        [
            "`.wh..wh..opq` is a whiteout of the whole root",
            "`d` is, or is in, a directory that a whiteout of its own layer hides",
        ]
    );
}

#[test]
fn a_directory_keeps_its_content_only_if_the_next_layer_has_a_directory_too() {
    let tree = merged(&[
        vec![file("a/x", ""), file("b", ""), symlink("c", "a"), file("d/x", "")],
        vec![file("a", ""), file("b/x", ""), directory("c"), directory("d/")],
        vec![file("b/y", ""), file("e", ""), file("e/x", "")],
    ]);
    assert_eq!(listed(&tree), ["/a", "/b/", "/b/x", "/b/y", "/c/", "/d/", "/d/x", "/e"]);
    assert_eq!(
        oddities(&tree),
        [
            "`b/x` has a parent that is not a directory in a lower layer",
            // An engine would fail at the file in the place of the directory.
            "`e/x` has a parent that is not a directory",
        ]
    );
}

#[test]
fn entries_follow_links_of_their_own_layer() {
    let tree = merged(&[
        vec![
            directory("usr/lib"),
            symlink("lib", "usr/lib"),
            symlink("usr/up", "../x/../usr"),
            directory("x"),
            file("lib/a", ""),
            file("usr/up/b", ""),
            file("lib/.wh.c", ""),
        ],
        vec![symlink("loop", "loop"), file("loop/a", "")],
        vec![symlink("broken", "nothing"), file("broken/a", "")],
        // A directory replaces the link of a lower layer.
        vec![symlink("lower", "x"), file("lower/c", ""), file("lib/d", ""), file("lib/e", "")],
    ]);
    let expected = [
        "/broken -> nothing",
        "/lib/",
        "/lib/d",
        "/lib/e",
        "/loop -> loop",
        "/lower -> x",
        "/usr/",
        "/usr/b",
        "/usr/lib/",
        "/usr/lib/a",
        "/usr/up -> ../x/../usr",
        "/x/",
        "/x/c",
    ];
    assert_eq!(listed(&tree), expected);
    assert_eq!(
        oddities(&tree),
        [
            "`loop/a` has a parent that is a broken symbolic link",
            "`broken/a` has a parent that is a broken symbolic link",
            "`lower/c` has a parent that is a symbolic link to a directory of a lower layer",
            "`lib/d` has a parent that is not a directory in a lower layer",
        ]
    );
}

#[test]
fn a_hard_link_has_the_content_of_its_target() {
    let tree = merged(&[
        vec![file("a", "first"), directory("d"), hard_link("b", "a"), hard_link("c", "/./b")],
        vec![file("a", "second"), hard_link("up", "../../etc/passwd"), hard_link("no", "nothing")],
        vec![hard_link("directory", "d"), hard_link("c", "c"), file(".wh.b", "")],
        vec![hard_link("e", "a")],
    ]);
    let content_of = |path: &str| match tree.resolve(path).map(|found| &found.node.kind) {
        Ok(NodeKind::File { content, .. }) => Some(*content),
        _ => None,
    };
    assert_eq!(content_of("a"), Some(content("second")));
    assert_eq!(content_of("c"), Some(content("first")));
    assert_eq!(content_of("e"), Some(content("second")));
    assert_eq!(listed(&tree), ["/a", "/c", "/d/", "/e"]);
    assert_eq!(
        oddities(&tree),
        [
            "`up` is a hard link to `../../etc/passwd`, which leaves the image's root",
            "`no` is a hard link to `nothing`, which is not a file of the image",
            "`directory` is a hard link to `d`, which is not a file of the image",
            "`c` is a hard link to `c`, which is not a file of the image",
            "`e` is a hard link to `a`, which is in a lower layer",
        ]
    );
}

#[test]
fn anomalies_are_reported() {
    let tree = merged(&[vec![
        file("../../etc/passwd", ""),
        file("/absolute", ""),
        file("./a/../b", ""),
        file("b", ""),
        symlink("out", "../etc"),
        symlink("usr/in", "../etc"),
        entry("dev", EntryKind::Special),
        entry("what", EntryKind::Odd(OddityKind::UnknownType(b'Z'))),
        file(".wh...", ""),
        file("/", ""),
    ]]);
    assert_eq!(
        listed(&tree),
        ["/absolute", "/b", "/dev special", "/out -> ../etc", "/usr/", "/usr/in -> ../etc"]
    );
    assert_eq!(
        oddities(&tree),
        [
            "`../../etc/passwd` leaves the image's root",
            "`b` occurs twice in one layer",
            "`out` is a symbolic link to `../etc`, which leaves the image's root",
            "`what` has the type `Z`, which can't be unpacked",
            "`.wh...` is a whiteout that hides nothing",
            "`/` leaves the image's root",
        ]
    );
}

/// A file system as a plain map that implements the rules of the OCI specification in the simplest
/// way.
#[derive(Default)]
struct Model(BTreeMap<String, TreeNode>);

impl Model {
    fn add_layer(&mut self, layer: &[LayerEntry]) {
        let mut added: BTreeSet<String> = BTreeSet::new();
        for entry in layer {
            let (directory, name) = entry.path.rsplit_once('/').unwrap_or(("", &entry.path));
            let Some(directories) = self.make_directories(directory, &added) else { continue };
            added.extend(directories);
            let below = |path: &str, around: &str| path.starts_with(&format!("{around}/"));
            if name == OPAQUE {
                self.0.retain(|path, _| {
                    added.contains(path) || !(directory.is_empty() || below(path, directory))
                });
                continue;
            }
            if let Some(hidden) = name.strip_prefix(WHITEOUT) {
                let hidden = entry.path.replace(name, hidden);
                self.0.retain(|path, _| {
                    added.contains(path) || !(*path == hidden || below(path, &hidden))
                });
                continue;
            }
            let kind = match &entry.kind {
                EntryKind::Directory => NodeKind::Directory,
                EntryKind::File { size, content } => {
                    NodeKind::File { size: *size, content: *content }
                }
                EntryKind::Symlink(target) => NodeKind::Symlink(target.clone()),
                EntryKind::HardLink(target) => match self.0.get(target) {
                    Some(node) if node.kind != NodeKind::Directory && *target != entry.path => {
                        let node = node.clone();
                        self.replace(&entry.path, node);
                        added.insert(entry.path.clone());
                        continue;
                    }
                    _ => continue,
                },
                EntryKind::Special | EntryKind::Odd(_) => NodeKind::Special,
            };
            self.replace(&entry.path, TreeNode { kind, mode: entry.mode });
            added.insert(entry.path.clone());
        }
    }

    /// The parent directories of a new entry; `None` if the layer has a file in their place. `added` is the
    /// part of the layer so far.
    fn make_directories(
        &mut self,
        directory: &str,
        added: &BTreeSet<String>,
    ) -> Option<Vec<String>> {
        let ends = directory.match_indices('/').map(|(at, _)| at).chain([directory.len()]);
        let directories: Vec<_> = ends.map(|end| directory[..end].to_owned()).collect();
        let directories: Vec<_> = directories.into_iter().filter(|path| !path.is_empty()).collect();
        for path in &directories {
            let new = TreeNode { kind: NodeKind::Directory, mode: DIRECTORY_MODE };
            match self.0.get(path) {
                Some(there) if there.kind == NodeKind::Directory => {}
                Some(_) if added.contains(path) => return None,
                _ => drop(self.0.insert(path.clone(), new)),
            }
        }
        Some(directories)
    }

    fn replace(&mut self, path: &str, node: TreeNode) {
        if node.kind != NodeKind::Directory {
            let inside = format!("{path}/");
            self.0.retain(|other, _| !other.starts_with(&inside));
        }
        self.0.insert(path.to_owned(), node);
    }
}

fn any_path() -> impl Strategy<Value = String> {
    vec(select(&["a", "b", "c"][..]), 1..4).prop_map(|parts| parts.join("/"))
}

fn any_entry() -> impl Strategy<Value = LayerEntry> {
    let text = select(&["", "one", "two"][..]);
    prop_oneof![
        4 => (any_path(), text).prop_map(|(path, text)| file(&path, text)),
        2 => any_path().prop_map(|path| directory(&path)),
        // No path can be below these.
        1 => any_path().prop_map(|path| symlink(&format!("{path}/link"), "nowhere")),
        1 => (any_path(), any_path()).prop_map(|(path, target)| hard_link(&path, &target)),
        2 => (any_path(), select(&["a", "b", "c"][..]))
            .prop_map(|(path, name)| file(&format!("{path}/{WHITEOUT}{name}"), "")),
        1 => select(&["a", "b"][..]).prop_map(|name| file(&format!("{WHITEOUT}{name}"), "")),
        1 => any_path().prop_map(|path| file(&format!("{path}/{OPAQUE}"), "")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn layers_merge_as_in_a_plain_map(layers in vec(vec(any_entry(), 0..12), 0..5)) {
        let mut model = Model::default();
        for layer in &layers {
            model.add_layer(layer);
        }
        let tree = merged(&layers);
        let found: BTreeMap<String, TreeNode> = tree
            .below("/")
            .map(|found| (found.path.trim_start_matches('/').to_owned(), found.node.clone()))
            .collect();
        prop_assert_eq!(&found, &model.0);
        for (path, node) in &model.0 {
            prop_assert_eq!(tree.resolve(path).map(|found| found.node), Ok(node));
        }
    }
}
