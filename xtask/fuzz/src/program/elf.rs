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
    sections: Vec<[u32; 4]>,
    cells: Vec<Cell<'a>>,
}

#[derive(Arbitrary, Debug)]
struct Segment {
    kind: Number,
    flags: u8,
    /// From the beginning of the tables; the whole file where there is none.
    offset: Option<u8>,
    size: Option<u32>,
}

const KINDS: [u32; 4] = [1, 2, 3, 4];
const MACHINES: [u32; 3] = [3, 62, 183];
/// Load, dynamic, interpreter, and the stack's.
const SEGMENTS: [u32; 4] = [1, 2, 3, 0x6474_e551];

impl File<'_> {
    /// Everything is loaded at the address that is its offset in the file.
    pub fn bytes(&self) -> Vec<u8> {
        let (is_64, is_big_endian) = (self.is_64, self.is_big_endian);
        let mut file = Writer { is_64, is_big_endian, ..Writer::default() };
        let (header, segment, section) = if is_64 { (64, 56, 64) } else { (52, 32, 40) };
        let sections = header + self.segments.len() as u32 * segment;
        let tables = sections + self.sections.len() as u32 * section;
        file.bytes.extend(*b"\x7fELF");
        file.bytes.extend([1 + u8::from(is_64), 1 + u8::from(is_big_endian), 1]);
        file.bytes.resize(16, 0);
        file.half(self.kind.of(&KINDS) as u16);
        file.half(self.machine.of(&MACHINES) as u16);
        file.word(1);
        file.address(tables); // the entry
        file.address(header);
        file.address(if self.sections.is_empty() { 0 } else { sections });
        file.word(0);
        for value in [header, segment, self.segments.len() as u32] {
            file.half(value as u16);
        }
        file.half(section as u16);
        file.half(self.sections.len() as u16);
        file.half(self.sections.len().saturating_sub(1) as u16);
        self.segments.iter().for_each(|segment| segment.append(&mut file, tables));
        for &[name, kind, offset, size] in &self.sections {
            file.words([name % 64, kind % 16]);
            file.addresses([0, 0, tables.wrapping_add(offset % 512), size % 512]);
            file.words([0, 0]);
            file.addresses([0, 0]);
        }
        self.cells.iter().for_each(|cell| cell.append(&mut file, tables));
        file.bytes
    }
}

impl Segment {
    fn append(&self, file: &mut Writer, tables: u32) {
        let offset = self.offset.map_or(0, |offset| tables + u32::from(offset));
        let size = self.size.unwrap_or(if self.offset.is_some() { 64 } else { tables + 512 });
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
