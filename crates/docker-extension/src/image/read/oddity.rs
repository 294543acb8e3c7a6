//! Anomalies in the layers of an image that don't prevent reading it.

use std::fmt;

use super::limits::ODDITIES;

/// An anomaly in a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oddity {
    /// The path, in the layer's spelling.
    pub path: String,
    pub kind: OddityKind,
}

/// The kinds of anomalies. Unless stated otherwise, the entry is left out of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OddityKind {
    /// The path leaves the root through `..`.
    LeavesRoot,
    /// The path or the link's target is not UTF-8.
    NotUtf8,
    /// A whiteout whose name can't be that of a file.
    Whiteout,
    /// The parent is not a directory.
    NotInDirectory,
    /// The parent is a symbolic link to nothing.
    BehindBrokenLink,
    /// A symbolic link to this target, which leaves the root through `..`. The link is in the tree.
    SymlinkLeavesRoot(String),
    /// A hard link to this target, which leaves the root through `..`.
    HardLinkLeavesRoot(String),
    /// A hard link to this target, which is not an existing file.
    HardLinkToNowhere(String),
    /// A hard link to this target, which is in a lower layer: engines don't search there, and reject the
    /// layer. The link is in the tree.
    HardLinkToLowerLayer(String),
    /// The parent is a file or a symbolic link of a lower layer. Engines with an overlay file system
    /// replace it with a directory, and so does the tree; other engines reject the layer, or follow the
    /// link.
    NotInLowerDirectory,
    /// The parent is a symbolic link of its layer to a directory of a lower one; some engines reject the
    /// layer. The entry is in the tree.
    BehindLinkToLower,
    /// A whiteout of the whole root, which engines ignore. The tree does not.
    OpaqueRoot,
    /// A whiteout of a path of its own layer, which has no defined effect: engines reject the layer, or
    /// hide the path. The path of the layer is in the tree.
    HidesOwnLayer,
    /// A directory, or a path in it, that a whiteout of its own layer hides: engines reject the layer, or
    /// show the directory's content of lower layers. In the tree, it starts empty.
    HiddenByOwnLayer,
    /// An entry of a type that no container engine unpacks.
    UnknownType(u8),
    /// The layer has an earlier file with this path. The later file is in the tree.
    Duplicate,
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.path, self.kind)
    }
}

impl fmt::Display for OddityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OddityKind::LeavesRoot => f.write_str("leaves the image's root"),
            OddityKind::NotUtf8 => f.write_str("has a name that is not UTF-8"),
            OddityKind::Whiteout => f.write_str("is a whiteout that hides nothing"),
            OddityKind::NotInDirectory => f.write_str("has a parent that is not a directory"),
            OddityKind::BehindBrokenLink => {
                f.write_str("has a parent that is a broken symbolic link")
            }
            OddityKind::SymlinkLeavesRoot(target) => {
                write!(f, "is a symbolic link to `{target}`, which leaves the image's root")
            }
            OddityKind::HardLinkLeavesRoot(target) => {
                write!(f, "is a hard link to `{target}`, which leaves the image's root")
            }
            OddityKind::HardLinkToNowhere(target) => {
                write!(f, "is a hard link to `{target}`, which is not a file of the image")
            }
            OddityKind::HardLinkToLowerLayer(target) => {
                write!(f, "is a hard link to `{target}`, which is in a lower layer")
            }
            OddityKind::NotInLowerDirectory => {
                f.write_str("has a parent that is not a directory in a lower layer")
            }
            OddityKind::BehindLinkToLower => {
                f.write_str("has a parent that is a symbolic link to a directory of a lower layer")
            }
            OddityKind::OpaqueRoot => f.write_str("is a whiteout of the whole root"),
            OddityKind::HidesOwnLayer => f.write_str("is a whiteout of a path of its own layer"),
            OddityKind::HiddenByOwnLayer => {
                f.write_str("is, or is in, a directory that a whiteout of its own layer hides")
            }
            OddityKind::UnknownType(byte) => {
                write!(f, "has the type `{}`, which can't be unpacked", byte.escape_ascii())
            }
            OddityKind::Duplicate => f.write_str("occurs twice in one layer"),
        }
    }
}

/// The anomalies of a variant: the first ones, and the number of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Oddities {
    first: Vec<Oddity>,
    count: usize,
}

impl Oddities {
    pub(super) fn add(&mut self, path: &str, kind: OddityKind) {
        self.count += 1;
        if self.first.len() < ODDITIES {
            self.first.push(Oddity { path: path.to_owned(), kind });
        }
    }

    /// The first anomalies, in the order of the layers.
    pub fn first(&self) -> &[Oddity] {
        &self.first
    }

    pub fn count(&self) -> usize {
        self.count
    }
}
