//! Machine code: files with valid headers and arbitrary tables.

use arbitrary::Arbitrary;

mod elf;
mod mach_o;
mod pe;

pub use mach_o::Signed;

#[derive(Arbitrary, Debug)]
pub enum Program<'a> {
    MachO(mach_o::Slice<'a>),
    Universal(mach_o::Universal<'a>),
    Pe(pe::File<'a>),
    Elf(elf::File<'a>),
}

impl Program<'_> {
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Program::MachO(slice) => slice.bytes(),
            Program::Universal(universal) => universal.bytes(),
            Program::Pe(file) => file.bytes(),
            Program::Elf(file) => file.bytes(),
        }
    }
}

/// A piece of a table.
#[derive(Arbitrary, Debug)]
enum Cell<'a> {
    Zero,
    Small(u8),
    /// An offset in the tables, in bytes.
    Place(u8),
    Any(u32),
    Text(&'a [u8]),
}

impl Cell<'_> {
    /// Appends it to the tables, which start at the address `start`.
    fn append(&self, file: &mut Writer, start: u32) {
        match self {
            Cell::Zero => file.word(0),
            Cell::Small(value) => file.word((*value).into()),
            Cell::Place(offset) => file.word(start.wrapping_add((*offset).into())),
            Cell::Any(value) => file.word(*value),
            Cell::Text(text) => {
                file.bytes.extend(*text);
                file.bytes.push(0);
            }
        }
    }
}

/// Writes numbers in the byte order of the file.
#[derive(Debug, Default)]
struct Writer {
    bytes: Vec<u8>,
    is_big_endian: bool,
    is_64: bool,
}

impl Writer {
    fn half(&mut self, value: u16) {
        let bytes = if self.is_big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        self.bytes.extend(bytes);
    }

    fn word(&mut self, value: u32) {
        let bytes = if self.is_big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        self.bytes.extend(bytes);
    }

    fn words(&mut self, values: impl IntoIterator<Item = u32>) {
        values.into_iter().for_each(|value| self.word(value));
    }

    /// A number as wide as an address.
    fn address(&mut self, value: u32) {
        let high = if self.is_64 { Some(0) } else { None };
        let words = [Some(value), high];
        let words = words.into_iter().flatten();
        if self.is_big_endian { self.words(words.rev()) } else { self.words(words) }
    }

    fn addresses(&mut self, values: impl IntoIterator<Item = u32>) {
        values.into_iter().for_each(|value| self.address(value));
    }

    fn len(&self) -> u32 {
        self.bytes.len() as u32
    }
}

/// A common value, or any other.
#[derive(Arbitrary, Clone, Copy, Debug)]
struct Number {
    usual: Option<u8>,
    other: u32,
}

impl Number {
    fn of(self, usual: &[u32]) -> u32 {
        self.usual.map_or(self.other, |number| usual[usize::from(number) % usual.len()])
    }
}
