//! Windows resources: what a program for Windows contains besides code, such as its version, icon and
//! manifest. Everything here is a pure function of bytes and texts.
//!
//! [`rc`] compiles the language of `.rc` files, [`object_file`] and [`program`] write the result. Sources:
//! "PE Format", section "The .rsrc Section", and "Resource-Definition Statements", both by Microsoft.

use std::collections::BTreeMap;
use std::fmt;

pub mod default;
mod icon;
pub mod manifest;
pub mod object_file;
pub mod picture;
pub mod program;
pub mod rc;
mod section;
mod version;

/// The type or the name of a resource. Names are sorted before numbers, as in programs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourceId {
    /// Upper case, in UTF-16.
    Name(Vec<u16>),
    Number(u16),
}

impl ResourceId {
    pub fn name(text: &str) -> Self {
        ResourceId::Name(text.to_uppercase().encode_utf16().collect())
    }
}

impl From<u16> for ResourceId {
    fn from(number: u16) -> Self {
        ResourceId::Number(number)
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ResourceId::Name(name) => f.write_str(&String::from_utf16_lossy(name)),
            ResourceId::Number(number) => write!(f, "{number}"),
        }
    }
}

/// The numbers of resource types.
pub mod kind {
    pub const CURSOR: u16 = 1;
    pub const BITMAP: u16 = 2;
    pub const ICON: u16 = 3;
    pub const STRING: u16 = 6;
    pub const RAW_DATA: u16 = 10;
    pub const MESSAGE_TABLE: u16 = 11;
    pub const GROUP_CURSOR: u16 = 12;
    pub const GROUP_ICON: u16 = 14;
    pub const VERSION: u16 = 16;
    pub const MANIFEST: u16 = 24;
}

/// What identifies a resource in a program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResourceKey {
    pub kind: ResourceId,
    pub name: ResourceId,
    /// A Windows language identifier; 0 is neutral.
    pub language: u16,
}

impl ResourceKey {
    pub fn new(kind: u16, name: u16, language: u16) -> Self {
        Self { kind: kind.into(), name: name.into(), language }
    }
}

/// US English, which resource compilers use if a file sets no language.
pub const US_ENGLISH: u16 = 0x409;

/// The resources of a program, in the order in which programs contain them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources(BTreeMap<ResourceKey, Vec<u8>>);

impl Resources {
    /// Returns false, and changes nothing, if there is a resource with this key.
    #[must_use]
    pub fn add(&mut self, key: ResourceKey, data: Vec<u8>) -> bool {
        let is_new = !self.0.contains_key(&key);
        if is_new {
            self.0.insert(key, data);
        }
        is_new
    }

    pub fn iter(&self) -> impl Iterator<Item = (&ResourceKey, &[u8])> {
        self.0.iter().map(|(key, data)| (key, &**data))
    }

    pub fn has_kind(&self, kind: u16) -> bool {
        self.0.keys().any(|key| key.kind == ResourceId::Number(kind))
    }

    /// The lowest number above those of all resources of a kind.
    fn free_number(&self, kind: u16) -> Option<u16> {
        let last = self.0.range(..=ResourceKey::new(kind, u16::MAX, u16::MAX)).next_back();
        match last.map(|(key, _)| (&key.kind, &key.name)) {
            Some((ResourceId::Number(found), ResourceId::Number(number))) if *found == kind => {
                number.checked_add(1)
            }
            _ => Some(1),
        }
    }
}
