//! ELF files.

use arbitrary::Arbitrary;

use super::{Cell, Number, Writer};

#[derive(Arbitrary, Debug)]
pub struct File<'a> {
    is_64: bool,
    is_big_endian: bool,
    kind: Number,
    machine: Number,
    segments: Vec<Segment>,
    /// Tags and values, which are at the start of the tables.
    dynamic: Vec<(Number, u8)>,
    sections: Vec<[u32; 4]>,
    cells: Vec<Cell<'a>>,
}

#[derive(Arbitrary, Clone, Debug)]
struct Segment {
    kind: Number,
    flags: u8,
    /// A range from the start of the tables; the whole file if there is none.
    offset: Option<u8>,
    size: Option<u32>,
}

const KINDS: [u32; 4] = [1, 2, 3, 4];
const MACHINES: [u32; 3] = [3, 62, 183];
/// Load, dynamic, interpreter, and stack.
const SEGMENTS: [u32; 4] = [1, 2, 3, 0x6474_e551];
/// Libraries, their string table, directories, flags, versions.
const TAGS: [u32; 6] = [1, STRINGS, 15, 29, 0x6fff_fffb, VERSIONS];
const STRINGS: u32 = 5;
const VERSIONS: u32 = 0x6fff_fffe;

impl File<'_> {
    /// Everything is loaded at the address that equals its offset in the file.
    pub fn bytes(&self) -> Vec<u8> {
        let (is_64, is_big_endian) = (self.is_64, self.is_big_endian);
        let mut file = Writer { is_64, is_big_endian, ..Writer::default() };
        let segments = self.segments();
        let (header, segment, section) = if is_64 { (64, 56, 64) } else { (52, 32, 40) };
        let sections = header + segments.len() as u32 * segment;
        let start = sections + self.sections.len() as u32 * section;
        let tables = self.tables(start);
        let end = start + tables.len();
        file.bytes.extend(*b"\x7fELF");
        file.bytes.extend([1 + u8::from(is_64), 1 + u8::from(is_big_endian), 1]);
        file.bytes.resize(16, 0);
        file.half(self.kind.of(&KINDS) as u16);
        file.half(self.machine.of(&MACHINES) as u16);
        file.word(1);
        file.address(start); // the entry point
        file.address(header);
        file.address(if self.sections.is_empty() { 0 } else { sections });
        file.word(0);
        for value in [header, segment, segments.len() as u32] {
            file.half(value as u16);
        }
        file.half(section as u16);
        file.half(self.sections.len() as u16);
        file.half(self.sections.len().saturating_sub(1) as u16);
        segments.iter().for_each(|segment| segment.append(&mut file, start, end));
        for &[name, kind, offset, size] in &self.sections {
            file.words([name % 64, kind % 16]);
            file.addresses([0, 0, start + offset % 512, size % 512]);
            file.words([0, 0]);
            file.addresses([0, 0]);
        }
        file.bytes.extend(tables.bytes);
        file.bytes
    }

    /// With the entries that make the dynamic linker read its table.
    fn segments(&self) -> Vec<Segment> {
        let usual = |kind, offset| {
            let kind = Number { usual: None, other: kind };
            Segment { kind, flags: 5, offset, size: None }
        };
        let mut segments = self.segments.clone();
        if !self.dynamic.is_empty() {
            segments.extend([usual(SEGMENTS[0], None), usual(SEGMENTS[1], Some(0))]);
        }
        segments
    }

    fn tables(&self, start: u32) -> Writer {
        let (is_64, is_big_endian) = (self.is_64, self.is_big_endian);
        let mut tables = Writer { is_64, is_big_endian, ..Writer::default() };
        for (tag, value) in &self.dynamic {
            let tag = tag.of(&TAGS);
            let is_address = [STRINGS, VERSIONS].contains(&tag);
            tables.addresses([tag, u32::from(*value) + if is_address { start } else { 0 }]);
        }
        if !self.dynamic.is_empty() {
            tables.addresses([STRINGS, start, 0, 0]);
        }
        self.cells.iter().for_each(|cell| cell.append(&mut tables, start));
        tables
    }
}

impl Segment {
    fn append(&self, file: &mut Writer, tables: u32, end: u32) {
        let offset = self.offset.map_or(0, |offset| tables + u32::from(offset));
        let size = self.size.unwrap_or(end.saturating_sub(offset));
        let flags = u32::from(self.flags % 8);
        file.word(self.kind.of(&SEGMENTS));
        if file.is_64 {
            file.word(flags);
        }
        file.addresses([offset, offset, offset, size, size]);
        if !file.is_64 {
            file.word(flags);
        }
        file.address(8);
    }
}
