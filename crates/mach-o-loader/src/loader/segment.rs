//! The segments of a program, which are mapped into memory, and their sections; and their validation.

use std::ops::Range;

use object::LittleEndian;
use object::macho::{self, Section64, SegmentCommand64};
use object::read::macho::{Section as _, Segment as _};

use super::Rejection;
use super::image::{LE, text};

/// The page size of x86-64, in bytes.
pub const PAGE: u64 = 4096;

const READ: u32 = macho::VM_PROT_READ.0;
/// The protection that `dyld` requires of segments with these names.
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
    /// The offset in the file.
    file: Range<u64>,
    /// The part in the file; the rest is zero.
    pub data: &'data [u8],
    pub is_writable: bool,
    pub is_executable: bool,
    /// Whether it becomes read-only after binding.
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
    ) -> Result<Self, Rejection> {
        let name = text(command.name());
        let reject = |reason| Err(Rejection::Segment { segment: name.clone(), reason });
        let (start, size) = (command.vmaddr(LE), command.vmsize(LE));
        let (offset, file_size) = command.file_range(LE);
        let Ok(data) = command.data(LE, file) else {
            return reject("it ends after the end of the file");
        };
        let Some(end) = start.checked_add(size) else {
            return reject("it exceeds the address space");
        };
        if file_size > size {
            return reject("it is larger in the file than in memory");
        }
        if [start, size, offset].iter().any(|number| number % PAGE != 0) {
            return reject("it is not aligned to pages");
        }
        let rights = command.initprot(LE).0;
        if rights & !command.maxprot(LE).0 != 0 {
            return reject("its initial protection exceeds its maximum protection");
        }
        if RIGHTS.iter().any(|(segment, usual)| *segment == name && *usual != rights) {
            return reject("its protection is not allowed for a segment with this name");
        }
        let may = |right: macho::VmProt| rights & right.0 != 0;
        let (is_writable, is_executable) = (may(macho::VM_PROT_WRITE), may(macho::VM_PROT_EXECUTE));
        if is_writable && is_executable {
            return reject("it is writable and executable");
        }
        if name == "__TEXT" && offset != 0 {
            return reject("it does not start at the beginning of the file");
        }
        let is_read_only_then = command.flags(LE).0 & macho::SG_READ_ONLY.0 != 0;
        if name == "__DATA_CONST" && !is_read_only_then {
            return reject("it stays writable");
        }
        let (addresses, file) = (start..end, offset..offset + file_size);
        Ok(Self { name, addresses, file, data, is_writable, is_executable, is_read_only_then })
    }
}

/// The segments that are mapped: all but `__PAGEZERO`, which only reserves an address range.
pub fn mapped(mut segments: Vec<Segment<'_>>) -> Result<Vec<Segment<'_>>, Rejection> {
    for pair in segments.windows(2) {
        let (before, behind) = (&pair[0], &pair[1]);
        let is_behind_in_file = behind.file.is_empty() || behind.file.start >= before.file.end;
        if behind.addresses.start < before.addresses.end || !is_behind_in_file {
            let reason = "it does not follow the segment before it";
            return Err(Rejection::Segment { segment: behind.name.clone(), reason });
        }
    }
    if segments.first().is_none_or(|first| first.name != "__PAGEZERO") {
        return Err(Rejection::Invalid("it has no __PAGEZERO"));
    }
    segments.remove(0);
    if segments.first().is_none_or(|first| first.name != "__TEXT") {
        return Err(Rejection::Invalid("it has no __TEXT"));
    }
    Ok(segments)
}

impl Section {
    pub fn parse(
        section: &Section64<LittleEndian>,
        segment: &SegmentCommand64<LittleEndian>,
    ) -> Result<Self, Rejection> {
        let (name, start) = (text(section.name()), section.addr(LE));
        let reject = |reason| Rejection::Segment { segment: name.clone(), reason };
        let limit = segment.vmaddr(LE).saturating_add(segment.vmsize(LE));
        let end = start.checked_add(section.size(LE)).filter(|end| *end <= limit);
        let end = end.filter(|_| start >= segment.vmaddr(LE));
        let end = end.ok_or_else(|| reject("it is outside of its segment"))?;
        let alignment = 1_u64.checked_shl(section.align(LE));
        let alignment = alignment.filter(|alignment| start % alignment == 0);
        let alignment = alignment.ok_or_else(|| reject("its alignment is wrong"))?;
        Ok(Self { kind: section.section_type(LE), name, addresses: start..end, alignment })
    }
}
