//! What is strange about the layers of an image, and does not keep them from being read.

use std::fmt;

use super::limits::ODDITIES;

/// Something strange in a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oddity {
    /// The path in the layer, as it stands there.
    pub path: String,
    pub kind: OddityKind,
}

/// The kinds of oddities. Where the text doesn't say otherwise, the entry is left out of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OddityKind {
    /// The path leaves the root by `..`.
    LeavesRoot,
    /// The path or the link's target is not UTF-8.
    NotUtf8,
    /// A whiteout that names nothing that could be hidden.
    Whiteout,
    /// What should be the folder around it is a file.
    NotInFolder,
    /// What should be the folder around it is a symbolic link that leads nowhere.
    BehindBrokenLink,
    /// A symbolic link to this target, which leaves the root by `..`. It is in the tree.
    SymlinkLeavesRoot(String),
    /// A hard link to this target, which leaves the root by `..`.
    HardLinkLeavesRoot(String),
    /// A hard link to this target, which is not a file that is there already.
    HardLinkToNowhere(String),
    /// A hard link to this target, which is in a lower layer: engines don't look there, and refuse
    /// the layer. It is in the tree.
    HardLinkToLowerLayer(String),
    /// What should be the folder around it is a file or a symbolic link of a lower layer. With an
    /// overlay file system engines put a folder in its place, as the tree has it; with others they
    /// refuse the layer, or follow the link.
    NotInLowerFolder,
    /// The folder around it is a symbolic link of its layer to a folder of a lower one; some engines
    /// refuse the layer. It is in the tree.
    BehindLinkToLower,
    /// A whiteout of the whole root, to which engines pay no attention. The tree does.
    OpaqueRoot,
    /// A whiteout of something of its own layer, where it can't hide a thing: engines refuse the
    /// layer, or hide it. What the layer has is in the tree.
    HidesOwnLayer,
    /// A folder, or something in it, whose name a whiteout of its own layer hides: engines refuse the
    /// layer, or show what is in the folder in lower layers. In the tree it is empty at first.
    HiddenByOwnLayer,
    /// An entry of a type that no container engine unpacks.
    UnknownType(u8),
    /// The layer has another file of this path before. This one is in the tree.
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
            OddityKind::NotInFolder => f.write_str("lies in something that is no folder"),
            OddityKind::BehindBrokenLink => f.write_str("lies behind a link that leads nowhere"),
            OddityKind::SymlinkLeavesRoot(target) => {
                write!(f, "is a symbolic link to `{target}`, which leaves the image's root")
            }
            OddityKind::HardLinkLeavesRoot(target) => {
                write!(f, "is a hard link to `{target}`, which leaves the image's root")
            }
            OddityKind::HardLinkToNowhere(target) => {
                write!(f, "is a hard link to `{target}`, which is no file of the image")
            }
            OddityKind::HardLinkToLowerLayer(target) => {
                write!(f, "is a hard link to `{target}`, which is in a lower layer")
            }
            OddityKind::NotInLowerFolder => {
                f.write_str("lies in something that is no folder in a lower layer")
            }
            OddityKind::BehindLinkToLower => {
                f.write_str("lies behind a link to a folder of a lower layer")
            }
            OddityKind::OpaqueRoot => f.write_str("is a whiteout of the whole root"),
            OddityKind::HidesOwnLayer => f.write_str("is a whiteout of what its own layer has"),
            OddityKind::HiddenByOwnLayer => {
                f.write_str("is, or lies in, a folder that a whiteout of its own layer hides")
            }
            OddityKind::UnknownType(byte) => {
                write!(f, "has the type `{}`, which can't be unpacked", byte.escape_ascii())
            }
            OddityKind::Duplicate => f.write_str("is in one layer twice"),
        }
    }
}

/// The oddities of a variant: the first ones, and how many there are.
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

    /// The first of them, in the order of the layers.
    pub fn first(&self) -> &[Oddity] {
        &self.first
    }

    pub fn count(&self) -> usize {
        self.count
    }
}
