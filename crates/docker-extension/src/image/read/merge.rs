//! Merges layers like container engines do: entry by entry, with whiteouts that hide paths of lower
//! layers.
//!
//! Engines unpack each layer into its own directory, and an overlay file system merges them. An entry
//! that refers to a lower layer, such as a hard link to a file there, finds nothing; such entries are
//! reported as anomalies.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::layer::{EntryKind, LayerEntry};
use super::limits::{Budget, TooLarge};
use super::oddity::{Oddities, OddityKind};
use super::path;
use super::tree::{FileTree, Id, LastLink, NodeKind, ROOT, Slot, TreeNode};

const WHITEOUT: &str = ".wh.";
/// Hides the directory's content of lower layers.
const OPAQUE: &str = ".wh..wh..opq";
/// Metadata of the AUFS file system.
const AUFS: &str = ".wh..wh.";
/// The mode of directories without an entry.
const DIRECTORY_MODE: u32 = 0o755;

/// A tree to which layers are added.
pub(super) struct Merge<'a> {
    tree: FileTree,
    budget: &'a Budget,
    /// The number of the current layer, from 0 for the lowest.
    layer: u32,
    /// The directory and name of every path that whiteouts of this layer hide.
    hidden: BTreeSet<(Id, Arc<str>)>,
    link_steps: u64,
}

/// Why an entry is left out of the tree.
enum EntryError {
    TooLarge(TooLarge),
    Odd(OddityKind),
}

impl From<TooLarge> for EntryError {
    fn from(error: TooLarge) -> Self {
        EntryError::TooLarge(error)
    }
}

impl From<OddityKind> for EntryError {
    fn from(kind: OddityKind) -> Self {
        EntryError::Odd(kind)
    }
}

impl<'a> Merge<'a> {
    /// The tree without layers: an empty root.
    pub fn new(budget: &'a Budget) -> Self {
        let node = TreeNode { kind: NodeKind::Directory, mode: DIRECTORY_MODE };
        let root = Slot::new(node, "".into(), ROOT, 0);
        let tree = FileTree { nodes: vec![root], oddities: Oddities::default() };
        Self { tree, budget, layer: 0, hidden: BTreeSet::new(), link_steps: 0 }
    }

    /// Adds the next layer.
    pub fn add(&mut self, layer: &[LayerEntry]) -> Result<(), TooLarge> {
        for entry in layer {
            match self.add_entry(entry) {
                Ok(()) => {}
                Err(EntryError::TooLarge(error)) => return Err(error),
                Err(EntryError::Odd(kind)) => self.note(entry, kind),
            }
        }
        self.layer += 1;
        self.hidden.clear();
        Ok(())
    }

    /// The merged tree.
    pub fn finish(self) -> FileTree {
        self.tree
    }

    fn note(&mut self, entry: &LayerEntry, kind: OddityKind) {
        self.tree.oddities.add(&entry.path, kind);
    }

    fn add_entry(&mut self, entry: &LayerEntry) -> Result<(), EntryError> {
        if let EntryKind::Odd(kind) = &entry.kind {
            return Err(kind.clone().into());
        }
        let parts = path::parts(&entry.path).ok_or(OddityKind::LeavesRoot)?;
        let Some((name, directory)) = parts.split_last() else {
            return self.add_root(entry);
        };
        let parent = self.directory(entry, directory)?;
        self.touch(parent);
        if *name == OPAQUE {
            if parent == ROOT {
                self.note(entry, OddityKind::OpaqueRoot);
            }
            self.clear(parent);
            return Ok(());
        }
        if name.starts_with(AUFS) {
            return Ok(());
        }
        if let Some(hidden) = name.strip_prefix(WHITEOUT) {
            return self.hide(entry, parent, hidden);
        }
        let node = self.node(entry, parent, name)?;
        if let NodeKind::Symlink(target) = &node.kind
            && path::link_leaves_root(directory, target)
        {
            self.note(entry, OddityKind::SymlinkLeavesRoot(target.to_string()));
        }
        self.put(entry, parent, name, node)
    }

    fn add_root(&mut self, entry: &LayerEntry) -> Result<(), EntryError> {
        match entry.kind {
            EntryKind::Directory => {
                self.slot_mut(ROOT).node.mode = entry.mode;
                Ok(())
            }
            _ => Err(OddityKind::LeavesRoot.into()),
        }
    }

    fn node(&mut self, entry: &LayerEntry, parent: Id, name: &str) -> Result<TreeNode, EntryError> {
        let kind = match &entry.kind {
            EntryKind::Directory => NodeKind::Directory,
            EntryKind::File { size, content } => NodeKind::File { size: *size, content: *content },
            EntryKind::Symlink(target) => NodeKind::Symlink(target.clone()),
            EntryKind::HardLink(target) => return self.link_target(entry, target, parent, name),
            EntryKind::Special | EntryKind::Odd(_) => NodeKind::Special,
        };
        Ok(TreeNode { kind, mode: entry.mode })
    }

    fn link_target(
        &mut self,
        entry: &LayerEntry,
        target: &str,
        parent: Id,
        name: &str,
    ) -> Result<TreeNode, EntryError> {
        let parts =
            path::parts(target).ok_or_else(|| OddityKind::HardLinkLeavesRoot(target.to_owned()))?;
        let found = self.tree.walk(ROOT, &parts, LastLink::Keep, &mut self.link_steps).ok();
        self.check_steps()?;
        // Engines remove the file at the link's own path before they create the link.
        let itself = self.tree.slot(parent).children.get(name).copied();
        let slot = found.filter(|id| Some(*id) != itself).map(|id| self.tree.slot(id));
        let Some(slot) = slot.filter(|slot| slot.node.kind != NodeKind::Directory) else {
            return Err(OddityKind::HardLinkToNowhere(target.to_owned()).into());
        };
        let (node, is_lower) = (slot.node.clone(), slot.touched != self.layer);
        if is_lower {
            self.note(entry, OddityKind::HardLinkToLowerLayer(target.to_owned()));
        }
        Ok(node)
    }

    /// Replaces the node at this path. A directory keeps its content if the new node is a directory too.
    fn put(
        &mut self,
        entry: &LayerEntry,
        parent: Id,
        name: &str,
        node: TreeNode,
    ) -> Result<(), EntryError> {
        let layer = self.layer;
        if let Some(there) = self.tree.slot(parent).children.get(name).copied() {
            let slot = self.slot_mut(there);
            if slot.node.kind == NodeKind::Directory && node.kind == NodeKind::Directory {
                slot.node.mode = node.mode;
                slot.touched = layer;
                return Ok(());
            }
            if slot.touched == layer {
                self.note(entry, OddityKind::Duplicate);
            }
        }
        self.insert(entry, parent, name, node)?;
        Ok(())
    }

    fn insert(
        &mut self,
        entry: &LayerEntry,
        parent: Id,
        name: &str,
        node: TreeNode,
    ) -> Result<Id, TooLarge> {
        self.budget.node()?;
        let id = Id::try_from(self.tree.nodes.len()).map_err(|_| TooLarge::Entries(u64::MAX))?;
        let name: Arc<str> = name.into();
        if node.kind == NodeKind::Directory && self.hidden.contains(&(parent, name.clone())) {
            self.note(entry, OddityKind::HiddenByOwnLayer);
        }
        self.tree.nodes.push(Slot::new(node, name.clone(), parent, self.layer));
        self.slot_mut(parent).children.insert(name, id);
        self.touch(parent);
        Ok(id)
    }

    /// The parent directory of an entry; missing directories are created.
    fn directory(&mut self, entry: &LayerEntry, parts: &[&str]) -> Result<Id, EntryError> {
        let mut at = ROOT;
        for part in parts {
            let child = self.tree.slot(at).children.get(*part).map(|&id| {
                let slot = self.tree.slot(id);
                (id, &slot.node.kind, slot.touched == self.layer)
            });
            at = match child {
                Some((id, NodeKind::Directory, _)) => id,
                Some((_, NodeKind::Symlink(_), true)) => self.linked_directory(entry, at, part)?,
                Some((_, _, true)) => return Err(OddityKind::NotInDirectory.into()),
                Some((_, _, false)) => {
                    self.note(entry, OddityKind::NotInLowerDirectory);
                    self.insert_directory(entry, at, part)?
                }
                None => self.insert_directory(entry, at, part)?,
            };
        }
        Ok(at)
    }

    fn insert_directory(
        &mut self,
        entry: &LayerEntry,
        parent: Id,
        name: &str,
    ) -> Result<Id, TooLarge> {
        self.insert(
            entry,
            parent,
            name,
            TreeNode { kind: NodeKind::Directory, mode: DIRECTORY_MODE },
        )
    }

    fn linked_directory(
        &mut self,
        entry: &LayerEntry,
        directory: Id,
        link: &str,
    ) -> Result<Id, EntryError> {
        let found = self.tree.walk(directory, &[link], LastLink::Follow, &mut self.link_steps);
        self.check_steps()?;
        match found {
            Ok(id) if self.tree.slot(id).node.kind == NodeKind::Directory => {
                if self.tree.slot(id).touched != self.layer {
                    self.note(entry, OddityKind::BehindLinkToLower);
                }
                Ok(id)
            }
            Ok(_) => Err(OddityKind::NotInDirectory.into()),
            Err(_) => Err(OddityKind::BehindBrokenLink.into()),
        }
    }

    fn check_steps(&self) -> Result<(), TooLarge> {
        let limit = self.budget.limits.link_steps;
        if self.link_steps > limit { Err(TooLarge::LinkSteps(limit)) } else { Ok(()) }
    }

    /// Hides the path of lower layers with this name.
    fn hide(&mut self, entry: &LayerEntry, parent: Id, name: &str) -> Result<(), EntryError> {
        if matches!(name, "" | "." | "..") {
            return Err(OddityKind::Whiteout.into());
        }
        self.hidden.insert((parent, name.into()));
        let Some(there) = self.tree.slot(parent).children.get(name).copied() else {
            return Ok(());
        };
        if self.tree.slot(there).touched == self.layer {
            self.note(entry, OddityKind::HidesOwnLayer);
            self.clear(there);
        } else {
            self.slot_mut(parent).children.remove(name);
        }
        Ok(())
    }

    /// Hides the content of lower layers in a directory. Once per layer is enough: afterwards, the
    /// directory contains nothing from them.
    fn clear(&mut self, directory: Id) {
        let layer = self.layer;
        let mut left = vec![directory];
        while let Some(id) = left.pop() {
            if self.tree.slot(id).cleared == Some(layer) {
                continue;
            }
            let mut children = std::mem::take(&mut self.slot_mut(id).children);
            children.retain(|_, child| self.tree.slot(*child).touched == layer);
            left.extend(children.values());
            let slot = self.slot_mut(id);
            slot.children = children;
            slot.cleared = Some(layer);
        }
    }

    /// Marks a node and its parent directories as part of this layer.
    fn touch(&mut self, id: Id) {
        let layer = self.layer;
        let mut at = id;
        loop {
            let slot = self.slot_mut(at);
            let was_touched = std::mem::replace(&mut slot.touched, layer) == layer;
            if was_touched || at == ROOT {
                return;
            }
            at = slot.parent;
        }
    }

    fn slot_mut(&mut self, id: Id) -> &mut Slot {
        &mut self.tree.nodes[id as usize]
    }
}

impl Slot {
    fn new(node: TreeNode, name: Arc<str>, parent: Id, layer: u32) -> Self {
        let children = BTreeMap::new();
        Self { node, name, parent, children, touched: layer, cleared: None }
    }
}

#[cfg(test)]
mod tests;
