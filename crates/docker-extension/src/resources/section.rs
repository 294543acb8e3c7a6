//! The section `.rsrc`: a tree of types, names and languages, then the data.

use super::{ResourceId, ResourceKey, Resources};

/// The contents of the section. The addresses in it are relative to its start.
pub(super) struct SectionContents {
    pub bytes: Vec<u8>,
    /// The positions of the 4-byte addresses, in ascending order. A linker adds the section's address to
    /// each of them.
    pub addresses: Vec<usize>,
}

/// In bytes, as all sizes here.
const TABLE: usize = 16;
const ENTRY: usize = 8;
const DATA_ENTRY: usize = 16;
const ALIGNMENT: usize = 8;
/// Set in the position of a table, and in the position of a name.
const HIGH: u32 = 1 << 31;

type Leaf<'a> = (&'a ResourceKey, &'a [u8]);

/// `None` if the section is larger than 2 GiB, or has a name longer than 65535.
pub(super) fn encode(resources: &Resources) -> Option<SectionContents> {
    let leaves: Vec<Leaf<'_>> = resources.iter().collect();
    let kinds: Vec<&[Leaf<'_>]> = leaves.chunk_by(|a, b| a.0.kind == b.0.kind).collect();
    let same_name = |a: &Leaf<'_>, b: &Leaf<'_>| a.0.name == b.0.name;
    let names: Vec<Vec<&[Leaf<'_>]>> =
        kinds.iter().map(|kind| kind.chunk_by(same_name).collect()).collect();

    let name_count: usize = names.iter().map(Vec::len).sum();
    let name_tables = TABLE + ENTRY * kinds.len() + TABLE * kinds.len() + ENTRY * name_count;
    let data_entries = name_tables + TABLE * name_count + ENTRY * leaves.len();
    let mut strings = Strings { at: data_entries + DATA_ENTRY * leaves.len(), bytes: Vec::new() };

    let mut bytes = table(kinds.iter().map(|kind| &kind[0].0.kind));
    let mut at = TABLE + ENTRY * kinds.len();
    for (kind, names) in kinds.iter().zip(&names) {
        bytes.extend(strings.id(&kind[0].0.kind)?.to_le_bytes());
        bytes.extend((HIGH | position(at)?).to_le_bytes());
        at += TABLE + ENTRY * names.len();
    }
    at = name_tables;
    for names in &names {
        bytes.extend(table(names.iter().map(|name| &name[0].0.name)));
        for name in names {
            bytes.extend(strings.id(&name[0].0.name)?.to_le_bytes());
            bytes.extend((HIGH | position(at)?).to_le_bytes());
            at += TABLE + ENTRY * name.len();
        }
    }
    at = data_entries;
    for name in names.iter().flatten() {
        let languages: Vec<ResourceId> = name.iter().map(|leaf| leaf.0.language.into()).collect();
        bytes.extend(table(languages.iter()));
        for (key, _) in *name {
            bytes.extend(u32::from(key.language).to_le_bytes());
            bytes.extend(position(at)?.to_le_bytes());
            at += DATA_ENTRY;
        }
    }
    let mut addresses = Vec::with_capacity(leaves.len());
    at = (strings.at + strings.bytes.len()).next_multiple_of(ALIGNMENT);
    for (_, data) in &leaves {
        addresses.push(bytes.len());
        for field in [position(at)?, position(data.len())?, 0, 0] {
            bytes.extend(field.to_le_bytes());
        }
        at = (at + data.len()).next_multiple_of(ALIGNMENT);
    }
    bytes.extend(strings.bytes);
    for (_, data) in &leaves {
        bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
        bytes.extend(*data);
    }
    Some(SectionContents { bytes, addresses })
}

/// The head of a table, whose entries follow.
fn table<'a>(entries: impl Iterator<Item = &'a ResourceId>) -> Vec<u8> {
    let (named, numbered): (Vec<_>, Vec<_>) =
        entries.partition(|id| matches!(id, ResourceId::Name(_)));
    let mut head = vec![0; 12];
    head.extend((named.len() as u16).to_le_bytes());
    head.extend((numbered.len() as u16).to_le_bytes());
    head
}

fn position(at: usize) -> Option<u32> {
    u32::try_from(at).ok().filter(|at| at & HIGH == 0)
}

/// The names, each with its length in front of it.
struct Strings {
    at: usize,
    bytes: Vec<u8>,
}

impl Strings {
    fn id(&mut self, id: &ResourceId) -> Option<u32> {
        match id {
            ResourceId::Number(number) => Some(u32::from(*number)),
            ResourceId::Name(name) => {
                let at = position(self.at + self.bytes.len())?;
                self.bytes.extend(u16::try_from(name.len()).ok()?.to_le_bytes());
                self.bytes.extend(name.iter().flat_map(|unit| unit.to_le_bytes()));
                Some(HIGH | at)
            }
        }
    }
}
