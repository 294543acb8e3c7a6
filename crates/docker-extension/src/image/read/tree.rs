//! The file system of a variant: what is left when each layer has been laid over those below it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::limits::LINKS;
use super::oddity::Oddities;
use super::path;
use crate::oci::Digest;

/// The merged file system of a variant.
///
/// Nodes stand in one list and name each other by their place in it, so that nothing recurses into
/// folders, however deep they are.
#[derive(Debug)]
pub struct FileTree {
    pub(super) nodes: Vec<Slot>,
    pub(super) oddities: Oddities,
}

/// A file, folder or link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeNode {
    pub kind: NodeKind,
    /// Its permissions, with the set-user-ID, set-group-ID and sticky bits.
    pub mode: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeKind {
    Folder,
    /// A file; hard links are files with the content of their target.
    File {
        /// In bytes.
        size: u64,
        /// The digest of its content, which is the same for equal files of all layers.
        content: Digest,
    },
    /// A symbolic link with this text.
    Symlink(Arc<str>),
    /// A device or a pipe.
    Special,
}

/// A node's place among the nodes of a tree.
pub(super) type Id = u32;
/// The root's.
pub(super) const ROOT: Id = 0;

/// A node, and what it takes to find others from it.
#[derive(Debug)]
pub(super) struct Slot {
    pub node: TreeNode,
    pub name: Arc<str>,
    /// The root's is the root.
    pub parent: Id,
    /// Empty where it is no folder.
    pub children: BTreeMap<Arc<str>, Id>,
    /// The last layer that has it or something in it.
    pub touched: u32,
    /// The last layer that hid all that those below it have in this folder.
    pub cleared: Option<u32>,
}

/// Where a path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundNode<'a> {
    /// The path of the node itself, without the links on the way: `/ui/index.html`.
    pub path: String,
    pub node: &'a TreeNode,
}

/// A path leads to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// There is no such file.
    #[error("it does not exist")]
    NotFound,
    /// Something on the way is no folder.
    #[error("something on the way to it is no folder")]
    NotAFolder,
    /// There are symbolic links in a circle on the way.
    #[error("more than {LINKS} symbolic links lead to it")]
    TooManyLinks,
}

impl FileTree {
    /// What `path` names. Symbolic links are followed in the folders on the way, as `docker cp`
    /// does it, and not at its end. `/` in front makes no difference, and `/..` is the root.
    ///
    /// # Errors
    /// It names nothing.
    pub fn resolve(&self, path: &str) -> Result<FoundNode<'_>, Unresolved> {
        self.look_up(path, LastLink::Keep)
    }

    /// What `path` leads to in the end: the same, but a symbolic link at its end is followed too.
    ///
    /// # Errors
    /// It leads to nothing.
    pub fn follow(&self, path: &str) -> Result<FoundNode<'_>, Unresolved> {
        self.look_up(path, LastLink::Follow)
    }

    /// All that is in the folder `path`, and in the folders there, sorted by name. Symbolic links
    /// are not followed. Nothing where there is no such folder.
    pub fn below(&self, path: &str) -> impl Iterator<Item = FoundNode<'_>> {
        let start = self.walk(ROOT, &path::parts_within_root(path), LastLink::Follow, &mut 0);
        let mut open = start.map_or_else(|_| Vec::new(), |id| self.children_reversed(id));
        std::iter::from_fn(move || {
            let id = open.pop()?;
            open.extend(self.children_reversed(id));
            Some(self.found(id))
        })
    }

    /// What is strange about the variant's layers.
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

    /// Goes from the folder `start` along `parts`, and adds to `steps` the parts of links that it
    /// went through.
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
            if slot.node.kind != NodeKind::Folder {
                return Err(Unresolved::NotAFolder);
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

/// What becomes of a symbolic link at the end of a path.
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
    fn links_on_the_way_are_followed_and_the_last_one_if_asked_for() {
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
        assert_eq!(resolve("tool/x"), Err(Unresolved::NotAFolder));
        assert_eq!(resolve("missing/x"), Err(Unresolved::NotFound));
    }

    #[test]
    fn circles_end() {
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
    fn a_folder_is_listed_with_all_below_it() {
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
