//! The version resource: `VS_VERSIONINFO`, a tree of blocks whose texts are UTF-16.

/// `VS_FIXEDFILEINFO`, as far as a resource compiler sets it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FixedFileInfo {
    pub file_version: [u16; 4],
    pub product_version: [u16; 4],
    pub flags_mask: u32,
    pub flags: u32,
    pub os: u32,
    pub kind: u32,
    pub subtype: u32,
}

/// A block below the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct VersionBlock {
    pub key: Vec<u16>,
    pub content: BlockContent,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BlockContent {
    Blocks(Vec<VersionBlock>),
    /// Without the NUL at the end.
    Text(Vec<u16>),
    Binary(Vec<u8>),
}

/// The data of a resource. `None` if it is larger than 64 KiB, which is the maximum of the format.
pub(super) fn encode(fixed: &FixedFileInfo, blocks: &[VersionBlock]) -> Option<Vec<u8>> {
    let mut info = Vec::new();
    let version = |[a, b, c, d]: [u16; 4]| {
        [u32::from(a) << 16 | u32::from(b), u32::from(c) << 16 | u32::from(d)]
    };
    let [file_high, file_low] = version(fixed.file_version);
    let [product_high, product_low] = version(fixed.product_version);
    for field in [
        0xfeef_04bd,
        0x0001_0000,
        file_high,
        file_low,
        product_high,
        product_low,
        fixed.flags_mask,
        fixed.flags,
        fixed.os,
        fixed.kind,
        fixed.subtype,
        0, // no date
        0,
    ] {
        info.extend(field.to_le_bytes());
    }
    let key: Vec<u16> = "VS_VERSION_INFO".encode_utf16().collect();
    node(&key, BlockValue::Binary(&info), blocks)
}

enum BlockValue<'a> {
    None,
    Text(&'a [u16]),
    Binary(&'a [u8]),
}

fn node(key: &[u16], value: BlockValue<'_>, children: &[VersionBlock]) -> Option<Vec<u8>> {
    const BINARY: u16 = 0;
    const TEXT: u16 = 1;
    let (kind, length, value) = match value {
        BlockValue::None => (TEXT, 0, Vec::new()),
        // In characters, with the NUL.
        BlockValue::Text(text) => (TEXT, text.len() + 1, utf16(text)),
        BlockValue::Binary(bytes) => (BINARY, bytes.len(), bytes.to_vec()),
    };
    let mut bytes = vec![0, 0];
    bytes.extend(u16::try_from(length).ok()?.to_le_bytes());
    bytes.extend(kind.to_le_bytes());
    bytes.extend(utf16(key));
    let align = |bytes: &mut Vec<u8>| bytes.resize(bytes.len().next_multiple_of(4), 0);
    if !value.is_empty() {
        align(&mut bytes);
        bytes.extend(value);
    }
    for child in children {
        align(&mut bytes);
        let (value, children) = match &child.content {
            BlockContent::Blocks(blocks) => (BlockValue::None, &**blocks),
            BlockContent::Text(text) => (BlockValue::Text(text), &[][..]),
            BlockContent::Binary(bytes) => (BlockValue::Binary(bytes), &[][..]),
        };
        bytes.extend(node(&child.key, value, children)?);
    }
    let length = u16::try_from(bytes.len()).ok()?;
    bytes[..2].copy_from_slice(&length.to_le_bytes());
    Some(bytes)
}

fn utf16(text: &[u16]) -> Vec<u8> {
    text.iter().chain([&0]).flat_map(|unit| unit.to_le_bytes()).collect()
}
