//! What a host binary says about itself: machine code of any system, a script, or something else.
//!
//! Reading believes nothing: whatever bytes it is given, it ends soon, and what it returns takes no
//! more memory than a few times the file, or a few megabytes where that is more.

use object::read;

mod elf;
mod fit;
mod mach_o;
mod paths;
mod pe;
mod raw;
mod signature;
mod slice;
#[cfg(test)]
pub(crate) mod testing;
mod text;

pub use fit::Unfit;
pub use signature::Signature;
pub use slice::{
    BinaryFormat, BinaryKind, Cpu, Elf, Glibc, Loading, MachO, Native, NeededLibrary, Pe, Slice,
    Subsystem,
};
pub use text::{Shebang, TextFile};

/// What a file is, by its content alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InspectedFile {
    /// Machine code: at least one slice, and more in universal Mach-O files alone.
    Binary(Vec<Slice>),
    Text(TextFile),
    /// It begins like machine code, but can't be read.
    Damaged {
        format: BinaryFormat,
        /// What is wrong: a clause with a subject.
        reason: &'static str,
    },
    Data,
    Empty,
}

impl InspectedFile {
    /// The only slice, or the first one.
    pub fn slice(&self) -> Option<&Slice> {
        match self {
            InspectedFile::Binary(slices) => slices.first(),
            _ => None,
        }
    }
}

pub fn read(bytes: &[u8]) -> InspectedFile {
    let (format, result) = match bytes {
        [] => return InspectedFile::Empty,
        [0x7f, b'E', b'L', b'F', ..] => {
            (BinaryFormat::Elf, elf::read(bytes).map(|slice| vec![slice]))
        }
        _ if mach_o::is_mach_o(bytes) => (BinaryFormat::MachO, mach_o::read(bytes)),
        _ if text::is_text(bytes) => return InspectedFile::Text(text::read(bytes)),
        [b'M', b'Z', ..] => (BinaryFormat::Pe, pe::read(bytes).map(|slice| vec![slice])),
        _ => return InspectedFile::Data,
    };
    match result {
        Ok(slices) => InspectedFile::Binary(slices),
        Err(Reason(reason)) => InspectedFile::Damaged { format, reason },
    }
}

/// Whether a section of ELF or PE with this name, which may be longer than that, has DWARF. What tells
/// debuggers of scripts is no part of it, is loaded with the program, and stays when it is stripped.
fn is_dwarf(name: &[u8]) -> bool {
    let is_any = [&b".debug_"[..], b".zdebug_"].iter().any(|begin| name.starts_with(begin));
    is_any && !name.starts_with(b".debug_gdb_scripts")
}

/// Why machine code can't be read.
#[derive(Clone, Copy, Debug)]
struct Reason(&'static str);

impl Reason {
    /// Something that the system loads is beyond the end of the file.
    const CUT_OFF: Self = Self("it is cut off");
}

impl From<read::Error> for Reason {
    fn from(_: read::Error) -> Self {
        Self("its headers contradict themselves, or it is cut off")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_test_is_a_program_for_the_machine_that_runs_it() {
        let contents = read(&std::fs::read(std::env::current_exe().unwrap()).unwrap());
        let slice = contents.slice().unwrap();
        let arch = slice.cpu.arch().unwrap().name();
        assert_eq!(arch, if cfg!(target_arch = "x86_64") { "amd64" } else { "arm64" });
        assert_eq!(slice.kind, BinaryKind::Program);
        assert!(slice.debug_info > 0 || cfg!(not(target_os = "linux")));
    }

    #[test]
    fn what_stays_in_a_stripped_program_is_no_debug_information() {
        assert!(is_dwarf(b".debug_info\0.text") && is_dwarf(b".zdebug_line"));
        assert!(!is_dwarf(b".debug_gdb_scripts") && !is_dwarf(b".text\0.debug_info"));
    }

    #[test]
    fn javas_class_files_are_no_programs_of_apples() {
        assert_eq!(read(b"\xca\xfe\xba\xbe\0\0\0\x34\0\x01"), InspectedFile::Data);
        let universal = read(b"\xca\xfe\xba\xbe\0\0\0\x02\0\x01");
        assert!(matches!(universal, InspectedFile::Damaged { format: BinaryFormat::MachO, .. }));
    }

    #[test]
    fn texts_data_and_nothing_are_told_apart() {
        assert!(matches!(read(b"#!/bin/sh\n"), InspectedFile::Text(_)));
        assert!(matches!(read(b"MZ is a text\n"), InspectedFile::Text(_)));
        assert_eq!(read(b"PK\x03\x04"), InspectedFile::Data);
        assert_eq!(read(b""), InspectedFile::Empty);
    }
}
