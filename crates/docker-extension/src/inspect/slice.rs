//! The properties of machine code, from its headers.

use std::fmt;

use super::signature::Signature;
use crate::platform::{Arch, HostPlatform, Os};
use crate::project::config::MacOsVersion;

/// Machine code for one CPU: a whole file, or a slice of a universal one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    pub cpu: Cpu,
    pub kind: BinaryKind,
    /// In the order of the file.
    pub libraries: Vec<NeededLibrary>,
    /// The size of the DWARF data, in bytes.
    pub debug_info: u64,
    /// The first absolute paths of the machine that built it.
    pub build_paths: Vec<String>,
    /// Whether its stack is executable.
    pub has_executable_stack: bool,
    /// The segments or sections that are writable and executable.
    pub writable_code: Vec<String>,
    /// Whether the system can load it at a random address (ASLR).
    pub has_random_address: bool,
    pub native: Native,
}

impl Slice {
    pub fn format(&self) -> BinaryFormat {
        match self.native {
            Native::MachO(_) => BinaryFormat::MachO,
            Native::Pe(_) => BinaryFormat::Pe,
            Native::Elf(_) => BinaryFormat::Elf,
        }
    }

    /// The host platform of such programs, if there is one.
    pub fn platform(&self) -> Option<HostPlatform> {
        self.cpu.arch().map(|arch| HostPlatform::new(self.format().os(), arch))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryFormat {
    MachO,
    Pe,
    Elf,
}

impl BinaryFormat {
    pub fn os(self) -> Os {
        match self {
            BinaryFormat::MachO => Os::Darwin,
            BinaryFormat::Pe => Os::Windows,
            BinaryFormat::Elf => Os::Linux,
        }
    }

    pub fn of(os: Os) -> Self {
        match os {
            Os::Darwin => BinaryFormat::MachO,
            Os::Windows => BinaryFormat::Pe,
            Os::Linux => BinaryFormat::Elf,
        }
    }
}

impl fmt::Display for BinaryFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BinaryFormat::MachO => "Mach-O",
            BinaryFormat::Pe => "PE",
            BinaryFormat::Elf => "ELF",
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cpu {
    /// A CPU that images are built for.
    Arch(Arch),
    /// 32-bit x86.
    X86,
    /// 32-bit arm.
    Arm32,
    /// Any other CPU, by its name or number.
    Other(String),
}

impl Cpu {
    pub fn arch(&self) -> Option<Arch> {
        match self {
            Cpu::Arch(arch) => Some(*arch),
            Cpu::X86 | Cpu::Arm32 | Cpu::Other(_) => None,
        }
    }
}

impl fmt::Display for Cpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cpu::Arch(arch) => f.write_str(arch.name()),
            Cpu::X86 => f.write_str("32-bit x86"),
            Cpu::Arm32 => f.write_str("32-bit arm"),
            Cpu::Other(name) => f.write_str(name),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryKind {
    Program,
    Library,
    Object,
    /// Its name in messages.
    Other(&'static str),
}

impl fmt::Display for BinaryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BinaryKind::Program => "program",
            BinaryKind::Library => "library",
            BinaryKind::Object => "object file",
            BinaryKind::Other(name) => name,
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeededLibrary {
    /// Its name or path, in the program's spelling.
    pub name: String,
    pub loading: Loading,
}

/// When a library is loaded, and whether it may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loading {
    /// At the start, which fails if it is missing.
    Start,
    /// At the start, unless it is missing (macOS's weak libraries).
    Weak,
    /// At the first call of one of its functions, which fails if it is missing.
    Call,
}

/// Properties that only one format has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Native {
    MachO(MachO),
    Pe(Pe),
    Elf(Elf),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachO {
    /// The Apple system that it is for, if that is not macOS.
    pub foreign_system: Option<&'static str>,
    pub minimum_macos: Option<MacOsVersion>,
    pub signature: Signature,
    /// The directories that replace `@rpath` in the names of libraries.
    pub run_paths: Vec<String>,
    /// The symbols from libraries, without those whose names are extremely long.
    pub imports: Vec<ImportedSymbol>,
}

/// A symbol that a program for macOS imports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedSymbol {
    pub name: String,
    /// The index of its library in [`Slice::libraries`]; `None` if any library may have it.
    pub library: Option<usize>,
    /// Whether the program starts without it.
    pub is_optional: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pe {
    pub subsystem: Subsystem,
    /// The path of the debug information (the PDB file, from the CodeView record).
    pub pdb: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subsystem {
    Console,
    /// A program with windows, without a console.
    Windows,
    /// Drivers, firmware and others: the subsystem's number.
    Other(u16),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elf {
    /// The dynamic linker; `None` for static programs.
    pub interpreter: Option<String>,
    /// The directories that are searched for libraries (`DT_RPATH`, `DT_RUNPATH`).
    pub run_paths: Vec<String>,
    /// The newest version of the GNU C library that it requires.
    pub glibc: Option<Glibc>,
}

/// A version of the GNU C library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Glibc {
    pub major: u16,
    pub minor: u16,
}

impl fmt::Display for Glibc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}
