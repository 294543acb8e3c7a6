//! Tables in the format of `.eh_frame`, which the Linux Standard Base defines: parses the program's table,
//! and writes one with absolute addresses.

use super::{Frame, Handler};
use crate::loader::memory::Memory;

/// The encoding of an address.
mod pointer {
    pub const ABSOLUTE: u8 = 0x00;
    pub const SIGNED_4: u8 = 0x0b;
    pub const FORMAT: u8 = 0x0f;
    pub const RELATIVE: u8 = 0x10;
    pub const INDIRECT: u8 = 0x80;
    pub const OMITTED: u8 = 0xff;
}

const CUT_OFF: &str = "it is truncated";
/// The parameters of x86-64: code in bytes, data in words downwards, and the return address.
const FACTORS: [u8; 3] = [1, 0x78, 16];

/// The part that functions share.
struct Common {
    address: usize,
    personality: u64,
    has_data: bool,
    /// The encoding of function and data addresses.
    encodings: (u8, u8),
    instructions: Vec<u8>,
}

/// Parses the frames of a program's table, in memory after binding.
pub fn frames(section: &[u8], memory: &Memory) -> Result<Vec<Frame>, &'static str> {
    let mut commons: Vec<Common> = Vec::new();
    let mut frames = Vec::new();
    let mut rest = Reader { rest: section, memory };
    while !rest.rest.is_empty() {
        let start = rest.address();
        let length = rest.u32()? as usize;
        if length == 0 {
            break;
        }
        let mut record = Reader { rest: rest.take(length)?, memory };
        let address = record.address();
        match record.u32()? as usize {
            0 => commons.push(common(record, start)?),
            distance => {
                let start = address.wrapping_sub(distance);
                let common = commons.iter().find(|common| common.address == start);
                frames.push(frame(record, common.ok_or("it refers to a missing entry")?)?);
            }
        }
    }
    Ok(frames)
}

fn common(mut record: Reader<'_>, address: usize) -> Result<Common, &'static str> {
    let version = record.u8()?;
    let end = record.rest.iter().position(|byte| *byte == 0).ok_or(CUT_OFF)?;
    let augmentation = record.take(end + 1)?;
    if version != 1 || augmentation.first() != Some(&b'z') || record.take(3)? != FACTORS {
        return Err("it has unusual parameters for x86-64");
    }
    let _size = record.uleb()?;
    let mut common = Common {
        address,
        personality: 0,
        has_data: false,
        encodings: (pointer::ABSOLUTE, pointer::OMITTED),
        instructions: Vec::new(),
    };
    for letter in &augmentation[1..end] {
        match letter {
            b'P' => {
                let encoding = record.u8()?;
                common.personality = record.pointer(encoding)?;
            }
            b'L' => {
                common.encodings.1 = record.u8()?;
                common.has_data = true;
            }
            b'R' => common.encodings.0 = record.u8()?,
            _ => return Err("it has an unknown augmentation"),
        }
    }
    common.instructions = record.rest.to_vec();
    Ok(common)
}

fn frame(mut record: Reader<'_>, common: &Common) -> Result<Frame, &'static str> {
    let (of_code, of_data) = common.encodings;
    let start = record.pointer(of_code)?;
    let length = record.pointer(of_code & pointer::FORMAT)?;
    let size = record.uleb()?;
    let data = if common.has_data && size > 0 { record.pointer(of_data)? } else { 0 };
    let personality = common.personality;
    Ok(Frame {
        start,
        length,
        handler: (personality != 0).then_some(Handler { personality, data }),
        initial_instructions: common.instructions.clone(),
        instructions: record.rest.to_vec(),
    })
}

/// The unread part of bytes that are at their place in memory.
struct Reader<'a> {
    rest: &'a [u8],
    memory: &'a Memory,
}

impl<'a> Reader<'a> {
    fn address(&self) -> usize {
        self.rest.as_ptr() as usize
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], &'static str> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(CUT_OFF)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], &'static str> {
        self.take(N)?.try_into().map_err(|_| CUT_OFF)
    }

    fn u8(&mut self) -> Result<u8, &'static str> {
        self.array().map(u8::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, &'static str> {
        self.array().map(u32::from_le_bytes)
    }

    fn uleb(&mut self) -> Result<u64, &'static str> {
        let mut number = 0;
        for shift in (0..63).step_by(7) {
            let byte = self.u8()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err("it contains a number that is too large")
    }

    /// An address; 0 for none.
    fn pointer(&mut self, encoding: u8) -> Result<u64, &'static str> {
        let place = self.address() as u64;
        let value = match encoding & pointer::FORMAT {
            pointer::ABSOLUTE => self.array().map(u64::from_le_bytes)?,
            pointer::SIGNED_4 => i64::from(self.array().map(i32::from_le_bytes)?) as u64,
            _ => return Err("it has an address of an unknown format"),
        };
        if value == 0 {
            return Ok(0);
        }
        let value = match encoding & 0x70 {
            0 => value,
            pointer::RELATIVE => place.wrapping_add(value),
            _ => return Err("it has an address with an unknown base"),
        };
        if encoding & pointer::INDIRECT == 0 {
            return Ok(value);
        }
        let address = value.wrapping_sub(self.memory.slide());
        self.memory.word(address).ok_or("it has an address outside of the program")
    }
}

/// A table that is being written.
#[derive(Default)]
pub struct Table(Vec<u8>);

impl Table {
    pub fn add(&mut self, frame: &Frame) {
        let common = self.0.len();
        let absolute = pointer::ABSOLUTE;
        let mut body = vec![0, 0, 0, 0, 1];
        match frame.handler {
            None => {
                body.extend(b"zR\0");
                body.extend(FACTORS);
                body.extend([1, absolute]);
            }
            Some(Handler { personality, .. }) => {
                body.extend(b"zPLR\0");
                body.extend(FACTORS);
                body.extend([11, absolute]);
                body.extend(personality.to_le_bytes());
                body.extend([absolute, absolute]);
            }
        }
        body.extend(&frame.initial_instructions);
        self.record(body);

        let distance = self.0.len() + 4 - common;
        let mut body = (distance as u32).to_le_bytes().to_vec();
        body.extend(frame.start.to_le_bytes());
        body.extend(frame.length.to_le_bytes());
        match frame.handler {
            None => body.push(0),
            Some(Handler { data, .. }) => {
                body.push(8);
                body.extend(data.to_le_bytes());
            }
        }
        body.extend(&frame.instructions);
        self.record(body);
    }

    /// The padding consists of zeros, which are instructions without effect.
    fn record(&mut self, mut body: Vec<u8>) {
        body.resize((body.len() + 4).next_multiple_of(8) - 4, 0);
        self.0.extend((body.len() as u32).to_le_bytes());
        self.0.extend(body);
    }

    /// The table, terminated by zero.
    pub fn finish(mut self) -> Vec<u8> {
        self.0.extend([0; 4]);
        self.0
    }
}
