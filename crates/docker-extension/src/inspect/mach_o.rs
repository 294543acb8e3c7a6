//! Mach-O, the format of macOS programs, for one CPU or several.

use object::macho::{
    self, CpuSubtype, CpuType, DylibCommand, FatArch32, FatArch64, FileType, SymtabCommand,
};
use object::read::macho::{
    FatArch, LoadCommandData, LoadCommandVariant, MachHeader, MachOFatFile, Nlist as _,
    Section as _, Segment as _,
};
use object::{Endianness, read};

use super::raw::Reason;
use super::signature::{Signature, SignaturePlace};
use super::slice::{BinaryKind, Cpu, ImportedSymbol, Loading, MachO, Native, NeededLibrary, Slice};
use super::{paths, raw, signature};
use crate::platform::Arch;
use crate::project::config::MacOsVersion;

/// Java class files start like universal Mach-O files; they have the version of Java, from 45 upwards,
/// in the place of the number of slices.
const MOST_SLICES: u32 = 44;

/// The maximum number of imported symbols that are read. Large programs have a few thousand.
const MOST_IMPORTS: usize = 16 * 1024;
/// In bytes. C++ has symbols of a few hundred.
const LONGEST_SYMBOL: usize = 1024;

pub(super) fn is_mach_o(bytes: &[u8]) -> bool {
    match *bytes {
        [0xfe, 0xed, 0xfa, 0xce | 0xcf, ..] | [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..] => true,
        [0xca, 0xfe, 0xba, 0xbe | 0xbf, a, b, c, d, ..] => {
            u32::from_be_bytes([a, b, c, d]) <= MOST_SLICES
        }
        _ => false,
    }
}

pub(super) fn read(bytes: &[u8]) -> Result<Vec<Slice>, Reason> {
    match bytes.get(3) {
        Some(0xbe) => read_universal::<FatArch32>(bytes),
        Some(0xbf) => read_universal::<FatArch64>(bytes),
        _ => Ok(vec![read_thin(bytes)?]),
    }
}

fn read_universal<Fat: FatArch>(bytes: &[u8]) -> Result<Vec<Slice>, Reason> {
    let file = MachOFatFile::<Fat>::parse(bytes)?;
    if file.arches().is_empty() {
        return Err(Reason("it is universal, but contains no slices"));
    }
    let mut slices = Vec::new();
    let mut sizes = 0_usize;
    for arch in file.arches() {
        let bytes_of_slice = arch.data(bytes)?;
        sizes = sizes.saturating_add(bytes_of_slice.len());
        if sizes > bytes.len() {
            return Err(Reason("its slices overlap"));
        }
        let slice = read_thin(bytes_of_slice)?;
        if slice.cpu != cpu(arch.cputype(), arch.cpusubtype()) {
            return Err(Reason("a slice is for another CPU than its entry says"));
        }
        slices.push(slice);
    }
    Ok(slices)
}

fn read_thin(bytes: &[u8]) -> Result<Slice, Reason> {
    match *bytes {
        [0xfe, 0xed, 0xfa, 0xce, ..] | [0xce, 0xfa, 0xed, 0xfe, ..] => {
            read_slice::<macho::MachHeader32<Endianness>>(bytes)
        }
        _ => read_slice::<macho::MachHeader64<Endianness>>(bytes),
    }
}

fn read_slice<Header: MachHeader<Endian = Endianness>>(bytes: &[u8]) -> Result<Slice, Reason> {
    let header = Header::parse(bytes, 0)?;
    let endian = header.endian()?;
    let flags = header.flags(endian);
    let mut slice = Slice {
        cpu: cpu(header.cputype(endian), header.cpusubtype(endian)),
        kind: kind(header.filetype(endian)),
        libraries: Vec::new(),
        debug_info: 0,
        build_paths: paths::find(bytes),
        has_executable_stack: flags.contains(macho::MH_ALLOW_STACK_EXECUTION),
        writable_code: Vec::new(),
        has_random_address: flags.contains(macho::MH_PIE),
        native: Native::MachO(MachO {
            foreign_system: None,
            minimum_macos: None,
            signature: Signature::Missing,
            run_paths: Vec::new(),
            imports: Vec::new(),
        }),
    };
    let mut signature = None;
    let mut linkedit_end = None;
    let mut commands = header.load_commands(endian, bytes, 0)?;
    while let Some(command) = commands.next()? {
        match command.variant()? {
            LoadCommandVariant::LinkeditData(data) if command.cmd() == macho::LC_CODE_SIGNATURE => {
                signature = Some(data);
            }
            _ => {
                linkedit_end = end_of_linkedit::<Header>(command, endian)?.or(linkedit_end);
                read_command::<Header>(command, endian, bytes, &mut slice)?;
            }
        }
    }
    if let Native::MachO(native) = &mut slice.native {
        // Each library may be in each of these directories.
        if slice.libraries.len().max(native.run_paths.len()) > raw::LONGEST_LIST {
            return Err(Reason("it requires thousands of libraries"));
        }
        if let Some(data) = signature {
            let (offset, size) = (data.dataoff.get(endian), data.datasize.get(endian));
            native.signature =
                signature::check(bytes, SignaturePlace { offset, size, linkedit_end });
        }
        // A program for macOS may also be for Catalyst.
        if native.minimum_macos.is_some() {
            native.foreign_system = None;
        }
    }
    Ok(slice)
}

/// The end of the segment `__LINKEDIT` in the file, if `command` declares it.
fn end_of_linkedit<Header: MachHeader<Endian = Endianness>>(
    command: LoadCommandData<'_, Endianness>,
    endian: Endianness,
) -> Result<Option<u64>, Reason> {
    let segment = Header::Segment::from_command(command)?.map(|(segment, _)| segment);
    let linkedit = segment.filter(|segment| segment.name() == macho::SEG_LINKEDIT.as_bytes());
    Ok(linkedit.map(|segment| {
        let (offset, size) = segment.file_range(endian);
        offset.saturating_add(size)
    }))
}

fn read_command<Header: MachHeader<Endian = Endianness>>(
    command: LoadCommandData<'_, Endianness>,
    endian: Endianness,
    bytes: &[u8],
    slice: &mut Slice,
) -> Result<(), Reason> {
    if let Some((segment, sections)) = Header::Segment::from_command(command)? {
        if segment.data(endian, bytes).is_err() {
            return Err(Reason::CUT_OFF);
        }
        return Ok(read_segment::<Header>(segment, sections, endian, slice)?);
    }
    let Native::MachO(native) = &mut slice.native else { return Ok(()) };
    match command.variant()? {
        LoadCommandVariant::BuildVersion(version, _) => {
            match foreign_system(version.platform.get(endian)) {
                None => native.minimum_macos = Some(version.minos.get(endian).into()),
                system => native.foreign_system = system,
            }
        }
        LoadCommandVariant::VersionMin(version) => match command.cmd() {
            macho::LC_VERSION_MIN_MACOSX => {
                native.minimum_macos = Some(version.version.get(endian).into());
            }
            macho::LC_VERSION_MIN_IPHONEOS => native.foreign_system = Some("iOS"),
            macho::LC_VERSION_MIN_TVOS => native.foreign_system = Some("tvOS"),
            _ => native.foreign_system = Some("watchOS"),
        },
        LoadCommandVariant::Dylib(dylib) => {
            let name = text(command.string(endian, dylib.dylib.name)?);
            let loading = loading(command, dylib, endian)?;
            slice.libraries.push(NeededLibrary { name, loading });
        }
        LoadCommandVariant::Symtab(table) => {
            // A program without a readable table starts all the same.
            native.imports = imports::<Header>(table, endian, bytes).unwrap_or_default();
        }
        LoadCommandVariant::Rpath(path) => {
            native.run_paths.push(text(command.string(endian, path.path)?));
        }
        _ => {}
    }
    Ok(())
}

fn imports<Header: MachHeader<Endian = Endianness>>(
    table: &SymtabCommand<Endianness>,
    endian: Endianness,
    bytes: &[u8],
) -> read::Result<Vec<ImportedSymbol>> {
    let table = table.symbols::<Header, _>(endian, bytes)?;
    let undefined = table.iter().filter(|symbol| symbol.is_undefined());
    let imports = undefined.filter_map(|symbol| {
        let name = symbol.name(endian, table.strings()).ok()?;
        let flags = symbol.n_desc(endian);
        (name.len() <= LONGEST_SYMBOL).then(|| ImportedSymbol {
            name: text(name),
            // The first library has number 1.
            library: flags.library().index().and_then(|number| usize::from(number).checked_sub(1)),
            is_optional: flags.contains(macho::N_WEAK_REF),
        })
    });
    Ok(imports.take(MOST_IMPORTS).collect())
}

fn read_segment<Header: MachHeader<Endian = Endianness>>(
    segment: &Header::Segment,
    sections: &[u8],
    endian: Endianness,
    slice: &mut Slice,
) -> read::Result<()> {
    let protection = segment.initprot(endian);
    if protection.contains(macho::VM_PROT_WRITE) && protection.contains(macho::VM_PROT_EXECUTE) {
        slice.writable_code.push(text(segment.name()));
    }
    for section in segment.sections(endian, sections)? {
        if section.segment_name() == b"__DWARF" {
            slice.debug_info = slice.debug_info.saturating_add(section.size(endian).into());
        }
    }
    Ok(())
}

fn loading(
    command: LoadCommandData<'_, Endianness>,
    dylib: &DylibCommand<Endianness>,
    endian: Endianness,
) -> read::Result<Loading> {
    let flags = command.dylib_use_flags(endian, dylib)?;
    Ok(match command.cmd() {
        macho::LC_LOAD_WEAK_DYLIB => Loading::Weak,
        macho::LC_LAZY_LOAD_DYLIB => Loading::Call,
        _ if flags.is_some_and(|flags| flags.contains(macho::DYLIB_USE_WEAK_LINK)) => Loading::Weak,
        _ => Loading::Start,
    })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn cpu(kind: CpuType, subtype: CpuSubtype) -> Cpu {
    match kind {
        macho::CPU_TYPE_X86_64 => Cpu::Arch(Arch::Amd64),
        // Only Apple's own programs may use its pointer authentication.
        macho::CPU_TYPE_ARM64 if subtype.id() == macho::CPU_SUBTYPE_ARM64E => {
            Cpu::Other("arm64e".to_owned())
        }
        macho::CPU_TYPE_ARM64 => Cpu::Arch(Arch::Arm64),
        macho::CPU_TYPE_X86 => Cpu::X86,
        macho::CPU_TYPE_POWERPC | macho::CPU_TYPE_POWERPC64 => Cpu::Other("PowerPC".to_owned()),
        macho::CPU_TYPE_ARM => Cpu::Arm32,
        CpuType(number) => Cpu::Other(format!("CPU type {number}")),
    }
}

fn kind(kind: FileType) -> BinaryKind {
    match kind {
        macho::MH_EXECUTE => BinaryKind::Program,
        macho::MH_DYLIB | macho::MH_BUNDLE | macho::MH_DYLIB_STUB => BinaryKind::Library,
        macho::MH_OBJECT => BinaryKind::Object,
        macho::MH_DSYM => BinaryKind::Other("debug information file"),
        macho::MH_CORE => BinaryKind::Other("core dump"),
        macho::MH_KEXT_BUNDLE => BinaryKind::Other("kernel extension"),
        macho::MH_DYLINKER => BinaryKind::Other("dynamic linker"),
        _ => BinaryKind::Other("unknown kind of Mach-O file"),
    }
}

fn foreign_system(platform: macho::Platform) -> Option<&'static str> {
    Some(match platform {
        macho::PLATFORM_MACOS => return None,
        macho::PLATFORM_IOS => "iOS",
        macho::PLATFORM_TVOS => "tvOS",
        macho::PLATFORM_WATCHOS => "watchOS",
        macho::PLATFORM_BRIDGEOS => "bridgeOS",
        macho::PLATFORM_MACCATALYST => "Mac Catalyst",
        macho::PLATFORM_DRIVERKIT => "DriverKit",
        macho::PLATFORM_IOSSIMULATOR
        | macho::PLATFORM_TVOSSIMULATOR
        | macho::PLATFORM_WATCHOSSIMULATOR => "a simulator",
        _ => "an unknown Apple system",
    })
}

impl From<macho::Version> for MacOsVersion {
    fn from(version: macho::Version) -> Self {
        Self { major: version.major(), minor: version.minor() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program with a table of `symbols` symbols, which all have the name at the start of `strings`.
    fn with_symbols(symbols: u32, strings: &[u8], flags: u16) -> Vec<u8> {
        let header = [0xfeed_facf, 0x100_0007, 3, 2, 1, 24, 0, 0].map(u32::to_le_bytes).concat();
        let table = u32::try_from(header.len()).unwrap() + 24;
        let length = u32::try_from(strings.len()).unwrap();
        let command = [macho::LC_SYMTAB.0, 24, table, symbols, table + symbols * 16, length];
        let mut file = [header, command.map(u32::to_le_bytes).concat()].concat();
        // An external symbol that is undefined: its name, type, section, flags and value.
        let symbol = [&[0; 4][..], &[1, 0], &flags.to_le_bytes(), &[0; 8]].concat();
        file.extend(symbol.repeat(symbols as usize));
        file.extend(strings);
        file
    }

    fn imports_of(file: &[u8]) -> Vec<ImportedSymbol> {
        match read(file).unwrap().remove(0).native {
            Native::MachO(native) => native.imports,
            _ => unreachable!("the file is a Mach-O file"),
        }
    }

    #[test]
    fn an_imported_symbol_has_the_number_of_its_library() {
        let import = |library, is_optional| {
            vec![ImportedSymbol { name: "_a".to_owned(), library, is_optional }]
        };
        assert_eq!(imports_of(&with_symbols(1, b"_a\0", 0x0200)), import(Some(1), false));
        assert_eq!(imports_of(&with_symbols(1, b"_a\0", 0x0140)), import(Some(0), true));
        // A symbol that is looked up in all libraries.
        assert_eq!(imports_of(&with_symbols(1, b"_a\0", 0xfe00)), import(None, false));
    }

    #[test]
    fn of_imported_symbols_a_bounded_number_of_bytes_is_kept() {
        let long = [&[b'a'; LONGEST_SYMBOL + 1][..], b"\0"].concat();
        assert_eq!(imports_of(&with_symbols(1, &long, 0x0100)), []);
        let many = with_symbols(MOST_IMPORTS as u32 + 1, b"_a\0", 0x0100);
        assert_eq!(imports_of(&many).len(), MOST_IMPORTS);
        // The table is longer than the file.
        let mut truncated = with_symbols(2, b"_a\0", 0x0100);
        truncated.truncate(80);
        assert_eq!(imports_of(&truncated), []);
    }

    #[test]
    fn a_program_with_thousands_of_run_paths_is_rejected() {
        const COMMANDS: u32 = 2000;
        const SIZE: u32 = 16;
        // The path starts at byte 12 of the command.
        let command = [macho::LC_RPATH.0, SIZE, 12, 0].map(u32::to_le_bytes).concat();
        let header = [0xfeed_facf, 0x100_000c, 0, 2, COMMANDS, COMMANDS * SIZE, 0, 0];
        let mut file = header.map(u32::to_le_bytes).concat();
        file.extend(command.repeat(COMMANDS as usize));
        let Reason(reason) = read(&file).unwrap_err();
        assert!(reason.contains("thousands"), "{reason}");
    }
}
