//! Icons and cursors: a file contains the same picture in several sizes. In a program, each picture is a
//! resource of its own, and a group lists them.

use super::{ResourceId, ResourceKey, Resources, kind};

/// What an `.ico` or `.cur` file contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pictogram {
    Icon,
    Cursor,
}

impl Pictogram {
    /// The type in the file's header.
    fn number(self) -> u16 {
        match self {
            Pictogram::Icon => 1,
            Pictogram::Cursor => 2,
        }
    }

    fn kinds(self) -> (u16, u16) {
        match self {
            Pictogram::Icon => (kind::ICON, kind::GROUP_ICON),
            Pictogram::Cursor => (kind::CURSOR, kind::GROUP_CURSOR),
        }
    }
}

/// Adds the pictures of a file and their group. Returns what is wrong with the file.
pub(super) fn add(
    resources: &mut Resources,
    name: ResourceId,
    language: u16,
    what: Pictogram,
    file: &[u8],
) -> Result<(), String> {
    const HEADER: usize = 6;
    const FILE_ENTRY: usize = 16;
    let invalid = || match what {
        Pictogram::Icon => "it is not an icon in Windows' format (.ico)".to_owned(),
        Pictogram::Cursor => "it is not a cursor in Windows' format (.cur)".to_owned(),
    };
    let half = |at: usize| Some(u16::from_le_bytes(file.get(at..at + 2)?.try_into().ok()?));
    let long =
        |at: usize| Some(u32::from_le_bytes(file.get(at..at + 4)?.try_into().ok()?) as usize);
    let count = match (half(0), half(2), half(4)) {
        (Some(0), Some(number), Some(count)) if number == what.number() && count > 0 => count,
        _ => return Err(invalid()),
    };
    let (picture_kind, group_kind) = what.kinds();
    let group_key = ResourceKey { kind: group_kind.into(), name, language };
    let mut group: Vec<u8> = file[..HEADER].to_vec();
    for index in 0..usize::from(count) {
        let at = HEADER + FILE_ENTRY * index;
        let entry = file.get(at..at + FILE_ENTRY).ok_or_else(invalid)?;
        let (size, start) = (long(at + 8).ok_or_else(invalid)?, long(at + 12).ok_or_else(invalid)?);
        let picture = start.checked_add(size).and_then(|end| file.get(start..end));
        let picture = picture.ok_or_else(|| {
            format!("picture {} of {count} ends past the end of the file", index + 1)
        })?;
        let data = match what {
            Pictogram::Icon => picture.to_vec(),
            // The hot spot is in front of the picture, and the group has the picture's own fields.
            Pictogram::Cursor => [&entry[4..8], picture].concat(),
        };
        match what {
            Pictogram::Icon => group.extend(icon_entry(entry, picture)),
            Pictogram::Cursor => group.extend(cursor_entry(entry, picture)),
        }
        group.extend((data.len() as u32).to_le_bytes());
        let number = resources.free_number(picture_kind);
        let number = number.ok_or("there are more than 65535 pictures")?;
        group.extend(number.to_le_bytes());
        let _ = resources.add(ResourceKey::new(picture_kind, number, language), data);
    }
    if !resources.add(group_key, group) {
        return Err("a group with this name and language exists already".to_owned());
    }
    Ok(())
}

/// Width, height, number of colors, a reserved byte, planes, bits per pixel.
fn icon_entry(entry: &[u8], picture: &[u8]) -> [u8; 8] {
    let mut fields = [0; 8];
    fields.copy_from_slice(&entry[..8]);
    let (planes, bits) = planes_and_bits(picture);
    // Files may leave them to the picture.
    for (field, value) in [(4, planes), (6, bits)] {
        if fields[field..field + 2] == [0, 0] {
            fields[field..field + 2].copy_from_slice(&value.to_le_bytes());
        }
    }
    fields
}

/// Width and height (of picture and mask together), planes, bits per pixel.
fn cursor_entry(entry: &[u8], picture: &[u8]) -> [u8; 8] {
    let size = |byte: u8| if byte == 0 { 256 } else { u16::from(byte) };
    let (planes, bits) = planes_and_bits(picture);
    let mut fields = [0; 8];
    let values = [size(entry[0]), 2 * size(entry[1]), planes, bits];
    for (field, value) in fields.chunks_exact_mut(2).zip(values) {
        field.copy_from_slice(&value.to_le_bytes());
    }
    fields
}

/// From the header of a bitmap; a PNG has 32 bits per pixel.
fn planes_and_bits(picture: &[u8]) -> (u16, u16) {
    const PNG: &[u8] = b"\x89PNG";
    let half = |at: usize| picture.get(at..at + 2).map(|it| u16::from_le_bytes([it[0], it[1]]));
    if picture.starts_with(PNG) { (1, 32) } else { (half(12).unwrap_or(1), half(14).unwrap_or(32)) }
}

/// An `.ico` file of square PNG pictures; each with the length of its side in pixels, at most 256.
pub(super) fn file(pictures: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut file = Vec::new();
    for half in [0, Pictogram::Icon.number(), pictures.len() as u16] {
        file.extend(half.to_le_bytes());
    }
    let mut start = file.len() + 16 * pictures.len();
    for (side, png) in pictures {
        // 256 is written as 0.
        let side = *side as u8;
        file.extend([side, side, 0, 0]);
        file.extend(1u16.to_le_bytes());
        file.extend(32u16.to_le_bytes());
        file.extend((png.len() as u32).to_le_bytes());
        file.extend((start as u32).to_le_bytes());
        start += png.len();
    }
    file.extend(pictures.iter().flat_map(|(_, png)| png));
    file
}
