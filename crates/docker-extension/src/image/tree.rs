//! What one layer puts into the image: the files that `COPY` would find, with names and modes, and
//! nothing else that the disk knows about them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::{self, FileType};

use camino::{Utf8Path, Utf8PathBuf};

use super::Error;
use crate::context::contents::{Context, FileMode, Layer};
use crate::files::{self, IoContext};
use crate::platform::ImagePlatform;

/// The tree of one layer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tree {
    /// The mode of its files.
    pub mode: FileMode,
    /// Its entries by their path in the image. Paths compare part by part, so that a folder comes
    /// before what it holds.
    pub entries: BTreeMap<Utf8PathBuf, Node>,
}

/// An entry of a tree.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// A folder.
    Folder,
    /// A file with the content of this one on disk.
    File(Utf8PathBuf),
}

impl Tree {
    /// The tree that `layer` has in one variant of the image.
    pub fn of(context: &Context, layer: &Layer, platform: ImagePlatform) -> Result<Self, Error> {
        let mut tree = Tree { mode: layer.mode, entries: BTreeMap::new() };
        // The last of a path's ancestors is empty: the root, which every image has.
        for folder in layer.folder.ancestors().filter(|folder| !folder.as_str().is_empty()) {
            tree.entries.insert(folder.to_owned(), Node::Folder);
        }
        for source in &layer.sources {
            tree.copy(&context.dir().join(source.path(platform)), &layer.folder)?;
        }
        Ok(tree)
    }

    /// Whether an engine can pack `context`: for one that does not go by trees itself.
    pub fn check(context: &Context) -> Result<(), Error> {
        for layer in &context.contents().layers {
            for platform in ImagePlatform::ALL {
                Tree::of(context, layer, platform)?;
            }
        }
        Ok(())
    }

    /// How many files it has.
    pub fn files(&self) -> usize {
        self.entries.values().filter(|node| **node != Node::Folder).count()
    }

    fn copy(&mut self, source: &Utf8Path, folder: &Utf8Path) -> Result<(), Error> {
        let file_type = fs::symlink_metadata(source).doing("read", source)?.file_type();
        match (file_type.is_dir(), source.file_name()) {
            (false, Some(name)) => self.add(source, file_type, folder.join(name)),
            _ => self.copy_entries(source, folder),
        }
    }

    fn copy_entries(&mut self, source: &Utf8Path, folder: &Utf8Path) -> Result<(), Error> {
        for entry in files::entries(source)? {
            let file_type = entry.file_type().doing("read", entry.path())?;
            self.add(entry.path(), file_type, folder.join(entry.file_name()))?;
        }
        Ok(())
    }

    fn add(&mut self, source: &Utf8Path, kind: FileType, path: Utf8PathBuf) -> Result<(), Error> {
        if kind.is_dir() {
            self.insert(path.clone(), Node::Folder)?;
            self.copy_entries(source, &path)
        } else if kind.is_file() {
            self.insert(path, Node::File(source.to_owned()))
        } else {
            let kind = if kind.is_symlink() { "a symbolic link" } else { "a special file" };
            Err(Error::Unsupported { path: source.to_owned(), kind })
        }
    }

    /// `COPY` lets the later file win; that two sources share a name is a mistake all the same.
    fn insert(&mut self, path: Utf8PathBuf, node: Node) -> Result<(), Error> {
        match self.entries.entry(path) {
            Entry::Vacant(entry) => {
                entry.insert(node);
                Ok(())
            }
            Entry::Occupied(entry) if *entry.get() == Node::Folder && node == Node::Folder => {
                Ok(())
            }
            Entry::Occupied(entry) => Err(Error::Twice { path: entry.key().clone() }),
        }
    }
}
