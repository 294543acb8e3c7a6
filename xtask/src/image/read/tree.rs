//! The files of a variant: its layers, laid one over the other.
//!
//! Whiteouts are those of the OCI image specification ("Layer Filesystem Changeset").

use std::collections::BTreeMap;

use super::limits;

const WHITEOUT: &str = ".wh.";
const OPAQUE: &str = ".wh..wh..opq";

/// A file's content: equal where it is the same bytes of the same layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentId {
    /// The layer, among all of the image.
    pub(super) layer: usize,
    /// The entry in the layer.
    pub(super) entry: usize,
}

/// A file, folder or link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Its permissions: `0o755`.
    pub mode: u32,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A file.
    File {
        /// Its size in bytes.
        size: u64,
        /// What it holds.
        content: ContentId,
    },
    /// A folder.
    Folder(Folder),
    /// A symbolic link.
    Symlink {
        /// Where it leads.
        target: String,
    },
    /// A device, a pipe.
    Special,
}

/// The nodes in a folder, by name.
pub type Folder = BTreeMap<String, Node>;

/// An entry of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its path as the layer has it.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: EntryKind,
    /// Its permissions.
    pub mode: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum EntryKind {
    File { size: u64 },
    Folder,
    Symlink { target: Vec<u8> },
    HardLink { target: Vec<u8> },
    Special,
}

/// Where a path leads.
#[derive(Debug, PartialEq, Eq)]
pub enum Resolved<'a> {
    /// To this.
    Found(&'a Node),
    /// To nothing.
    Missing,
    /// Around in a circle, or through too many links.
    Loop,
}

/// The files of a variant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    root: Folder,
    oddities: Vec<Oddity>,
}

/// An entry that does not belong into a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oddity {
    /// The entry's path.
    pub path: String,
    /// What is odd about it.
    pub reason: &'static str,
}

/// So many oddities are kept, and no more.
const MOST_ODDITIES: usize = 100;

impl Tree {
    /// Lays a layer over what is there. `budget` is how many nodes may still be made.
    pub(super) fn apply(
        &mut self,
        layer: usize,
        entries: &[Entry],
        budget: &mut usize,
    ) -> Result<(), &'static str> {
        self.hide(entries);
        for (number, entry) in entries.iter().enumerate() {
            match parts(&entry.path) {
                Ok(parts) if parts.last().is_some_and(|name| name.starts_with(WHITEOUT)) => {}
                Ok(parts) => {
                    let content = ContentId { layer, entry: number };
                    if let Err(reason) = self.put(&parts, entry, content, budget)? {
                        self.note(&entry.path, reason);
                    }
                }
                Err(reason) => self.note(&entry.path, reason),
            }
        }
        Ok(())
    }

    /// What a layer hides is that of the layers below, wherever the whiteout stands in it.
    fn hide(&mut self, entries: &[Entry]) {
        for entry in entries {
            let Ok(parts) = parts(&entry.path) else { continue };
            let Some((name, folder)) = parts.split_last() else { continue };
            let Some(hidden) = name.strip_prefix(WHITEOUT) else { continue };
            let Some(folder) = self.existing_folder(folder) else { continue };
            if *name == OPAQUE {
                folder.clear();
            } else {
                folder.remove(hidden);
            }
        }
    }

    fn existing_folder(&mut self, parts: &[&str]) -> Option<&mut Folder> {
        parts.iter().try_fold(&mut self.root, |folder, part| {
            match &mut folder.get_mut(*part)?.kind {
                NodeKind::Folder(inner) => Some(inner),
                _ => None,
            }
        })
    }

    /// The outer error is that there is too much, the inner one that the entry is odd.
    fn put(
        &mut self,
        parts: &[&str],
        entry: &Entry,
        content: ContentId,
        budget: &mut usize,
    ) -> Result<Result<(), &'static str>, &'static str> {
        let Some((name, around)) = parts.split_last() else { return Ok(Ok(())) };
        let kind = match &entry.kind {
            EntryKind::File { size } => NodeKind::File { size: *size, content },
            EntryKind::Folder => NodeKind::Folder(Folder::new()),
            EntryKind::Symlink { target } => match std::str::from_utf8(target) {
                Ok(target) => NodeKind::Symlink { target: target.to_owned() },
                Err(_) => return Ok(Err("it leads to a name that is not UTF-8")),
            },
            EntryKind::HardLink { target } => match self.linked(target) {
                Ok(kind) => kind,
                Err(reason) => return Ok(Err(reason)),
            },
            EntryKind::Special => NodeKind::Special,
        };
        let mut folder = &mut self.root;
        for part in around {
            let inner = take(folder, part, budget)?;
            if !matches!(inner.kind, NodeKind::Folder(_)) {
                inner.kind = NodeKind::Folder(Folder::new());
                inner.mode = 0o755;
            }
            let NodeKind::Folder(next) = &mut inner.kind else {
                return Ok(Err("it has no folder"));
            };
            folder = next;
        }
        let node = take(folder, name, budget)?;
        node.mode = entry.mode;
        // A folder that is there keeps what is in it.
        if !matches!((&node.kind, &kind), (NodeKind::Folder(_), NodeKind::Folder(_))) {
            node.kind = kind;
        }
        Ok(Ok(()))
    }

    /// What a hard link shares with its target.
    fn linked(&self, target: &[u8]) -> Result<NodeKind, &'static str> {
        let parts = parts(target).map_err(|_| "it is a hard link that leads out of the image")?;
        let (name, around) = parts.split_last().ok_or("it is a hard link to the root")?;
        let folder =
            around.iter().try_fold(&self.root, |folder, part| match &folder.get(*part)?.kind {
                NodeKind::Folder(inner) => Some(inner),
                _ => None,
            });
        match folder.and_then(|folder| folder.get(*name)).map(|node| &node.kind) {
            Some(NodeKind::Folder(_)) => Err("it is a hard link to a folder"),
            Some(kind) => Ok(kind.clone()),
            None => Err("it is a hard link to a file that is not there"),
        }
    }

    fn note(&mut self, path: &[u8], reason: &'static str) {
        if self.oddities.len() < MOST_ODDITIES {
            let path = String::from_utf8_lossy(path).into_owned();
            self.oddities.push(Oddity { path, reason });
        }
    }

    /// Entries that do not belong into a layer.
    pub fn oddities(&self) -> &[Oddity] {
        &self.oddities
    }

    /// What stands at `path`, as `docker cp` finds it: links on the way are followed, one at its end
    /// is what is found.
    pub fn resolve(&self, path: &str) -> Resolved<'_> {
        // The parts that are still to go, the next one last.
        let mut ahead: Vec<&str> = path.rsplit('/').collect();
        let mut way: Vec<&Folder> = Vec::new();
        let mut links = 0;
        while let Some(part) = ahead.pop() {
            match part {
                "" | "." => continue,
                ".." => {
                    way.pop();
                    continue;
                }
                _ => {}
            }
            let folder = way.last().copied().unwrap_or(&self.root);
            let Some(node) = folder.get(part) else { return Resolved::Missing };
            let is_last = ahead.iter().all(|part| matches!(*part, "" | "."));
            match &node.kind {
                _ if is_last => return Resolved::Found(node),
                NodeKind::Folder(inner) => way.push(inner),
                NodeKind::Symlink { target } => {
                    links += 1;
                    if links > limits::LINKS || ahead.len() > limits::DEPTH * 4 {
                        return Resolved::Loop;
                    }
                    if target.starts_with('/') {
                        way.clear();
                    }
                    ahead.extend(target.rsplit('/'));
                }
                _ => return Resolved::Missing,
            }
        }
        Resolved::Missing
    }
}

/// The node of that name, made as an empty folder where there is none.
fn take<'a>(
    folder: &'a mut Folder,
    name: &str,
    budget: &mut usize,
) -> Result<&'a mut Node, &'static str> {
    if !folder.contains_key(name) {
        *budget = budget.checked_sub(1).ok_or("it has too many files and folders")?;
    }
    let new = || Node { kind: NodeKind::Folder(Folder::new()), mode: 0o755 };
    Ok(folder.entry(name.to_owned()).or_insert_with(new))
}

/// The parts of an entry's path: none for the root.
fn parts(path: &[u8]) -> Result<Vec<&str>, &'static str> {
    let path = std::str::from_utf8(path).map_err(|_| "its name is not UTF-8")?;
    if path.contains('\0') {
        return Err("its name has a zero byte in it");
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop().ok_or("it leads out of the image")?),
            part => parts.push(part),
        }
    }
    if parts.len() > limits::DEPTH { Err("it is in too many folders") } else { Ok(parts) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, kind: EntryKind) -> Entry {
        Entry { path: path.into(), kind, mode: 0o755 }
    }

    fn file(path: &str) -> Entry {
        entry(path, EntryKind::File { size: 1 })
    }

    fn link(path: &str, target: &str) -> Entry {
        entry(path, EntryKind::Symlink { target: target.into() })
    }

    fn hard_link(path: &str, target: &str) -> Entry {
        entry(path, EntryKind::HardLink { target: target.into() })
    }

    fn tree(layers: &[&[Entry]]) -> Tree {
        let mut tree = Tree::default();
        let mut budget = limits::ENTRIES;
        for (number, layer) in layers.iter().enumerate() {
            tree.apply(number, layer, &mut budget).unwrap();
        }
        tree
    }

    fn content(tree: &Tree, path: &str) -> Option<(usize, usize)> {
        match tree.resolve(path) {
            Resolved::Found(Node { kind: NodeKind::File { content, .. }, .. }) => {
                Some((content.layer, content.entry))
            }
            _ => None,
        }
    }

    #[test]
    fn a_later_layer_replaces_and_hides() {
        let tree = tree(&[
            &[file("a/one"), file("a/two"), file("b/one"), file("c")],
            &[file("./a/one"), file("a/.wh.two"), file("b/new"), file("b/.wh..wh..opq")],
            &[file("c/inside"), file(".wh.nothing")],
        ]);
        assert_eq!(content(&tree, "/a/one"), Some((1, 0)));
        assert_eq!(content(&tree, "/a/two"), None);
        assert_eq!(content(&tree, "/b/one"), None);
        assert_eq!(content(&tree, "/b/new"), Some((1, 2)));
        assert_eq!(content(&tree, "/c/inside"), Some((2, 0)));
        assert_eq!(tree.oddities(), []);
    }

    #[test]
    fn links_on_the_way_are_followed_and_circles_end() {
        let tree = tree(&[&[
            file("usr/bin/tool"),
            link("bin", "usr/bin"),
            link("up", "/usr/../bin/./"),
            link("circle", "circle"),
            link("tool", "/usr/bin/tool"),
        ]]);
        assert_eq!(content(&tree, "/bin/tool"), Some((0, 0)));
        assert_eq!(content(&tree, "/up/tool"), Some((0, 0)));
        assert_eq!(tree.resolve("/circle/tool"), Resolved::Loop);
        assert!(matches!(
            tree.resolve("/tool"),
            Resolved::Found(Node { kind: NodeKind::Symlink { .. }, .. })
        ));
        assert_eq!(tree.resolve("/usr/bin/tool/x"), Resolved::Missing);
    }

    #[test]
    fn a_hard_link_is_its_target_and_odd_entries_are_told() {
        let tree = tree(&[&[
            file("tool"),
            hard_link("same", "tool"),
            hard_link("none", "missing"),
            hard_link("out", "../../etc/passwd"),
            file("../../etc/passwd"),
            file("a/../b"),
        ]]);
        assert_eq!(content(&tree, "/same"), Some((0, 0)));
        assert_eq!(content(&tree, "/b"), Some((0, 5)));
        let odd: Vec<&str> = tree.oddities().iter().map(|odd| odd.path.as_str()).collect();
        assert_eq!(odd, ["none", "out", "../../etc/passwd"]);
    }

    #[test]
    fn the_number_of_nodes_is_limited() {
        let mut budget = 3;
        let entries = [file("a/b/c"), file("d")];
        assert!(Tree::default().apply(0, &entries, &mut budget).is_err());
    }
}
