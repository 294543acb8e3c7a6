//! `__unwind_info`: pages that describe ranges of code, with an encoding for each function. The format is
//! defined in `compact_unwind_encoding.h` of LLVM's libunwind.

use super::Frame;

const VERSION: u32 = 1;
const REGULAR: u32 = 2;
const COMPRESSED: u32 = 3;

const MODE: u32 = 0x0f00_0000;
const NOTHING: u32 = 0;
/// The function has a frame pointer.
const FRAME_POINTER: u32 = 0x0100_0000;
const IN_EH_FRAME: u32 = 0x0400_0000;
/// The index of the function's personality, and whether it has data for that.
const HANDLER: u32 = 0x7000_0000;

const RBP: u8 = 6;
const RETURN_ADDRESS: u8 = 16;
/// DWARF's numbers of the registers that a function with a frame pointer may save, by this format's.
const SAVED: [Option<u8>; 8] = [None, Some(3), Some(12), Some(13), Some(14), Some(15), None, None];

const CUT_OFF: &str = "it is truncated";

/// The frames of the functions that are not in `__eh_frame`. `base` is the program's address.
pub fn frames(section: &[u8], base: u64) -> Result<Vec<Frame>, &'static str> {
    let encodings = encodings(section)?;
    let mut frames = Vec::new();
    for pair in encodings.windows(2) {
        let [(start, encoding), (end, _)] = [pair[0], pair[1]];
        let length = end.checked_sub(start).ok_or("it is not sorted by address")?;
        let instructions = match encoding & MODE {
            NOTHING | IN_EH_FRAME => continue,
            _ if encoding & HANDLER != 0 => return Err("it has its own handlers"),
            FRAME_POINTER => with_frame_pointer(encoding)?,
            _ => return Err("it has functions without a frame pointer"),
        };
        frames.push(Frame {
            start: base + u64::from(start),
            length: length.into(),
            handler: None,
            // The caller's stack is 16 bytes above `rbp`; below it are the return address and the caller's `rbp`.
            initial_instructions: vec![0x0c, RBP, 16, 0x80 | RETURN_ADDRESS, 1, 0x80 | RBP, 2],
            instructions,
        });
    }
    Ok(frames)
}

/// The offset of each function in the program, with its encoding, and finally the end offset.
fn encodings(section: &[u8]) -> Result<Vec<(u32, u32)>, &'static str> {
    let word = |offset: usize| u32_at(section, offset);
    if word(0)? != VERSION {
        return Err("it has an unknown version");
    }
    let (common, common_count) = (word(4)? as usize, word(8)? as usize);
    let (index, index_count) = (word(20)? as usize, word(24)? as usize);
    let mut encodings = Vec::new();
    for entry in (0..index_count).map(|number| index + 12 * number) {
        let (first, page) = (word(entry)?, word(entry + 4)? as usize);
        if page == 0 {
            encodings.push((first, NOTHING));
            continue;
        }
        let half = |offset: usize| Ok::<_, &'static str>(word(page + offset)? as usize & 0xffff);
        let (entries, count) = (page + half(4)?, half(6)?);
        for number in 0..count {
            encodings.push(match word(page)? {
                REGULAR => (word(entries + 8 * number)?, word(entries + 8 * number + 4)?),
                COMPRESSED => {
                    let entry = word(entries + 4 * number)?;
                    let encoding = entry as usize >> 24;
                    let encoding = match encoding.checked_sub(common_count) {
                        None => word(common + 4 * encoding)?,
                        Some(own) => word(page + half(8)? + 4 * own)?,
                    };
                    (first.wrapping_add(entry & 0x00ff_ffff), encoding)
                }
                _ => return Err("it has a page of an unknown kind"),
            });
        }
    }
    Ok(encodings)
}

fn with_frame_pointer(encoding: u32) -> Result<Vec<u8>, &'static str> {
    let below = (encoding >> 16 & 0xff) as u8;
    let mut instructions = Vec::new();
    for place in 0..5 {
        let register = (encoding >> (3 * place) & 7) as usize;
        if register == 0 {
            continue;
        }
        let register = SAVED[register].ok_or("it saves an unknown register")?;
        // In words below the caller's stack.
        let distance = below.checked_add(2).and_then(|words| words.checked_sub(place));
        let distance = distance.filter(|distance| *distance < 0x80);
        instructions.extend([0x80 | register, distance.ok_or("it saves a register too far away")?]);
    }
    Ok(instructions)
}

fn u32_at(bytes: &[u8], offset: usize) -> Result<u32, &'static str> {
    let word = bytes.get(offset..).and_then(|bytes| bytes.first_chunk()).ok_or(CUT_OFF)?;
    Ok(u32::from_le_bytes(*word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saved_registers_are_where_the_encoding_says() {
        // Five words below `rbp`, upwards: rbx, r12, r14, r15, and none.
        let encoding = FRAME_POINTER | 4 << 16 | 1 | 2 << 3 | 4 << 6 | 5 << 9;
        let instructions = with_frame_pointer(encoding).unwrap();
        assert_eq!(instructions, [0x83, 6, 0x8c, 5, 0x8e, 4, 0x8f, 3]);
    }
}
