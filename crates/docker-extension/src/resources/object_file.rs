//! Writes resources as a COFF object file with one section, as GNU's `windres` does.

use object::pe;

use super::Resources;
use super::section::{self, SectionContents};
use crate::error::{Error, Result};

/// The CPU of an object file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoffMachine {
    Amd64,
    Arm64,
    I386,
}

impl CoffMachine {
    fn number(self) -> u16 {
        match self {
            CoffMachine::Amd64 => pe::IMAGE_FILE_MACHINE_AMD64.0,
            CoffMachine::Arm64 => pe::IMAGE_FILE_MACHINE_ARM64.0,
            CoffMachine::I386 => pe::IMAGE_FILE_MACHINE_I386.0,
        }
    }

    /// The relocation that adds an address relative to the program's start.
    fn relocation(self) -> u16 {
        const AMD64_ADDR32NB: u16 = 3;
        const ARM64_ADDR32NB: u16 = 2;
        const I386_DIR32NB: u16 = 7;
        match self {
            CoffMachine::Amd64 => AMD64_ADDR32NB,
            CoffMachine::Arm64 => ARM64_ADDR32NB,
            CoffMachine::I386 => I386_DIR32NB,
        }
    }
}

const SECTION_NAME: &[u8; 8] = b".rsrc\0\0\0";
/// The size of the headers of a file with one section, in bytes.
const HEADERS: usize = 20 + 40;
const RELOCATION: usize = 10;

/// # Errors
/// The resources are too many or too large for an object file.
pub fn write(resources: &Resources, machine: CoffMachine) -> Result<Vec<u8>> {
    let too_large = || Error::new("the resources are too many or too large for an object file");
    let SectionContents { bytes, addresses } = section::encode(resources).ok_or_else(too_large)?;
    let relocation_count = u16::try_from(addresses.len()).map_err(|_| too_large())?;
    let relocations = u32::try_from(HEADERS + bytes.len()).map_err(|_| too_large())?;
    let symbols = u32::try_from(relocations as usize + RELOCATION * addresses.len())
        .map_err(|_| too_large())?;

    let mut file = Vec::new();
    file.extend(machine.number().to_le_bytes());
    file.extend(1u16.to_le_bytes()); // sections
    file.extend(0u32.to_le_bytes()); // no time
    file.extend(symbols.to_le_bytes());
    file.extend(1u32.to_le_bytes()); // symbols
    file.extend([0; 4]); // no optional header, no flags

    const READABLE_DATA_ALIGNED_TO_8: u32 = 0x4040_0040;
    file.extend(SECTION_NAME);
    file.extend([0; 8]);
    file.extend((bytes.len() as u32).to_le_bytes());
    file.extend((HEADERS as u32).to_le_bytes());
    file.extend(relocations.to_le_bytes());
    file.extend(0u32.to_le_bytes());
    file.extend(relocation_count.to_le_bytes());
    file.extend(0u16.to_le_bytes());
    file.extend(READABLE_DATA_ALIGNED_TO_8.to_le_bytes());

    file.extend(bytes);
    for address in addresses {
        file.extend((address as u32).to_le_bytes());
        file.extend(0u32.to_le_bytes()); // the symbol
        file.extend(machine.relocation().to_le_bytes());
    }

    const STATIC: u8 = 3;
    file.extend(SECTION_NAME);
    file.extend(0u32.to_le_bytes()); // the value
    file.extend(1u16.to_le_bytes()); // the section
    file.extend([0, 0, STATIC, 0]);
    file.extend(4u32.to_le_bytes()); // an empty table of strings
    Ok(file)
}

/// Whether a file is an object file that has nothing but resources.
pub fn has_only_resources(file: &[u8]) -> bool {
    use object::{Object, ObjectSection};
    let Ok(object) = object::read::coff::CoffFile::<&[u8]>::parse(file) else { return false };
    let mut sections = object.sections().peekable();
    sections.peek().is_some()
        && sections.all(|section| section.name().is_ok_and(|name| name.starts_with(".rsrc")))
}
