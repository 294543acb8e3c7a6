//! The segments of a program, which are mapped, and the sections in them; and what is wrong with some.

use std::ops::Range;

use object::LittleEndian;
use object::macho::{self, Section64, SegmentCommand64};
use object::read::macho::{Section as _, Segment as _};

use super::Refusal;
use super::image::{LE, text};

/// Of x86-64.
pub const PAGE: u64 = 4096;

const READ: u32 = macho::VM_PROT_READ.0;
/// What `dyld` wants of segments with these names.
const RIGHTS: [(&str, u32); 5] = [
    ("__PAGEZERO", 0),
    ("__TEXT", READ | macho::VM_PROT_EXECUTE.0),
    ("__DATA_CONST", READ | macho::VM_PROT_WRITE.0),
    ("__DATA", READ | macho::VM_PROT_WRITE.0),
    ("__LINKEDIT", READ),
];

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

pub struct Section {
    pub name: String,
    pub kind: macho::SectionType,
    pub addresses: Range<u64>,
    /// In bytes.
    pub alignment: u64,
}

impl<'data> Segment<'data> {
    pub fn parse(
        command: &SegmentCommand64<LittleEndian>,
        file: &'data [u8],
    ) -> Result<Self, Refusal> {
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
pub fn mapped(mut segments: Vec<Segment<'_>>) -> Result<Vec<Segment<'_>>, Refusal> {
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
    pub fn parse(
        section: &Section64<LittleEndian>,
        segment: &SegmentCommand64<LittleEndian>,
    ) -> Result<Self, Refusal> {
        let (name, start) = (text(section.name()), section.addr(LE));
        let refuse = |reason| Refusal::Segment { segment: name.clone(), reason };
        let limit = segment.vmaddr(LE).saturating_add(segment.vmsize(LE));
        let end = start.checked_add(section.size(LE)).filter(|end| *end <= limit);
        let end = end.filter(|_| start >= segment.vmaddr(LE));
        let end = end.ok_or_else(|| refuse("it is outside of its segment"))?;
        let alignment = 1_u64.checked_shl(section.align(LE));
        let alignment = alignment.filter(|alignment| start % alignment == 0);
        let alignment = alignment.ok_or_else(|| refuse("it is not aligned as it says"))?;
        Ok(Self { kind: section.section_type(LE), name, addresses: start..end, alignment })
    }
}
