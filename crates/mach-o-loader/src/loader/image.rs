//! The program in a Mach-O file, and the validation by which macOS rejects files.
//!
//! All addresses are as linked, until the program is in [`super::memory`].

use std::ops::Range;

use object::macho::{self, MachHeader64};
use object::read::macho::{LoadCommandVariant, MachHeader as _, Segment as _};
use object::{LittleEndian, endian};

use super::Rejection;
use super::fixups::{self, Fixup};
use super::segment::{self, Section, Segment};

pub const LE: LittleEndian = endian::LittleEndian;

/// A program.
pub struct Image<'data> {
    /// The mapped segments, by address; the first starts with the file's header.
    pub segments: Vec<Segment<'data>>,
    /// The first library has the ordinal 1.
    pub dylibs: Vec<Dylib>,
    pub fixups: Vec<Fixup>,
    /// The address of `main`.
    pub entry: u64,
    sections: Vec<Section>,
}

pub struct Dylib {
    pub install_name: String,
    /// In Mach-O's encoding of versions: 16 bits, 8, 8.
    pub compatibility_version: u32,
    /// Whether the program starts without it.
    pub is_weak: bool,
}

impl<'data> Image<'data> {
    pub fn parse(file: &'data [u8]) -> Result<Self, Rejection> {
        let header = MachHeader64::<LittleEndian>::parse(file, 0)?;
        if !header.is_little_endian() || header.cputype(LE) != macho::CPU_TYPE_X86_64 {
            return Err(Rejection::Invalid("it is for another CPU"));
        }
        if header.filetype(LE) != macho::MH_EXECUTE {
            return Err(Rejection::Invalid("it is not a program"));
        }
        let flags = header.flags(LE).0;
        if [macho::MH_PIE, macho::MH_DYLDLINK, macho::MH_TWOLEVEL].iter().any(|f| flags & f.0 == 0)
        {
            return Err(Rejection::Invalid(
                "it is not position-independent, or binds without libraries",
            ));
        }
        let Commands { segments, sections, dylibs, entries, fixups, has_dyld, has_uuid } =
            Commands::read(header, file)?;
        if !has_dyld {
            return Err(Rejection::Invalid("it does not request /usr/lib/dyld"));
        }
        if !has_uuid {
            return Err(Rejection::Invalid("it has no UUID"));
        }
        if dylibs.is_empty() {
            return Err(Rejection::Invalid("it requires no library"));
        }
        let [entry] = entries[..] else {
            let reason = "it has no entry point (LC_MAIN), or more than one";
            return Err(Rejection::Invalid(reason));
        };
        let fixups = fixups.ok_or(Rejection::Invalid("it has nothing to bind"))?;
        let fixups = fixups.read(file, &segments)?;
        let segments = segment::mapped(segments)?;
        let text = &segments[0].addresses;
        let entry = text.start.saturating_add(entry);
        if !text.contains(&entry) {
            return Err(Rejection::Invalid("its entry point is not in code"));
        }
        Ok(Self { segments, dylibs, fixups, entry, sections })
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
}

/// Load commands that a loader must know, but that have no effect here.
const OF_NO_CONCERN: [macho::LoadCommandType; 2] = [macho::LC_DYLD_EXPORTS_TRIE, macho::LC_RPATH];

/// The relevant load commands.
#[derive(Default)]
struct Commands<'data> {
    segments: Vec<Segment<'data>>,
    sections: Vec<Section>,
    dylibs: Vec<Dylib>,
    entries: Vec<u64>,
    fixups: Option<fixups::Source<'data>>,
    has_dyld: bool,
    has_uuid: bool,
}

impl<'data> Commands<'data> {
    fn read(header: &MachHeader64<LittleEndian>, file: &'data [u8]) -> Result<Self, Rejection> {
        let mut all = Self::default();
        let mut commands = header.load_commands(LE, file, 0)?;
        while let Some(command) = commands.next()? {
            let kind = command.cmd();
            match command.variant()? {
                LoadCommandVariant::Segment64(segment, data) => {
                    all.segments.push(Segment::parse(segment, file)?);
                    for section in segment.sections(LE, data)? {
                        all.sections.push(Section::parse(section, segment)?);
                    }
                }
                LoadCommandVariant::Dylib(dylib) => all.dylibs.push(Dylib {
                    install_name: text(command.string(LE, dylib.dylib.name)?),
                    compatibility_version: dylib.dylib.compatibility_version.get(LE).0,
                    is_weak: kind == macho::LC_LOAD_WEAK_DYLIB,
                }),
                LoadCommandVariant::LoadDylinker(dyld) => {
                    all.has_dyld = command.string(LE, dyld.name)? == b"/usr/lib/dyld";
                }
                LoadCommandVariant::Uuid(_) => all.has_uuid = true,
                LoadCommandVariant::EntryPoint(entry) => all.entries.push(entry.entryoff.get(LE)),
                LoadCommandVariant::DyldInfo(info) => {
                    all.fixups = Some(fixups::Source::Opcodes(info));
                }
                LoadCommandVariant::LinkeditData(data) if kind == macho::LC_DYLD_CHAINED_FIXUPS => {
                    all.fixups = Some(fixups::Source::Chains(data.chained_fixups(LE, file)?));
                }
                _ if kind.0 & macho::LC_REQ_DYLD != 0 && !OF_NO_CONCERN.contains(&kind) => {
                    return Err(Rejection::UnknownCommand(kind.0));
                }
                _ => {}
            }
        }
        Ok(all)
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
