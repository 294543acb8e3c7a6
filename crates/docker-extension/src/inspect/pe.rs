//! PE, the format of Windows programs.

use object::LittleEndian as LE;
use object::pe::{
    self, ImageDebugDirectory, ImageDelayloadDescriptor, ImageDosHeader, ImageFileHeader,
    ImageImportDescriptor, ImageNtHeaders32, ImageNtHeaders64, Machine,
};
use object::pod::{Pod, from_bytes};
use object::read::pe::{
    DataDirectories, ImageNtHeaders, ImageOptionalHeader as _, SectionTable, optional_header_magic,
};

use super::raw::{Reason, is_dwarf};
use super::slice::{BinaryKind, Cpu, Loading, Native, NeededLibrary, Pe, Slice, Subsystem};
use super::{paths, raw};
use crate::platform::Arch;

pub(super) fn read(bytes: &[u8]) -> Result<Slice, Reason> {
    match optional_header_magic(bytes)? {
        pe::IMAGE_NT_OPTIONAL_HDR32_MAGIC => read_headers::<ImageNtHeaders32>(bytes),
        _ => read_headers::<ImageNtHeaders64>(bytes),
    }
}

fn read_headers<Headers: ImageNtHeaders>(bytes: &[u8]) -> Result<Slice, Reason> {
    let dos = ImageDosHeader::parse(bytes)?;
    let mut offset = u64::from(dos.nt_headers_offset());
    let (headers, directories) = Headers::parse(bytes, &mut offset)?;
    let sections = headers.sections(bytes, offset)?;
    let file = PeFile { bytes, directories, sections, header: headers.file_header() };
    if sections.iter().any(|section| section.pe_data(bytes).is_err()) {
        return Err(Reason::CUT_OFF);
    }
    let optional = headers.optional_header();
    let characteristics = file.header.characteristics.get(LE);
    let flags = optional.dll_characteristics();
    let subsystem = match optional.subsystem() {
        pe::IMAGE_SUBSYSTEM_WINDOWS_CUI => Subsystem::Console,
        pe::IMAGE_SUBSYSTEM_WINDOWS_GUI => Subsystem::Windows,
        pe::Subsystem(number) => Subsystem::Other(number),
    };
    let kind = match subsystem {
        _ if characteristics.contains(pe::IMAGE_FILE_DLL) => BinaryKind::Library,
        Subsystem::Other(_) => BinaryKind::Other("driver or firmware program"),
        Subsystem::Console | Subsystem::Windows => BinaryKind::Program,
    };
    let mut libraries = file.imports()?;
    libraries.extend(file.delayed_imports(optional.image_base())?);
    Ok(Slice {
        cpu: cpu(file.header.machine.get(LE)),
        kind,
        libraries,
        debug_info: file.debug_info(),
        build_paths: paths::find(bytes),
        // 64-bit programs never have this field.
        has_executable_stack: !headers.is_type_64()
            && !flags.contains(pe::IMAGE_DLLCHARACTERISTICS_NX_COMPAT),
        writable_code: file.writable_code(),
        has_random_address: flags.contains(pe::IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE)
            && !characteristics.contains(pe::IMAGE_FILE_RELOCS_STRIPPED),
        native: Native::Pe(Pe { subsystem, pdb: file.pdb() }),
    })
}

struct PeFile<'a> {
    bytes: &'a [u8],
    header: &'a ImageFileHeader,
    directories: DataDirectories<'a>,
    sections: SectionTable<'a>,
}

impl<'a> PeFile<'a> {
    /// The table of a data directory: from its address to the end of its section, because Windows ignores
    /// its size.
    fn table(&self, directory: usize) -> Result<Option<&'a [u8]>, Reason> {
        let Some(directory) = self.directories.get(directory) else { return Ok(None) };
        let table = self.sections.pe_data_at(self.bytes, directory.virtual_address.get(LE));
        table.map(Some).ok_or(Reason("a table is outside of its sections"))
    }

    /// The string at an address of the loaded program.
    fn text(&self, address: u32) -> Result<String, Reason> {
        let bytes = self.sections.pe_data_at(self.bytes, address);
        bytes.and_then(raw::text).ok_or(Reason("the name of a library is outside of its sections"))
    }

    fn imports(&self) -> Result<Vec<NeededLibrary>, Reason> {
        let table = self.table(pe::IMAGE_DIRECTORY_ENTRY_IMPORT)?;
        let is_last = |entry: &ImageImportDescriptor| {
            entry.name.get(LE) == 0 || entry.first_thunk.get(LE) == 0
        };
        entries(table, is_last)?
            .map(|entry| {
                Ok(NeededLibrary { name: self.text(entry.name.get(LE))?, loading: Loading::Start })
            })
            .collect()
    }

    fn delayed_imports(&self, image_base: u64) -> Result<Vec<NeededLibrary>, Reason> {
        let table = self.table(pe::IMAGE_DIRECTORY_ENTRY_DELAY_IMPORT)?;
        entries(table, |entry: &ImageDelayloadDescriptor| entry.dll_name_rva.get(LE) == 0)?
            .map(|entry| {
                let address = entry.dll_name_rva.get(LE);
                // Compilers before Visual C++ 7 wrote absolute addresses, without a flag for them.
                let is_relative = entry.attributes.get(LE) & 1 != 0;
                let base = if is_relative { 0 } else { image_base as u32 };
                let name = self.text(address.wrapping_sub(base))?;
                Ok(NeededLibrary { name, loading: Loading::Call })
            })
            .collect()
    }

    fn writable_code(&self) -> Vec<String> {
        let is_both = |flags: pe::SectionFlags| {
            flags.contains(pe::IMAGE_SCN_MEM_WRITE) && flags.contains(pe::IMAGE_SCN_MEM_EXECUTE)
        };
        let sections = self.sections.iter();
        sections
            .filter(|section| is_both(section.characteristics.get(LE)))
            .map(|section| String::from_utf8_lossy(section.raw_name()).into_owned())
            .collect()
    }

    /// The size of DWARF's sections. Their names are too long for the section table, which refers to the
    /// string table behind the symbols instead.
    fn debug_info(&self) -> u64 {
        const SYMBOL_SIZE: u64 = 18;
        let symbols = u64::from(self.header.number_of_symbols.get(LE)) * SYMBOL_SIZE;
        let start = u64::from(self.header.pointer_to_symbol_table.get(LE)) + symbols;
        let strings = if start == 0 { None } else { raw::from(self.bytes, start) };
        let sections = self.sections.iter().filter(|section| match section.name_offset() {
            Ok(Some(offset)) => {
                strings.and_then(|strings| raw::from(strings, offset)).is_some_and(is_dwarf)
            }
            _ => is_dwarf(section.raw_name()),
        });
        sections.map(|section| u64::from(section.size_of_raw_data.get(LE))).sum()
    }

    fn pdb(&self) -> Option<String> {
        const SIGNATURE_GUID_AGE: u64 = 4 + 16 + 4;
        let directory = self.directories.get(pe::IMAGE_DIRECTORY_ENTRY_DEBUG)?;
        let size = directory.size.get(LE) as usize;
        let table = self.sections.pe_data_at(self.bytes, directory.virtual_address.get(LE))?;
        let table = table.get(..size).unwrap_or(table);
        let is_code_view = |entry: &&[u8]| {
            let entry = from_bytes::<ImageDebugDirectory>(entry).ok()?.0;
            (entry.typ.get(LE) == pe::IMAGE_DEBUG_TYPE_CODEVIEW)
                .then_some(entry.pointer_to_raw_data.get(LE))
        };
        let mut table = table.chunks_exact(size_of::<ImageDebugDirectory>());
        let data = raw::from(self.bytes, table.find_map(|entry| is_code_view(&entry))?)?;
        data.starts_with(b"RSDS").then(|| raw::text_at(data, SIGNATURE_GUID_AGE))?
    }
}

/// The entries of a table, without the terminating one.
fn entries<'a, Entry: Pod + 'a>(
    table: Option<&'a [u8]>,
    is_last: impl Fn(&Entry) -> bool,
) -> Result<impl Iterator<Item = &'a Entry>, Reason> {
    let mut rest = table;
    let mut found = Vec::new();
    while let Some(bytes) = rest {
        let (entry, after) =
            from_bytes::<Entry>(bytes).map_err(|()| Reason("a table of libraries does not end"))?;
        if is_last(entry) {
            break;
        }
        if found.len() == raw::LONGEST_LIST {
            return Err(Reason("it requires thousands of libraries"));
        }
        found.push(entry);
        rest = Some(after);
    }
    Ok(found.into_iter())
}

fn cpu(machine: Machine) -> Cpu {
    match machine {
        pe::IMAGE_FILE_MACHINE_AMD64 => Cpu::Arch(Arch::Amd64),
        pe::IMAGE_FILE_MACHINE_ARM64 => Cpu::Arch(Arch::Arm64),
        pe::IMAGE_FILE_MACHINE_I386 => Cpu::X86,
        pe::IMAGE_FILE_MACHINE_ARM
        | pe::IMAGE_FILE_MACHINE_THUMB
        | pe::IMAGE_FILE_MACHINE_ARMNT => Cpu::Arm32,
        Machine(number) => Cpu::Other(format!("machine {number:#06x}")),
    }
}
