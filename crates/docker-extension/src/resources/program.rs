//! Reads the resources of a program for Windows, and writes a program with other resources.
//!
//! Adding them to the finished program is independent of its linker, and can't conflict with the resources
//! that a build script links. Microsoft's `UpdateResource` works in the same way.

use object::LittleEndian as LE;
use object::pe;
use object::read::pe::{
    PeFile64, ResourceDirectory, ResourceDirectoryEntryData, ResourceDirectoryTable,
    ResourceNameOrId,
};

use super::section;
use super::{ResourceId, ResourceKey, Resources};
use crate::error::{Error, Result};

/// A program has few resources; an invalid tree could have very many.
const MAX_RESOURCES: usize = 10_000;
/// In bytes.
const MAX_SIZE: usize = 256 << 20;

/// # Errors
/// The program is not a 64-bit program for Windows, or its resources are invalid.
pub fn read(program: &[u8]) -> Result<Resources> {
    let file = parse(program)?;
    let sections = file.section_table();
    let directory = file
        .data_directories()
        .resource_directory(program, &sections)
        .map_err(|error| invalid().because(error))?;
    let mut resources = Resources::default();
    let Some(directory) = directory else { return Ok(resources) };
    let mut size = 0_usize;
    let root = directory.root().map_err(|error| invalid().because(error))?;
    for (kind, data) in entries(directory, root)? {
        for (name, data) in entries(directory, table(data)?)? {
            for (language, data) in entries(directory, table(data)?)? {
                let ResourceDirectoryEntryData::Data(data) = data else { return Err(invalid()) };
                let ResourceId::Number(language) = language else { return Err(invalid()) };
                let length = data.size.get(LE) as usize;
                size = size.saturating_add(length);
                let bytes = match length {
                    // It may be at the end of the section.
                    0 => Some(&[][..]),
                    _ => sections.pe_data_at(program, data.offset_to_data.get(LE)),
                };
                let bytes = bytes.and_then(|bytes| bytes.get(..length)).ok_or_else(invalid)?;
                let key = ResourceKey { kind: kind.clone(), name: name.clone(), language };
                if size > MAX_SIZE
                    || resources.0.len() >= MAX_RESOURCES
                    || !resources.add(key, bytes.to_vec())
                {
                    return Err(invalid());
                }
            }
        }
    }
    Ok(resources)
}

fn invalid() -> Error {
    Error::new("the resources of the program are invalid")
}

fn parse(program: &[u8]) -> Result<PeFile64<'_>> {
    PeFile64::parse(program)
        .map_err(|error| Error::new("it is not a 64-bit program for Windows").because(error))
}

type Entry<'a> = (ResourceId, ResourceDirectoryEntryData<'a>);

fn entries<'a>(
    directory: ResourceDirectory<'a>,
    table: ResourceDirectoryTable<'a>,
) -> Result<Vec<Entry<'a>>> {
    let entry = |entry: &pe::ImageResourceDirectoryEntry| {
        let id = match entry.name_or_id() {
            ResourceNameOrId::Id(number) => ResourceId::Number(number),
            ResourceNameOrId::Name(name) => {
                let name = name.data(directory)?;
                ResourceId::Name(name.iter().map(|unit| unit.get(LE)).collect())
            }
        };
        Ok::<_, object::Error>((id, entry.data(directory)?))
    };
    let entries = table.entries.iter().take(MAX_RESOURCES + 1).map(entry);
    entries.collect::<Result<_, _>>().map_err(|error| invalid().because(error))
}

fn table(data: ResourceDirectoryEntryData<'_>) -> Result<ResourceDirectoryTable<'_>> {
    data.table().ok_or_else(invalid)
}

/// The indices of data directories.
const RESOURCES: usize = 2;
const CERTIFICATES: usize = 4;
const RELOCATIONS: usize = 5;

/// The positions of fields in the optional header.
mod field {
    pub const INITIALIZED_DATA: usize = 8;
    pub const SECTION_ALIGNMENT: usize = 32;
    pub const FILE_ALIGNMENT: usize = 36;
    pub const IMAGE_SIZE: usize = 56;
    pub const HEADERS_SIZE: usize = 60;
    pub const CHECKSUM: usize = 64;
    pub const DIRECTORIES: usize = 112;
}

/// The size of a section's header, in bytes.
const SECTION_HEADER: usize = 40;

/// A section of the program.
#[derive(Clone, Copy, Debug)]
struct ProgramSection {
    header: [u8; SECTION_HEADER],
}

impl ProgramSection {
    const VIRTUAL_SIZE: usize = 8;
    const ADDRESS: usize = 12;
    const FILE_SIZE: usize = 16;
    const FILE_POSITION: usize = 20;
    const CHARACTERISTICS: usize = 36;

    fn resources() -> Self {
        const READABLE_DATA: u32 = 0x4000_0040;
        let mut section = Self { header: [0; SECTION_HEADER] };
        section.header[..5].copy_from_slice(b".rsrc");
        section.set(Self::CHARACTERISTICS, READABLE_DATA);
        section
    }

    fn get(&self, field: usize) -> usize {
        u32_at(&self.header, field).unwrap_or(0) as usize
    }

    fn set(&mut self, field: usize, value: u32) {
        self.header[field..field + 4].copy_from_slice(&value.to_le_bytes());
    }

    /// The end of its bytes in the file; 0 if it has none.
    fn file_end(&self) -> usize {
        match self.get(Self::FILE_SIZE) {
            0 => 0,
            size => self.get(Self::FILE_POSITION).saturating_add(size),
        }
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// The program with exactly these resources.
///
/// They are in the section before the relocations, where linkers put them. If that place is not at the end of
/// the program, they are in a new section at the end.
///
/// # Errors
/// The program is signed, has no room for another section, or is not a 64-bit program for Windows.
pub fn write(program: &[u8], resources: &Resources) -> Result<Vec<u8>> {
    let unusual = || Error::new("the program has an unusual structure");
    parse(program)?;
    let file_header = u32_at(program, 0x3c).ok_or_else(unusual)? as usize + 4;
    let optional = file_header + 20;
    let half = |at: usize| program.get(at..at + 2).map(|it| u16::from_le_bytes([it[0], it[1]]));
    let count = half(file_header + 2).ok_or_else(unusual)?;
    let table = optional + usize::from(half(file_header + 16).ok_or_else(unusual)?);
    let value =
        |at: usize| u32_at(program, optional + at).map(|it| it as usize).ok_or_else(unusual);
    let directory = |index: usize| {
        let at = field::DIRECTORIES + 8 * index;
        Ok::<_, Error>((value(at)?, value(at + 4)?))
    };
    if directory(CERTIFICATES)? != (0, 0) {
        return Err(Error::new("the program is signed, and a change makes the signature invalid"));
    }
    let (file_alignment, alignment) =
        (value(field::FILE_ALIGNMENT)?, value(field::SECTION_ALIGNMENT)?);
    if !file_alignment.is_power_of_two() || !alignment.is_power_of_two() {
        return Err(unusual());
    }

    let mut kept = Vec::new();
    for index in 0..usize::from(count) {
        let at = table + SECTION_HEADER * index;
        let header = program.get(at..at + SECTION_HEADER).ok_or_else(unusual)?;
        kept.push(ProgramSection { header: header.try_into().map_err(|_| unusual())? });
    }
    let old_end = kept.iter().map(ProgramSection::file_end).max().unwrap_or(0);
    // The sections at the end that may have another address: nothing else refers to them.
    let movable = [directory(RESOURCES)?.0, directory(RELOCATIONS)?.0];
    let mut relocations = None;
    let mut has_old = false;
    while let Some(last) = kept.last().copied() {
        let address = last.get(ProgramSection::ADDRESS);
        if address == movable[1] && relocations.is_none() && !has_old {
            relocations = Some(last);
        } else if address == movable[0] && !has_old {
            has_old = true;
        } else {
            break;
        }
        kept.pop();
    }
    let start = kept.iter().map(ProgramSection::file_end).max().unwrap_or(0);
    let start = start.max(value(field::HEADERS_SIZE)?);
    let moved = relocations.map(|section| {
        let position = section.get(ProgramSection::FILE_POSITION);
        (position >= start).then(|| program.get(position..section.file_end()))
    });
    let relocation_bytes = match moved {
        None => &[][..],
        Some(bytes) => bytes.flatten().ok_or_else(unusual)?,
    };

    let last = kept.last().ok_or_else(unusual)?;
    let last_size = last.get(ProgramSection::VIRTUAL_SIZE).max(last.get(ProgramSection::FILE_SIZE));
    let mut address = (last.get(ProgramSection::ADDRESS) + last_size).next_multiple_of(alignment);
    let mut output = program.get(..start).ok_or_else(unusual)?.to_vec();
    output.resize(start.next_multiple_of(file_alignment), 0);
    let contents = section::encode(resources)
        .ok_or_else(|| Error::new("the resources are too large for a program"))?;
    let mut bytes = contents.bytes;
    let resource_size = bytes.len();
    for at in contents.addresses {
        let value = u32_at(&bytes, at).ok_or_else(unusual)?.wrapping_add(address as u32);
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    let mut directories =
        [(RESOURCES, address as u32, Some(resource_size as u32)), (RELOCATIONS, 0, None)];
    let old_size = old_end.saturating_sub(start);
    let mut sections = vec![(ProgramSection::resources(), &*bytes, resource_size)];
    if let Some(section) = relocations {
        sections.push((section, relocation_bytes, section.get(ProgramSection::VIRTUAL_SIZE)));
    }
    for (mut section, bytes, virtual_size) in sections {
        section.set(ProgramSection::VIRTUAL_SIZE, virtual_size as u32);
        section.set(ProgramSection::ADDRESS, address as u32);
        section.set(ProgramSection::FILE_POSITION, output.len() as u32);
        output.extend(bytes);
        output.resize(output.len().next_multiple_of(file_alignment), 0);
        let size = output.len() - section.get(ProgramSection::FILE_POSITION);
        section.set(ProgramSection::FILE_SIZE, size as u32);
        directories[1].1 = address as u32;
        address = (address + virtual_size).next_multiple_of(alignment);
        kept.push(section);
    }
    let new_end = output.len();
    // Symbols and debug information that are not in a section.
    output.extend(program.get(old_end..).unwrap_or_default());

    let table_end = table + SECTION_HEADER * kept.len();
    let first =
        kept.iter().map(|it| it.get(ProgramSection::FILE_POSITION)).filter(|it| *it > 0).min();
    if table_end > value(field::HEADERS_SIZE)?.min(first.unwrap_or(usize::MAX)) {
        return Err(Error::new("the program's header has no room for another section"));
    }
    for (index, section) in kept.iter().enumerate() {
        let at = table + SECTION_HEADER * index;
        output[at..at + SECTION_HEADER].copy_from_slice(&section.header);
    }
    // Only if the section with the old resources was removed and none added.
    let old_table_end = table + SECTION_HEADER * usize::from(count);
    if let Some(unused) = output.get_mut(table_end.min(old_table_end)..old_table_end) {
        unused.fill(0);
    }
    output[file_header + 2..file_header + 4].copy_from_slice(&(kept.len() as u16).to_le_bytes());
    let mut set = |at: usize, value: usize| {
        output[at..at + 4].copy_from_slice(&(value as u32).to_le_bytes());
    };
    let symbols = u32_at(program, file_header + 8).ok_or_else(unusual)? as usize;
    if symbols >= old_end && symbols > 0 {
        set(file_header + 8, symbols - old_end + new_end);
    } else if symbols >= start && symbols > 0 {
        return Err(unusual());
    }
    let data_size = value(field::INITIALIZED_DATA)? + (new_end - start);
    set(optional + field::INITIALIZED_DATA, data_size.saturating_sub(old_size));
    set(optional + field::IMAGE_SIZE, address);
    for (index, address, size) in directories {
        if index == RELOCATIONS && relocations.is_none() {
            continue;
        }
        let at = optional + field::DIRECTORIES + 8 * index;
        set(at, address as usize);
        if let Some(size) = size {
            set(at + 4, size as usize);
        }
    }
    let checksum = optional + field::CHECKSUM;
    if value(field::CHECKSUM)? != 0 {
        set(checksum, 0);
        let sum = self::checksum(&output);
        output[checksum..checksum + 4].copy_from_slice(&sum.to_le_bytes());
    }
    // It must have become neither too large nor invalid.
    u32::try_from(output.len()).map_err(|_| unusual())?;
    PeFile64::parse(&*output).map_err(|error| unusual().because(error))?;
    Ok(output)
}

/// The checksum of a file whose own checksum is 0 (`CheckSumMappedFile`).
fn checksum(file: &[u8]) -> u32 {
    let halves =
        file.chunks(2).map(|it| u32::from(it[0]) | u32::from(*it.get(1).unwrap_or(&0)) << 8);
    let sum = halves.fold(0_u32, |sum, half| {
        let sum = sum + half;
        (sum & 0xffff) + (sum >> 16)
    });
    sum.wrapping_add(file.len() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::kind;
    use proptest::prelude::*;

    const SYMBOLS: &[u8] = b"symbols";

    /// A program with these sections, each with its name as its content, and symbols after them.
    fn sample(names: &[&str]) -> Vec<u8> {
        let (file_header, optional) = (0x44, 0x58);
        let table = optional + field::DIRECTORIES + 8 * 16;
        let mut program = vec![0; 0x400];
        let mut put =
            |at: usize, bytes: &[u8]| program[at..at + bytes.len()].copy_from_slice(bytes);
        let long = |value: usize| (value as u32).to_le_bytes();
        put(0, b"MZ");
        put(0x3c, &long(0x40));
        put(0x40, b"PE\0\0");
        put(file_header, &pe::IMAGE_FILE_MACHINE_AMD64.0.to_le_bytes());
        put(file_header + 2, &(names.len() as u16).to_le_bytes());
        put(file_header + 8, &long(0x400 + 0x200 * names.len()));
        put(file_header + 16, &((table - optional) as u16).to_le_bytes());
        put(optional, &[0x0b, 2]);
        put(optional + field::SECTION_ALIGNMENT, &long(0x1000));
        put(optional + field::FILE_ALIGNMENT, &long(0x200));
        put(optional + field::HEADERS_SIZE, &long(0x400));
        put(optional + field::IMAGE_SIZE, &long(0x1000 + 0x1000 * names.len()));
        put(optional + field::CHECKSUM, &long(1));
        put(optional + field::DIRECTORIES - 4, &long(16));
        for (index, name) in names.iter().enumerate() {
            let (header, address) = (table + SECTION_HEADER * index, 0x1000 + 0x1000 * index);
            put(header, name.as_bytes());
            let fields = [(8, 0x20), (12, address), (16, 0x200), (20, 0x400 + 0x200 * index)];
            fields.iter().for_each(|(at, value)| put(header + at, &long(*value)));
            let directory = match *name {
                ".rsrc" => RESOURCES,
                ".reloc" => RELOCATIONS,
                _ => continue,
            };
            put(optional + field::DIRECTORIES + 8 * directory, &long(address));
            put(optional + field::DIRECTORIES + 8 * directory + 4, &long(0x20));
        }
        for name in names {
            // An empty table of resources.
            let content = if *name == ".rsrc" { &[][..] } else { name.as_bytes() };
            let at = program.len();
            program.extend(content);
            program.resize(at + 0x200, 0);
        }
        program.extend(SYMBOLS);
        program
    }

    fn resources(size: usize) -> Resources {
        let mut resources = Resources::default();
        let name = ResourceId::name("ä name");
        let key = ResourceKey { kind: name.clone(), name, language: 7 };
        assert!(resources.add(key, b"custom".to_vec()));
        assert!(resources.add(ResourceKey::new(kind::MANIFEST, 1, 0x409), vec![b'x'; size]));
        resources
    }

    const LAYOUTS: [&[&str]; 6] = [
        &[".text"],
        &[".text", ".reloc"],
        &[".text", ".rsrc"],
        &[".text", ".rsrc", ".reloc"],
        &[".text", ".reloc", ".rsrc"],
        &[".text", ".rsrc", ".data"],
    ];

    #[test]
    fn the_resources_are_replaced_and_everything_else_is_kept() {
        for names in LAYOUTS {
            for size in [0, 0x1f3, 0x2345] {
                let program = write(&sample(names), &resources(size)).unwrap();
                assert_eq!(read(&program).unwrap(), resources(size), "{names:?}");
                let file = PeFile64::parse(&*program).unwrap();
                let mut end = 0x1000;
                for section in file.section_table().iter() {
                    let name = str::from_utf8(section.raw_name()).unwrap();
                    let address = section.virtual_address.get(LE);
                    assert_eq!(address, end, "{names:?}: there must be no gap before {name}");
                    end = (address + section.virtual_size.get(LE)).next_multiple_of(0x1000);
                    if name != ".rsrc" {
                        let data = file.section_table().pe_data_at(&*program, address).unwrap();
                        assert!(data.starts_with(name.as_bytes()), "{names:?}: {name}");
                    }
                    let directory = file.data_directory(pe::IMAGE_DIRECTORY_ENTRY_BASERELOC);
                    if name == ".reloc" {
                        assert_eq!(directory.unwrap().virtual_address.get(LE), address);
                    }
                }
                let optional = &file.nt_headers().optional_header;
                assert_eq!(optional.size_of_image.get(LE), end, "{names:?}");
                assert!(program.ends_with(SYMBOLS), "{names:?}");
                let symbols = file.nt_headers().file_header.pointer_to_symbol_table.get(LE);
                assert!(program[symbols as usize..] == *SYMBOLS, "{names:?}");
                let is_replaced = names.contains(&".rsrc") && !names.contains(&".data");
                let count = names.len() + usize::from(!is_replaced);
                assert_eq!(file.section_table().len(), count, "{names:?}");
            }
        }
    }

    #[test]
    fn writing_the_same_resources_again_changes_nothing() {
        for names in LAYOUTS {
            let program = write(&sample(names), &resources(1000)).unwrap();
            assert!(write(&program, &resources(1000)).unwrap() == program, "{names:?}");
        }
    }

    #[test]
    fn the_checksum_is_that_of_the_file() {
        let program = write(&sample(&[".text"]), &resources(7)).unwrap();
        let at = 0x58 + field::CHECKSUM;
        let mut without = program.clone();
        without[at..at + 4].fill(0);
        // The sum of 16-bit numbers, modulo 0xffff, and the length.
        let sum: u64 = without
            .chunks(2)
            .map(|it| u64::from(it[0]) + 256 * u64::from(it.get(1).copied().unwrap_or(0)))
            .sum();
        let expected = (sum - 1) % 0xffff + 1 + without.len() as u64;
        assert_eq!(u64::from(u32_at(&program, at).unwrap()), expected);
    }

    #[test]
    fn a_signed_program_and_a_full_header_are_reported() {
        let error = |program: &[u8]| write(program, &resources(1)).unwrap_err().to_string();
        let mut signed = sample(&[".text"]);
        signed[0x58 + field::DIRECTORIES + 8 * CERTIFICATES] = 1;
        assert!(error(&signed).contains("signed"));
        let mut full = sample(&[".text"]);
        full[0x58 + field::HEADERS_SIZE..][..4].copy_from_slice(&0x170_u32.to_le_bytes());
        assert!(error(&full).contains("no room"));
        assert!(error(b"MZ").contains("not a 64-bit program"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            entries in prop::collection::vec((0_u16..40, "[a-z]{0,3}", 0_u16..3, any::<Vec<u8>>()), 0..20),
        ) {
            let mut resources = Resources::default();
            for (kind, name, language, data) in entries {
                let name = if name.is_empty() { ResourceId::Number(kind) } else { ResourceId::name(&name) };
                let _ = resources.add(ResourceKey { kind: kind.into(), name, language }, data);
            }
            let program = write(&sample(LAYOUTS[3]), &resources).unwrap();
            prop_assert_eq!(read(&program).unwrap(), resources);
        }

        #[test]
        fn a_damaged_program_is_reported(at in 0_usize..0x800, bytes: [u8; 4], end in 0_usize..0x2000) {
            let mut program = write(&sample(LAYOUTS[3]), &resources(100)).unwrap();
            program[at..at + 4].copy_from_slice(&bytes);
            program.truncate(end.max(0x10));
            let _ = read(&program);
            let _ = write(&program, &resources(10));
        }
    }
}
