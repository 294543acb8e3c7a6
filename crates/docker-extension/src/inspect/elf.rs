//! ELF, the format of Linux programs. Like Linux, the inspector reads the program headers; the
//! sections, which are optional, are only read for debug information.

use object::elf::Vernaux;
use object::elf::{self, DynamicTag, FileHeader32, FileHeader64, Machine, Verneed};
use object::endian::Endianness;
use object::pod::{Pod, from_bytes};
use object::read::elf::{Dyn as _, FileHeader, ProgramHeader as _, SectionHeader as _};

use super::raw::{Reason, is_dwarf};
use super::slice::{BinaryKind, Cpu, Elf, Glibc, Loading, Native, NeededLibrary, Slice};
use super::{paths, raw};
use crate::platform::Arch;

pub(super) fn read(bytes: &[u8]) -> Result<Slice, Reason> {
    const CLASS: usize = 4;
    match bytes.get(CLASS) {
        Some(1) => read_file::<FileHeader32<Endianness>>(bytes),
        _ => read_file::<FileHeader64<Endianness>>(bytes),
    }
}

fn read_file<Header: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> Result<Slice, Reason> {
    let header = Header::parse(bytes)?;
    let endian = header.endian()?;
    let segments = header.program_headers(endian, bytes)?;
    let file = ElfFile { bytes, header, endian, segments };
    if !file.is_complete() {
        return Err(Reason::CUT_OFF);
    }
    let dynamic = file.dynamic()?;
    let flags = segments.iter().filter(|segment| segment.p_type(endian) == elf::PT_GNU_STACK);
    let interpreter = file.interpreter()?;
    Ok(Slice {
        cpu: cpu(header.e_machine(endian)),
        kind: file.kind(&dynamic, interpreter.is_some()),
        libraries: dynamic
            .libraries
            .into_iter()
            .map(|name| NeededLibrary { name, loading: Loading::Start })
            .collect(),
        debug_info: file.debug_info(),
        build_paths: paths::find(bytes),
        // Without this header, the stack is executable.
        has_executable_stack: flags
            .last()
            .is_none_or(|stack| stack.p_flags(endian).contains(elf::PF_X)),
        writable_code: file.writable_code(),
        has_random_address: header.e_type(endian) == elf::ET_DYN,
        native: Native::Elf(Elf {
            interpreter,
            run_paths: dynamic.run_paths,
            glibc: dynamic.glibc,
        }),
    })
}

struct ElfFile<'a, Header: FileHeader> {
    bytes: &'a [u8],
    header: &'a Header,
    endian: Endianness,
    segments: &'a [Header::ProgramHeader],
}

/// The relevant entries of the dynamic section.
#[derive(Default)]
struct Dynamic {
    libraries: Vec<String>,
    run_paths: Vec<String>,
    glibc: Option<Glibc>,
    is_program: bool,
}

impl<'a, Header: FileHeader<Endian = Endianness>> ElfFile<'a, Header> {
    fn kind(&self, dynamic: &Dynamic, has_interpreter: bool) -> BinaryKind {
        match self.header.e_type(self.endian) {
            elf::ET_EXEC => BinaryKind::Program,
            elf::ET_DYN if has_interpreter || dynamic.is_program => BinaryKind::Program,
            elf::ET_DYN => BinaryKind::Library,
            elf::ET_REL => BinaryKind::Object,
            elf::ET_CORE => BinaryKind::Other("core dump"),
            _ => BinaryKind::Other("unknown kind of ELF file"),
        }
    }

    /// Whether the file contains everything that is loaded. Linux starts a truncated program, and kills it
    /// at the first access to a missing part.
    fn is_complete(&self) -> bool {
        let mut loaded =
            self.segments.iter().filter(|segment| segment.p_type(self.endian) == elf::PT_LOAD);
        loaded.all(|segment| segment.data(self.endian, self.bytes).is_ok())
    }

    fn interpreter(&self) -> Result<Option<String>, Reason> {
        let endian = self.endian;
        let mut segments = self.segments.iter();
        let Some(segment) = segments.find(|segment| segment.p_type(endian) == elf::PT_INTERP)
        else {
            return Ok(None);
        };
        let data = segment.data(endian, self.bytes).ok();
        let path =
            data.and_then(raw::text).ok_or(Reason("the name of its interpreter is missing"))?;
        Ok(Some(path))
    }

    fn writable_code(&self) -> Vec<String> {
        let endian = self.endian;
        let segments = self.segments.iter();
        segments
            .filter(|segment| {
                let flags = segment.p_flags(endian);
                segment.p_type(endian) == elf::PT_LOAD
                    && flags.contains(elf::PF_W)
                    && flags.contains(elf::PF_X)
            })
            .map(|segment| format!("segment at {:#x}", segment.p_vaddr(endian).into()))
            .collect()
    }

    fn debug_info(&self) -> u64 {
        let endian = self.endian;
        let Ok(sections) = self.header.sections(endian, self.bytes) else { return 0 };
        let names = self.header.section_strings_index(endian, self.bytes).ok();
        let names = names
            .and_then(|index| sections.section(index).ok())
            .and_then(|section| section.data(endian, self.bytes).ok());
        sections
            .iter()
            .filter(|section| {
                let name = names.and_then(|names| raw::from(names, section.sh_name(endian)));
                name.is_some_and(is_dwarf)
            })
            .fold(0, |sum, section| sum.saturating_add(section.sh_size(endian).into()))
    }

    /// The part of the file that is loaded at `address`.
    fn at(&self, address: u64) -> Option<&'a [u8]> {
        let endian = self.endian;
        self.segments.iter().find_map(|segment| {
            if segment.p_type(endian) != elf::PT_LOAD {
                return None;
            }
            let offset = address.checked_sub(segment.p_vaddr(endian).into())?;
            let data = segment.data(endian, self.bytes).ok()?;
            raw::from(data, offset).filter(|rest| !rest.is_empty())
        })
    }

    fn dynamic(&self) -> Result<Dynamic, Reason> {
        let endian = self.endian;
        let mut dynamic = Dynamic::default();
        let table = self.segments.iter().find_map(|s| s.dynamic(endian, self.bytes).transpose());
        let Some(table) = table.transpose()? else { return Ok(dynamic) };
        let end = table.iter().position(|entry| entry.tag(endian) == elf::DT_NULL);
        let table = &table[..end.unwrap_or(table.len())];
        let value = |tag: DynamicTag| {
            let entry = table.iter().find(|entry| entry.tag(endian) == tag)?;
            Some(entry.d_val(endian).into())
        };
        let strings = value(elf::DT_STRTAB).and_then(|address| self.at(address));
        let text = |offset: u64| {
            let text = strings.and_then(|strings| raw::text_at(strings, offset));
            text.ok_or(Reason("the name of a library is outside of the string table"))
        };
        for entry in table {
            let value: u64 = entry.d_val(endian).into();
            let list = match entry.tag(endian) {
                elf::DT_NEEDED => &mut dynamic.libraries,
                elf::DT_RPATH | elf::DT_RUNPATH => &mut dynamic.run_paths,
                _ => continue,
            };
            if list.len() == raw::LONGEST_LIST {
                return Err(Reason("it requires thousands of libraries"));
            }
            list.push(text(value)?);
        }
        let flags = value(elf::DT_FLAGS_1).unwrap_or_default();
        dynamic.is_program = flags & elf::DF_1_PIE.0 != 0;
        if let (Some(versions), Some(strings)) = (value(elf::DT_VERNEED), strings) {
            let versions = self.at(versions).ok_or(Reason("its version table is missing"))?;
            dynamic.glibc = glibc(versions, strings, endian)?;
        }
        Ok(dynamic)
    }
}

/// The newest version of the GNU C library in the table of required versions: a list of libraries, each
/// with a list of versions. Every entry contains the distance to the next one.
fn glibc(table: &[u8], strings: &[u8], endian: Endianness) -> Result<Option<Glibc>, Reason> {
    let mut newest = None;
    let mut left = raw::LONGEST_LIST;
    let mut library = 0;
    loop {
        let needed: &Verneed<Endianness> = entry(table, library)?;
        let mut version = library + u64::from(needed.vn_aux.get(endian));
        for _ in 0..needed.vn_cnt.get(endian) {
            left = left.checked_sub(1).ok_or(Reason("it requires thousands of versions"))?;
            let required: &Vernaux<Endianness> = entry(table, version)?;
            let name = raw::from(strings, required.vna_name.get(endian)).unwrap_or_default();
            newest = newest.max(glibc_version(name));
            version += u64::from(required.vna_next.get(endian));
        }
        left =
            left.checked_sub(1).ok_or(Reason("it requires versions of thousands of libraries"))?;
        match needed.vn_next.get(endian) {
            0 => return Ok(newest),
            next => library += u64::from(next),
        }
    }
}

fn entry<Entry: Pod>(table: &[u8], offset: u64) -> Result<&Entry, Reason> {
    let entry = raw::from(table, offset).and_then(|bytes| from_bytes(bytes).ok());
    entry.map(|(entry, _)| entry).ok_or(Reason("its version table is truncated"))
}

/// Parses `2.34` from `GLIBC_2.34`.
fn glibc_version(name: &[u8]) -> Option<Glibc> {
    const LONGEST: usize = 16;
    let version = name.strip_prefix(b"GLIBC_")?;
    let version = version.get(..LONGEST).unwrap_or(version);
    let version = version.split(|&byte| byte == 0).next()?;
    let mut numbers = std::str::from_utf8(version).ok()?.split('.').map(str::parse);
    let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else { return None };
    Some(Glibc { major, minor })
}

fn cpu(machine: Machine) -> Cpu {
    match machine {
        elf::EM_X86_64 => Cpu::Arch(Arch::Amd64),
        elf::EM_AARCH64 => Cpu::Arch(Arch::Arm64),
        elf::EM_386 => Cpu::X86,
        elf::EM_ARM => Cpu::Arm32,
        elf::EM_RISCV => Cpu::Other("RISC-V".to_owned()),
        elf::EM_PPC64 => Cpu::Other("PowerPC".to_owned()),
        elf::EM_S390 => Cpu::Other("s390x".to_owned()),
        Machine(number) => Cpu::Other(format!("machine {number:#06x}")),
    }
}
