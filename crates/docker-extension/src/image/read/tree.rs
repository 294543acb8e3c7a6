//! The file system of a variant: the result of merging its layers.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::limits::LINKS;
use super::oddity::Oddities;
use super::path;
use crate::oci::Digest;

/// The merged file system of a variant.
///
/// Nodes are in one list, and refer to each other by their index, so that no function recurses into
/// directories, however deep they are.
#[derive(Debug)]
pub struct FileTree {
    pub(super) nodes: Vec<Slot>,
    pub(super) oddities: Oddities,
}

/// A file, directory or link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeNode {
    pub kind: NodeKind,
    /// Permissions, with the set-user-ID, set-group-ID and sticky bits.
    pub mode: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeKind {
    Directory,
    /// A file; hard links are files with the content of their target.
    File {
        /// In bytes.
        size: u64,
        /// The digest of its content, which is the same for equal files in all layers.
        content: Digest,
    },
    /// A symbolic link with this target.
    Symlink(Arc<str>),
    /// A device or a pipe.
    Special,
}

/// The index of a node in the tree.
pub(super) type Id = u32;
/// The root.
pub(super) const ROOT: Id = 0;

/// A node and its relations.
#[derive(Debug)]
pub(super) struct Slot {
    pub node: TreeNode,
    pub name: Arc<str>,
    /// The root is its own parent.
    pub parent: Id,
    /// Empty unless it is a directory.
    pub children: BTreeMap<Arc<str>, Id>,
    /// The last layer that contains it or a path below it.
    pub touched: u32,
    /// The last layer that has hidden the directory's content of lower layers.
    pub cleared: Option<u32>,
}

/// The result of resolving a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundNode<'a> {
    /// The node's own path, with links resolved: `/ui/index.html`.
    pub path: String,
    pub node: &'a TreeNode,
}

/// Why a path can't be resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// There is no such file.
    #[error("it does not exist")]
    NotFound,
    /// A component of the path is not a directory.
    #[error("a component of its path is not a directory")]
    NotADirectory,
    /// The path contains a cycle of symbolic links.
    #[error("it leads through more than {LINKS} symbolic links")]
    TooManyLinks,
}

impl FileTree {
    /// The node at `path`. As in `docker cp`, symbolic links are followed in parent directories, but not at
    /// the end. A leading `/` makes no difference, and `/..` is the root.
    ///
    /// # Errors
    /// The path does not exist.
    pub fn resolve(&self, path: &str) -> Result<FoundNode<'_>, Unresolved> {
        self.look_up(path, LastLink::Keep)
    }

    /// The node at `path`, with a symbolic link at the end followed too.
    ///
    /// # Errors
    /// The path does not exist.
    pub fn follow(&self, path: &str) -> Result<FoundNode<'_>, Unresolved> {
        self.look_up(path, LastLink::Follow)
    }

    /// The content of the directory `path`, recursively, sorted by path. Symbolic links are not followed.
    /// Empty if the directory does not exist.
    pub fn below(&self, path: &str) -> impl Iterator<Item = FoundNode<'_>> {
        let start = self.walk(ROOT, &path::parts_within_root(path), LastLink::Follow, &mut 0);
        let mut open = start.map_or_else(|_| Vec::new(), |id| self.children_reversed(id));
        std::iter::from_fn(move || {
            let id = open.pop()?;
            open.extend(self.children_reversed(id));
            Some(self.found(id))
        })
    }

    /// The anomalies of the variant's layers.
    pub fn oddities(&self) -> &Oddities {
        &self.oddities
    }

    fn look_up(&self, path: &str, last: LastLink) -> Result<FoundNode<'_>, Unresolved> {
        let id = self.walk(ROOT, &path::parts_within_root(path), last, &mut 0)?;
        Ok(self.found(id))
    }

    fn children_reversed(&self, id: Id) -> Vec<Id> {
        self.slot(id).children.values().rev().copied().collect()
    }

    fn found(&self, id: Id) -> FoundNode<'_> {
        let mut names = Vec::new();
        let mut at = id;
        while at != ROOT {
            names.push(&*self.slot(at).name);
            at = self.slot(at).parent;
        }
        let path = names.iter().rev().fold(String::new(), |path, name| path + "/" + name);
        let path = if path.is_empty() { "/".to_owned() } else { path };
        FoundNode { path, node: &self.slot(id).node }
    }

    pub(super) fn slot(&self, id: Id) -> &Slot {
        &self.nodes[id as usize]
    }

    /// Goes from the directory `start` along `parts`, and adds the number of components from followed links
    /// to `steps`.
    pub(super) fn walk(
        &self,
        start: Id,
        parts: &[&str],
        last: LastLink,
        steps: &mut u64,
    ) -> Result<Id, Unresolved> {
        let mut at = start;
        let mut links = 0;
        let mut left: Vec<&str> = parts.iter().rev().copied().collect();
        while let Some(part) = left.pop() {
            let slot = self.slot(at);
            if slot.node.kind != NodeKind::Directory {
                return Err(Unresolved::NotADirectory);
            }
            let next = match part {
                "" | "." => at,
                ".." => slot.parent,
                part => *slot.children.get(part).ok_or(Unresolved::NotFound)?,
            };
            match &self.slot(next).node.kind {
                NodeKind::Symlink(target) if !left.is_empty() || last == LastLink::Follow => {
                    links += 1;
                    if links > LINKS {
                        return Err(Unresolved::TooManyLinks);
                    }
                    if target.starts_with('/') {
                        at = ROOT;
                    }
                    let before = left.len();
                    left.extend(target.split('/').rev());
                    *steps += (left.len() - before) as u64;
                }
                _ => at = next,
            }
        }
        Ok(at)
    }
}

/// Whether a symbolic link at the end of a path is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LastLink {
    Keep,
    Follow,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::read::limits::Limits;
    use crate::image::read::testing::{Tar, archive_of, read};

    fn tree(tar: Tar) -> FileTree {
        let mut image = read(archive_of(&[tar.finish()]), &Limits::DEFAULT).unwrap();
        image.variants.remove(0).tree
    }

    #[test]
    fn links_in_a_path_are_followed_and_the_last_one_on_request() {
        let tree = tree(
            Tar::new()
                .file("usr/bin/tool", "")
                .symlink("bin", "usr/bin")
                .symlink("tool", "./bin/../bin/tool")
                .symlink("up", "../../../usr")
                .symlink("usr/absolute", "/bin"),
        );
        let resolve = |path: &str| tree.resolve(path).map(|found| found.path);
        let follow = |path: &str| tree.follow(path).map(|found| found.path);
        assert_eq!(resolve("/bin/tool"), Ok("/usr/bin/tool".into()));
        assert_eq!(resolve("bin"), Ok("/bin".into()));
        assert_eq!(follow("bin"), Ok("/usr/bin".into()));
        assert_eq!(follow("/tool"), Ok("/usr/bin/tool".into()));
        assert_eq!(resolve("up/absolute/tool"), Ok("/usr/bin/tool".into()));
        assert_eq!(resolve("/../../usr/./x/../bin"), Ok("/usr/bin".into()));
        assert_eq!(resolve("/"), Ok("/".into()));
        assert_eq!(resolve("tool/x"), Err(Unresolved::NotADirectory));
        assert_eq!(resolve("missing/x"), Err(Unresolved::NotFound));
    }

    #[test]
    fn cycles_of_links_are_errors() {
        let tree = tree(
            Tar::new()
                .symlink("a", "b")
                .symlink("b", "a")
                .symlink("d", "d/d/d")
                .symlink("e", "./e/x"),
        );
        for path in ["a", "b/x", "d", "e"] {
            assert_eq!(tree.follow(path), Err(Unresolved::TooManyLinks), "{path}");
        }
        assert_eq!(tree.resolve("a").map(|found| found.path), Ok("/a".into()));
    }

    #[test]
    fn a_directory_is_listed_recursively() {
        let tree = tree(
            Tar::new().file("ui/b/c", "").file("ui/a", "").file("uix", "").symlink("link", "ui/b"),
        );
        let below = |path: &str| tree.below(path).map(|found| found.path).collect::<Vec<_>>();
        assert_eq!(below("/ui"), ["/ui/a", "/ui/b", "/ui/b/c"]);
        assert_eq!(below("link"), ["/ui/b/c"]);
        assert_eq!(below("ui/a"), Vec::<String>::new());
        assert_eq!(below("missing"), Vec::<String>::new());
    }
}
