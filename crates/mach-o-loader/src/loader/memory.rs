//! The program in memory, at another address than the one it was linked for.

use std::io;
use std::ops::Range;
use std::ptr::{self, NonNull};

use super::Rejection;
use super::fixups::Value;
use super::image::Image;
use super::libraries::Symbols;
use super::segment::PAGE;

/// The memory of a program, for the lifetime of the process.
pub struct Memory {
    start: NonNull<u8>,
    /// The addresses as linked.
    addresses: Range<u64>,
}

impl Memory {
    /// Allocates memory for all segments, and copies them. All of it is still writable.
    pub fn reserve(image: &Image<'_>) -> io::Result<Self> {
        let addresses = image.addresses();
        let start = map((addresses.end - addresses.start) as usize)?;
        let memory = Self { start, addresses };
        for segment in &image.segments {
            let to = memory.at(segment.addresses.start);
            // SAFETY: the segment, whose data is not larger than its address range, is in this memory.
            unsafe { ptr::copy_nonoverlapping(segment.data.as_ptr(), to, segment.data.len()) };
        }
        Ok(memory)
    }

    /// The difference between actual and linked addresses.
    pub fn slide(&self) -> u64 {
        (self.start.as_ptr() as u64).wrapping_sub(self.addresses.start)
    }

    /// The actual address of a linked address.
    pub fn at(&self, address: u64) -> *mut u8 {
        debug_assert!(address >= self.addresses.start && address <= self.addresses.end);
        self.start.as_ptr().wrapping_add((address - self.addresses.start) as usize)
    }

    /// The bytes at these linked addresses.
    pub fn bytes(&self, addresses: &Range<u64>) -> &[u8] {
        assert!(addresses.start >= self.addresses.start && addresses.end <= self.addresses.end);
        let length = (addresses.end - addresses.start) as usize;
        // SAFETY: it is in this memory, to which only this module has written so far.
        unsafe { std::slice::from_raw_parts(self.at(addresses.start), length) }
    }

    /// The word at this linked address, if it is in the program.
    pub fn word(&self, address: u64) -> Option<u64> {
        let end = address.checked_add(8)?;
        if address < self.addresses.start || end > self.addresses.end {
            return None;
        }
        let word = self.bytes(&(address..end)).first_chunk()?;
        Some(u64::from_le_bytes(*word))
    }

    /// Writes a word to this linked address.
    pub fn set_word(&mut self, address: u64, word: u64) {
        assert!(address >= self.addresses.start && address + 8 <= self.addresses.end);
        // SAFETY: it is in this memory.
        unsafe { self.at(address).cast::<u64>().write_unaligned(word) };
    }

    /// Writes the addresses that are only known at load time.
    pub fn fix_up(&mut self, image: &Image<'_>, symbols: &Symbols) -> Result<(), Rejection> {
        for fixup in &image.fixups {
            let word = match &fixup.value {
                Value::Address(address) if self.addresses.contains(address) => {
                    address.wrapping_add(self.slide())
                }
                Value::Address(_) => {
                    let reason = "for an address outside of the program";
                    return Err(Rejection::Fixup { address: fixup.address, reason });
                }
                Value::Symbol(symbol, addend) => {
                    symbols.address(symbol).wrapping_add_signed(*addend)
                }
            };
            self.set_word(fixup.address, word);
        }
        Ok(())
    }

    /// Sets the protection of each segment.
    pub fn protect(&self, image: &Image<'_>) -> io::Result<()> {
        let length = (self.addresses.end - self.addresses.start) as usize;
        protect(self.start.as_ptr(), length, libc::PROT_NONE)?;
        for segment in &image.segments {
            let mut rights = libc::PROT_READ;
            if segment.is_writable && !segment.is_read_only_then {
                rights |= libc::PROT_WRITE;
            }
            if segment.is_executable {
                rights |= libc::PROT_EXEC;
            }
            let length = (segment.addresses.end - segment.addresses.start) as usize;
            protect(self.at(segment.addresses.start), length, rights)?;
        }
        Ok(())
    }
}

/// Maps code into memory, and returns its address.
pub fn code(bytes: &[u8]) -> io::Result<u64> {
    let start = map(bytes.len().max(PAGE as usize))?;
    // SAFETY: this size was mapped.
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), start.as_ptr(), bytes.len()) };
    protect(start.as_ptr(), bytes.len().max(1), libc::PROT_READ | libc::PROT_EXEC)?;
    Ok(start.as_ptr() as u64)
}

fn map(length: usize) -> io::Result<NonNull<u8>> {
    let (rights, flags) =
        (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: the kernel selects unused memory.
    let start = unsafe { libc::mmap(ptr::null_mut(), length, rights, flags, -1, 0) };
    if start == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    NonNull::new(start.cast()).ok_or_else(|| io::ErrorKind::OutOfMemory.into())
}

fn protect(start: *mut u8, length: usize, rights: i32) -> io::Result<()> {
    // SAFETY: the memory belongs to this module, and the parts in use keep the protection they need.
    match unsafe { libc::mprotect(start.cast(), length, rights) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
