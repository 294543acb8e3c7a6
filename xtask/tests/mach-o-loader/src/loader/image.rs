//! What a Mach-O file says of the program in it; and what macOS won't start.
//!
//! All addresses are those that the linker gave, until the program is in [`super::memory`].

use std::ops::Range;

use object::macho::{self, MachHeader64, Section64, SegmentCommand64};
use object::read::macho::{LoadCommandVariant, MachHeader as _, Section as _, Segment as _};
use object::{LittleEndian, endian};

use super::Refusal;
use super::fixups::{self, Fixup};

pub(super) const LE: LittleEndian = endian::LittleEndian;
/// Of x86-64.
pub(super) const PAGE: u64 = 4096;

const READ: u32 = macho::VM_PROT_READ.0;
/// What `dyld` wants of segments with these names.
const RIGHTS: [(&str, u32); 5] = [
    ("__PAGEZERO", 0),
    ("__TEXT", READ | macho::VM_PROT_EXECUTE.0),
    ("__DATA_CONST", READ | macho::VM_PROT_WRITE.0),
    ("__DATA", READ | macho::VM_PROT_WRITE.0),
    ("__LINKEDIT", READ),
];

/// A program.
pub struct Image<'data> {
    /// Those that are mapped, by address; the first begins with the file's header.
    pub segments: Vec<Segment<'data>>,
    /// The first has the ordinal 1.
    pub dylibs: Vec<Dylib>,
    pub fixups: Vec<Fixup>,
    /// Where `main` is.
    pub entry: u64,
    sections: Vec<Section>,
}

pub struct Segment<'data> {
    pub name: String,
    pub addresses: Range<u64>,
    /// Where it is in the file.
    file: Range<u64>,
    /// What of it is in the file; the rest is zero.
    pub data: &'data [u8],
    pub is_writable: bool,
    pub is_executable: bool,
    /// Whether it must not be written to any more when all is bound.
    pub is_read_only_then: bool,
}

pub struct Dylib {
    pub install_name: String,
    /// As Mach-O writes versions: 16 bits, 8, 8.
    pub compatibility_version: u32,
    /// Whether the program starts without it.
    pub is_weak: bool,
}

pub struct Section {
    pub name: String,
    pub kind: macho::SectionType,
    pub addresses: Range<u64>,
    /// In bytes.
    pub alignment: u64,
}

/// The load commands that a program can't be started without understanding, as far as they do
/// nothing here.
const OF_NO_CONCERN: [macho::LoadCommandType; 2] = [macho::LC_DYLD_EXPORTS_TRIE, macho::LC_RPATH];

impl<'data> Image<'data> {
    pub fn parse(file: &'data [u8]) -> Result<Self, Refusal> {
        let header = MachHeader64::<LittleEndian>::parse(file, 0)?;
        if !header.is_little_endian() || header.cputype(LE) != macho::CPU_TYPE_X86_64 {
            return Err(Refusal::Unfit("it is for another CPU"));
        }
        if header.filetype(LE) != macho::MH_EXECUTE {
            return Err(Refusal::Unfit("it is no program"));
        }
        let flags = header.flags(LE).0;
        if [macho::MH_PIE, macho::MH_DYLDLINK, macho::MH_TWOLEVEL].iter().any(|f| flags & f.0 == 0)
        {
            return Err(Refusal::Unfit("it can't be moved in memory, or binds without libraries"));
        }
        let mut all = Vec::new();
        let mut sections = Vec::new();
        let mut dylibs = Vec::new();
        let mut entries = Vec::new();
        let mut has_dyld = false;
        let mut has_uuid = false;
        let mut fixups = None;
        let mut commands = header.load_commands(LE, file, 0)?;
        while let Some(command) = commands.next()? {
            match command.variant()? {
                LoadCommandVariant::Segment64(segment, data) => {
                    all.push(Segment::parse(segment, file)?);
                    for section in segment.sections(LE, data)? {
                        sections.push(Section::parse(section, segment)?);
                    }
                }
                LoadCommandVariant::Dylib(dylib) => dylibs.push(Dylib {
                    install_name: text(command.string(LE, dylib.dylib.name)?),
                    compatibility_version: dylib.dylib.compatibility_version.get(LE).0,
                    is_weak: command.cmd() == macho::LC_LOAD_WEAK_DYLIB,
                }),
                LoadCommandVariant::LoadDylinker(dyld) => {
                    has_dyld = command.string(LE, dyld.name)? == b"/usr/lib/dyld";
                }
                LoadCommandVariant::Uuid(_) => has_uuid = true,
                LoadCommandVariant::EntryPoint(entry) => entries.push(entry.entryoff.get(LE)),
                LoadCommandVariant::DyldInfo(info) => fixups = Some(fixups::Source::Opcodes(info)),
                LoadCommandVariant::LinkeditData(data)
                    if command.cmd() == macho::LC_DYLD_CHAINED_FIXUPS =>
                {
                    fixups = Some(fixups::Source::Chains(data.chained_fixups(LE, file)?));
                }
                _ if command.cmd().0 & macho::LC_REQ_DYLD != 0
                    && !OF_NO_CONCERN.contains(&command.cmd()) =>
                {
                    return Err(Refusal::UnknownCommand(command.cmd().0));
                }
                _ => {}
            }
        }
        if !has_dyld {
            return Err(Refusal::Unfit("it does not ask for /usr/lib/dyld"));
        }
        if !has_uuid {
            return Err(Refusal::Unfit("it has no UUID"));
        }
        if dylibs.is_empty() {
            return Err(Refusal::Unfit("it asks for no library"));
        }
        let [entry] = entries[..] else {
            return Err(Refusal::Unfit(
                "it does not say where it begins (LC_MAIN), or says it twice",
            ));
        };
        let fixups = fixups.ok_or(Refusal::Unfit("it has nothing to bind"))?.read(file, &all)?;
        let segments = mapped(all)?;
        let text = &segments[0].addresses;
        let entry = text.start.saturating_add(entry);
        if !text.contains(&entry) || !segments[0].is_executable {
            return Err(Refusal::Unfit("it begins where no code is"));
        }
        let image = Self { segments, dylibs, fixups, entry, sections };
        image.check_sections()?;
        Ok(image)
    }

    /// Where the program is.
    pub fn addresses(&self) -> Range<u64> {
        let last = self.segments.last().map_or(0, |segment| segment.addresses.end);
        self.segments[0].addresses.start..last
    }

    pub fn sections(&self, kind: macho::SectionType) -> impl Iterator<Item = &Section> {
        self.sections.iter().filter(move |section| section.kind == kind)
    }

    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }

    fn check_sections(&self) -> Result<(), Refusal> {
        for section in self.sections.iter().filter(|section| !is_of_no_memory(section)) {
            let holds = |segment: &Segment<'_>| {
                segment.addresses.start <= section.addresses.start
                    && section.addresses.end <= segment.addresses.end
            };
            if !self.segments.iter().any(holds) {
                let reason = "it is outside of its segment";
                return Err(Refusal::Segment { segment: section.name.clone(), reason });
            }
        }
        Ok(())
    }
}

/// Space that each thread has a copy of; the one in the file need not be mapped.
fn is_of_no_memory(section: &Section) -> bool {
    section.kind == macho::S_THREAD_LOCAL_ZEROFILL || section.addresses.is_empty()
}

impl<'data> Segment<'data> {
    fn parse(command: &SegmentCommand64<LittleEndian>, file: &'data [u8]) -> Result<Self, Refusal> {
        let name = text(command.name());
        let refuse = |reason| Err(Refusal::Segment { segment: name.clone(), reason });
        let (start, size) = (command.vmaddr(LE), command.vmsize(LE));
        let (offset, file_size) = command.file_range(LE);
        let Ok(data) = command.data(LE, file) else { return refuse("it ends behind the file") };
        let Some(end) = start.checked_add(size) else { return refuse("it ends behind all memory") };
        if file_size > size {
            return refuse("it has more in the file than in memory");
        }
        if [start, size, offset].iter().any(|number| number % PAGE != 0) {
            return refuse("it does not begin, or end, with a page");
        }
        let rights = command.initprot(LE).0;
        if rights & !command.maxprot(LE).0 != 0 {
            return refuse("it may do more than it ever may");
        }
        if RIGHTS.iter().any(|(segment, usual)| *segment == name && *usual != rights) {
            return refuse("it has other rights than a segment of this name must have");
        }
        let may = |right: macho::VmProt| rights & right.0 != 0;
        let (is_writable, is_executable) = (may(macho::VM_PROT_WRITE), may(macho::VM_PROT_EXECUTE));
        if is_writable && is_executable {
            return refuse("it is writable and executable");
        }
        if name == "__TEXT" && offset != 0 {
            return refuse("it is not the beginning of the file");
        }
        let is_read_only_then = command.flags(LE).0 & macho::SG_READ_ONLY.0 != 0;
        if name == "__DATA_CONST" && !is_read_only_then {
            return refuse("it stays writable");
        }
        let (addresses, file) = (start..end, offset..offset + file_size);
        Ok(Self { name, addresses, file, data, is_writable, is_executable, is_read_only_then })
    }
}

/// The segments that are mapped: all but `__PAGEZERO`, which only keeps an address range from use.
fn mapped(mut segments: Vec<Segment<'_>>) -> Result<Vec<Segment<'_>>, Refusal> {
    for pair in segments.windows(2) {
        let (before, behind) = (&pair[0], &pair[1]);
        let is_behind_in_file = behind.file.is_empty() || behind.file.start >= before.file.end;
        if behind.addresses.start < before.addresses.end || !is_behind_in_file {
            let reason = "it does not come behind the one before it";
            return Err(Refusal::Segment { segment: behind.name.clone(), reason });
        }
    }
    if segments.first().is_none_or(|first| first.name != "__PAGEZERO") {
        return Err(Refusal::Unfit("it has no __PAGEZERO"));
    }
    segments.remove(0);
    if segments.first().is_none_or(|first| first.name != "__TEXT") {
        return Err(Refusal::Unfit("it has no __TEXT"));
    }
    Ok(segments)
}

impl Section {
    fn parse(
        section: &Section64<LittleEndian>,
        segment: &SegmentCommand64<LittleEndian>,
    ) -> Result<Self, Refusal> {
        let (name, start) = (text(section.name()), section.addr(LE));
        let refuse = |reason| Refusal::Segment { segment: name.clone(), reason };
        let outside = || refuse("it is outside of its segment");
        let end = start.checked_add(section.size(LE)).ok_or_else(outside)?;
        if start < segment.vmaddr(LE) {
            return Err(outside());
        }
        let alignment = 1_u64.checked_shl(section.align(LE));
        let alignment = alignment.filter(|alignment| start % alignment == 0);
        let alignment = alignment.ok_or_else(|| refuse("it is not aligned as it says"))?;
        Ok(Self { kind: section.section_type(LE), name, addresses: start..end, alignment })
    }
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
