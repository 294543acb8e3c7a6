//! Mach-O files, and signatures for them.

use arbitrary::Arbitrary;
use docker_extension::internals::oci::Digest;

use super::{Cell, Number, Writer};

#[derive(Arbitrary, Debug)]
pub struct Universal<'a> {
    is_64: bool,
    slices: Vec<Slice<'a>>,
    /// Added to the offset of each slice.
    lie: Option<u32>,
}

#[derive(Arbitrary, Debug)]
pub struct Slice<'a> {
    is_64: bool,
    is_big_endian: bool,
    cpu: Number,
    kind: Number,
    flags: u32,
    commands: Vec<Command<'a>>,
    cells: Vec<Cell<'a>>,
}

#[derive(Arbitrary, Debug)]
struct Command<'a> {
    kind: Number,
    cells: Vec<Cell<'a>>,
}

/// A slice for Apple silicon with a valid signature, and the bytes that overwrite it afterwards.
#[derive(Arbitrary, Debug)]
pub struct Signed<'a> {
    slice: Slice<'a>,
    page_bits: u8,
    change: Option<(u16, u8)>,
}

const CPUS: [u32; 4] = [7, 0x100_0007, 0x100_000c, 12];
const KINDS: [u32; 4] = [1, 2, 6, 8];
/// Segments, libraries, run paths, versions.
const COMMANDS: [u32; 9] = [0x1, 0x19, 0xc, 0x8000_0018, 0x8000_001c, 0x20, 0x24, 0x25, 0x32];
const SIGNATURE: u32 = 0x1d;
const SIGNATURE_COMMAND: u32 = 16;

impl Slice<'_> {
    pub fn bytes(&self) -> Vec<u8> {
        self.file(|_, _| {}).bytes
    }

    /// The file, with one more command.
    fn file(&self, append: impl FnOnce(&mut Writer, u32)) -> Writer {
        let (is_64, is_big_endian) = (self.is_64, self.is_big_endian);
        let writer = || Writer { is_64, is_big_endian, ..Writer::default() };
        let mut commands = writer();
        for command in &self.commands {
            let mut body = writer();
            // Strings in commands are identified by their offset from the start of the command.
            command.cells.iter().for_each(|cell| cell.append(&mut body, 8));
            body.bytes.resize(body.bytes.len().next_multiple_of(8), 0);
            commands.words([command.kind.of(&COMMANDS), 8 + body.len()]);
            commands.bytes.extend(body.bytes);
        }
        let before = commands.len();
        let mut tables = writer();
        self.cells.iter().for_each(|cell| cell.append(&mut tables, 0));
        let header = if is_64 { 32 } else { 28 };
        let end = header + before + SIGNATURE_COMMAND + tables.len();
        append(&mut commands, end);
        let count = self.commands.len() as u32 + u32::from(commands.len() > before);
        let mut file = writer();
        file.words([0xfeed_face + u32::from(is_64), self.cpu.of(&CPUS), 0, self.kind.of(&KINDS)]);
        file.words([count, commands.len(), self.flags]);
        file.bytes.resize(header as usize, 0);
        file.bytes.extend(commands.bytes);
        file.bytes.extend(tables.bytes);
        file
    }
}

impl Universal<'_> {
    pub fn bytes(&self) -> Vec<u8> {
        let mut file = Writer { is_big_endian: true, is_64: self.is_64, ..Writer::default() };
        let slices: Vec<Vec<u8>> = self.slices.iter().map(Slice::bytes).collect();
        let entry = if self.is_64 { 32 } else { 20 };
        file.words([0xcafe_babe + u32::from(self.is_64), slices.len() as u32]);
        let mut place = 8 + entry * slices.len() as u32;
        for (slice, bytes) in self.slices.iter().zip(&slices) {
            file.words([slice.cpu.of(&CPUS), 0]);
            file.address(place.wrapping_add(self.lie.unwrap_or(0)));
            file.address(bytes.len() as u32);
            file.word(0);
            if self.is_64 {
                file.word(0);
            }
            place += bytes.len() as u32;
        }
        file.bytes.extend(slices.concat());
        file.bytes
    }
}

impl Signed<'_> {
    /// The file, and whether its signature is still valid.
    pub fn bytes(&self) -> (Vec<u8>, bool) {
        let page_bits = 8 + self.page_bits % 8;
        let pages = |code: u32| code.div_ceil(1 << page_bits);
        let size = |code: u32| 12 + 8 + 88 + 32 * pages(code);
        let mut file = self.slice.file(|commands, code| {
            commands.words([SIGNATURE, SIGNATURE_COMMAND, code, size(code)]);
        });
        let mut code = file.bytes.clone();
        let (length, limit) = (size(file.len()), file.len());
        file.is_big_endian = true;
        // A signature with one blob, a code directory of version 2.4.
        file.words([0xfade_0cc0, length, 1, 0, 20]);
        file.words([0xfade_0c02, length - 20, 0x2_0400, 2, 88, 0, 0, pages(limit), limit]);
        file.bytes.extend([32, 2, 0, page_bits]);
        file.words([0; 12]);
        for page in code.chunks(1 << page_bits) {
            let digest = Digest::of(page).hex();
            let words = digest.as_bytes().chunks(8).map(|hex| {
                u32::from_str_radix(str::from_utf8(hex).unwrap_or_default(), 16).unwrap_or(0)
            });
            file.words(words);
        }
        let signature = file.bytes.split_off(code.len());
        let mut is_changed = false;
        if let Some((place, value)) = self.change {
            let place = usize::from(place) % code.len();
            is_changed = code[place] != value;
            code[place] = value;
        }
        (code.into_iter().chain(signature).collect(), !is_changed)
    }
}
