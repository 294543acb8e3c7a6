//! The properties of a host binary: machine code of any system, a script, or another file.
//!
//! The bytes are untrusted: whatever they are, reading ends soon, and the result takes no more memory
//! than a few times the size of the file, or a few megabytes if that is more.

mod archive;
mod elf;
mod file;
mod mach_o;
mod paths;
mod pe;
mod raw;
mod signature;
mod slice;
mod stand_in;
#[cfg(test)]
pub(crate) mod testing;
mod text;

pub use file::InspectedFile;
use raw::Reason;
pub use signature::Signature;
pub use slice::{
    BinaryFormat, BinaryKind, Cpu, Elf, Glibc, ImportedSymbol, Loading, MachO, Native,
    NeededLibrary, Pe, Slice, Subsystem,
};
pub use stand_in::StandIn;
pub use text::{Shebang, TextFile};

pub fn read(bytes: &[u8]) -> InspectedFile {
    let (format, result) = match bytes {
        [] => return InspectedFile::Empty,
        [0x7f, b'E', b'L', b'F', ..] => {
            (BinaryFormat::Elf, elf::read(bytes).map(|slice| vec![slice]))
        }
        _ if mach_o::is_mach_o(bytes) => (BinaryFormat::MachO, mach_o::read(bytes)),
        _ if text::is_text(bytes) => return InspectedFile::Text(text::read(bytes)),
        [b'M', b'Z', ..] => (BinaryFormat::Pe, pe::read(bytes).map(|slice| vec![slice])),
        _ => {
            return match archive::format(bytes) {
                Some(format) => InspectedFile::Archive(format),
                None => InspectedFile::Data,
            };
        }
    };
    match result {
        Ok(slices) => InspectedFile::Binary(slices),
        Err(Reason(reason)) => InspectedFile::Damaged { format, reason },
    }
}

#[cfg(test)]
mod tests {
    use super::archive::ArchiveFormat;
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
    fn java_class_files_are_not_mach_o_programs() {
        assert_eq!(read(b"\xca\xfe\xba\xbe\0\0\0\x34\0\x01"), InspectedFile::Data);
        let universal = read(b"\xca\xfe\xba\xbe\0\0\0\x02\0\x01");
        assert!(matches!(universal, InspectedFile::Damaged { format: BinaryFormat::MachO, .. }));
    }

    #[test]
    fn text_data_and_empty_files_are_distinguished() {
        assert!(matches!(read(b"#!/bin/sh\n"), InspectedFile::Text(_)));
        assert!(matches!(read(b"MZ is a text\n"), InspectedFile::Text(_)));
        // A script with an archive behind it, such as a Python zipapp.
        assert!(matches!(read(b"#!/usr/bin/env python3\nPK\x03\x04\0\0"), InspectedFile::Text(_)));
        assert_eq!(read(b"PK\x03\x04"), InspectedFile::Archive(ArchiveFormat::Zip));
        assert_eq!(read(b"\0\0\0"), InspectedFile::Data);
        assert_eq!(read(b""), InspectedFile::Empty);
    }
}
