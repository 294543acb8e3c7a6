//! The words that contain addresses, and the values to write to them.
//!
//! Linkers encode them as opcodes (for macOS before 13), or as chains through the words themselves. Both
//! encodings are parsed into the same list.

use object::LittleEndian;
use object::macho::{self, BindDylib, DyldInfoCommand};
use object::read::macho::{Bind, DyldChainedFixups};

use super::Rejection;
use super::image::{LE, text};
use super::segment::Segment;

const WORD: u8 = 8;

/// A word that holds an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixup {
    /// The word's address.
    pub address: u64,
    pub value: Value,
}

/// The value to write to the word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// An address in the program.
    Address(u64),
    /// The address of a symbol, plus an offset in bytes.
    Symbol(Symbol, i64),
}

impl Value {
    pub fn is_symbol(&self, name: &str) -> bool {
        matches!(self, Value::Symbol(symbol, 0) if symbol.name == name)
    }
}

/// A symbol that the program requires from a library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    pub name: String,
    /// The library's ordinal in the list of required libraries, from 1, or a `BIND_SPECIAL_DYLIB_…`
    /// constant.
    pub ordinal: BindDylib,
    /// Whether the address is 0 if the symbol is missing.
    pub is_weak: bool,
}

/// The encoding in the file.
pub enum Source<'data> {
    Opcodes(&'data DyldInfoCommand<LittleEndian>),
    Chains(DyldChainedFixups<'data, LittleEndian>),
}

impl Source<'_> {
    pub fn read(&self, file: &[u8], segments: &[Segment<'_>]) -> Result<Vec<Fixup>, Rejection> {
        match self {
            Source::Opcodes(info) => from_opcodes(info, file, segments),
            Source::Chains(fixups) => from_chains(fixups, segments),
        }
    }
}

/// A word that is bound at the first call initially contains the address of the binding code. So it is
/// first in the list of rebased addresses, and then in the list of symbols.
fn from_opcodes(
    info: &DyldInfoCommand<LittleEndian>,
    file: &[u8],
    segments: &[Segment<'_>],
) -> Result<Vec<Fixup>, Rejection> {
    let mut fixups = Vec::new();
    for rebase in info.rebases(LE, file, WORD)? {
        let rebase = rebase?;
        let (segment, address) =
            place(segments, rebase.segment_index.into(), rebase.segment_offset)?;
        if rebase.kind != macho::REBASE_TYPE_POINTER {
            return Err(Rejection::Fixup {
                address,
                reason: "of a kind that x86-64 does not have",
            });
        }
        let reason = "not in the file";
        let word = word(segment, address).ok_or(Rejection::Fixup { address, reason })?;
        fixups.push(Fixup { address, value: Value::Address(word) });
    }
    let binds = info.binds(LE, file, WORD)?;
    let lazy = info.lazy_binds(LE, file, WORD)?;
    let weak = info.weak_binds(LE, file, WORD)?;
    for bind in binds.chain(lazy).chain(weak) {
        fixups.push(bound(&bind?, segments)?);
    }
    Ok(fixups)
}

fn bound(bind: &Bind<'_>, segments: &[Segment<'_>]) -> Result<Fixup, Rejection> {
    let (_, address) = place(segments, bind.segment_index.into(), bind.segment_offset)?;
    if bind.kind != macho::BIND_TYPE_POINTER {
        return Err(Rejection::Fixup { address, reason: "of a kind that x86-64 does not have" });
    }
    let symbol = Symbol {
        name: text(bind.symbol),
        ordinal: bind.dylib,
        is_weak: bind.flags.0 & macho::BIND_SYMBOL_FLAGS_WEAK_IMPORT.0 != 0,
    };
    Ok(Fixup { address, value: Value::Symbol(symbol, bind.addend) })
}

fn from_chains(
    chains: &DyldChainedFixups<'_, LittleEndian>,
    segments: &[Segment<'_>],
) -> Result<Vec<Fixup>, Rejection> {
    let imports = chains.imports(LE)?.collect::<object::Result<Vec<_>>>()?;
    let text_segment = segments.iter().find(|segment| segment.name == "__TEXT");
    let base = text_segment.map_or(0, |segment| segment.addresses.start);
    let mut fixups = Vec::new();
    for chain in chains.segments(LE)? {
        let chain = chain?;
        let index = u64::from(chain.index());
        let (segment, start) = place(segments, index, 0)?;
        if start.checked_sub(base) != Some(chain.header().segment_offset.get(LE)) {
            return Err(Rejection::Fixup { address: start, reason: "not in its segment" });
        }
        for fixup in chain.fixups(LE, base, segment.data) {
            let (offset, fixup) = fixup?;
            let (_, address) = place(segments, index, offset)?;
            let value = match fixup {
                object::read::macho::Fixup::Rebase(rebase) => {
                    Value::Address(base.wrapping_add(rebase.target_offset))
                }
                object::read::macho::Fixup::Bind(bind) => {
                    let reason = "for a symbol that is not in the list";
                    let import = imports.get(bind.ordinal as usize);
                    let import = import.ok_or(Rejection::Fixup { address, reason })?;
                    let symbol = Symbol {
                        name: text(import.name),
                        ordinal: import.dylib,
                        is_weak: import.weak_import,
                    };
                    Value::Symbol(symbol, import.addend + i64::from(bind.addend))
                }
                _ => return Err(Rejection::Fixup { address, reason: "of a kind for kernels" }),
            };
            fixups.push(Fixup { address, value });
        }
    }
    Ok(fixups)
}

/// The segment with that index, and the word's address in it.
fn place<'a, 'data>(
    segments: &'a [Segment<'data>],
    index: u64,
    offset: u64,
) -> Result<(&'a Segment<'data>, u64), Rejection> {
    let reason = "in no segment";
    let nowhere = || Rejection::Fixup { address: offset, reason };
    let segment = usize::try_from(index).ok().and_then(|index| segments.get(index));
    let segment = segment.ok_or_else(nowhere)?;
    let address = segment.addresses.start.checked_add(offset).ok_or_else(nowhere)?;
    let end = address.checked_add(u64::from(WORD)).ok_or_else(nowhere)?;
    if end > segment.addresses.end {
        return Err(nowhere());
    }
    if !segment.is_writable {
        return Err(Rejection::Fixup { address, reason: "in a read-only segment" });
    }
    Ok((segment, address))
}

fn word(segment: &Segment<'_>, address: u64) -> Option<u64> {
    let offset = usize::try_from(address - segment.addresses.start).ok()?;
    let bytes = segment.data.get(offset..)?.first_chunk()?;
    Some(u64::from_le_bytes(*bytes))
}
