//! PE files.

use arbitrary::Arbitrary;

use super::{Cell, Number, Writer};

#[derive(Arbitrary, Debug)]
pub struct File<'a> {
    is_64: bool,
    machine: Number,
    characteristics: u16,
    subsystem: Number,
    flags: u16,
    symbols: Option<[u8; 2]>,
    /// Offsets in the tables.
    directories: [Option<u8>; 16],
    sections: Vec<Section>,
    /// Offsets of the libraries' names, which are at the start of the tables.
    imports: Vec<u8>,
    cells: Vec<Cell<'a>>,
}

#[derive(Arbitrary, Debug)]
struct Section {
    name: [u8; 8],
    address: u32,
    size: u32,
    place: u32,
    flags: u32,
}

const MACHINES: [u32; 3] = [0x14c, 0x8664, 0xaa64];
const SUBSYSTEMS: [u32; 3] = [2, 3, 10];
/// The address of the tables at run time.
const BASE: u32 = 0x1000;
const DIRECTORIES: u32 = 16;

impl File<'_> {
    /// The first section contains all tables.
    pub fn bytes(&self) -> Vec<u8> {
        let mut file = Writer { is_64: self.is_64, ..Writer::default() };
        file.bytes.extend(*b"MZ");
        file.bytes.resize(60, 0);
        file.word(64);
        file.bytes.extend(*b"PE\0\0");
        let optional = if self.is_64 { 112 } else { 96 } + 8 * DIRECTORIES;
        let sections = 1 + self.sections.len() as u32;
        let start = 64 + 4 + 20 + optional + 40 * sections;
        let tables = self.tables();
        file.half(self.machine.of(&MACHINES) as u16);
        file.half(sections as u16);
        file.word(0);
        let [symbols, count] =
            self.symbols.map_or([0, 0], |[place, count]| [start + u32::from(place), count.into()]);
        file.words([symbols, count]);
        file.half(optional as u16);
        file.half(self.characteristics);
        self.append_optional_header(&mut file);
        file.bytes.extend(*b".rdata\0\0");
        file.words([tables.len(), BASE, tables.len(), start, 0, 0, 0, 0x4000_0040]);
        for Section { name, address, size, place, flags } in &self.sections {
            file.bytes.extend(name);
            file.words([*size, *address, *size, *place, 0, 0, 0, *flags]);
        }
        file.bytes.extend(tables.bytes);
        file.bytes
    }

    fn tables(&self) -> Writer {
        let mut tables = Writer::default();
        for name in &self.imports {
            tables.words([0, 0, 0, BASE + u32::from(*name), BASE]);
        }
        if !self.imports.is_empty() {
            tables.words([0; 5]);
        }
        self.cells.iter().for_each(|cell| cell.append(&mut tables, BASE));
        tables
    }

    fn append_optional_header(&self, file: &mut Writer) {
        file.half(if self.is_64 { 0x20b } else { 0x10b });
        file.half(0);
        // Sizes of the code, and the entry point; only 32-bit programs have the base of data.
        file.words([0, 0, 0, BASE, BASE]);
        if !self.is_64 {
            file.word(BASE);
        }
        file.address(0x40_0000);
        file.words([0x1000, 0x200, 6, 0, 6, 0, 0x20_000, 0x400, 0]);
        file.half(self.subsystem.of(&SUBSYSTEMS) as u16);
        file.half(self.flags);
        file.addresses([0; 4]);
        file.words([0, DIRECTORIES]);
        const IMPORTS: usize = 1;
        for (number, place) in self.directories.into_iter().enumerate() {
            let is_first = number == IMPORTS && !self.imports.is_empty();
            let place = if is_first { Some(0) } else { place };
            file.words(place.map_or([0, 0], |place| [BASE + u32::from(place), 64]));
        }
    }
}
