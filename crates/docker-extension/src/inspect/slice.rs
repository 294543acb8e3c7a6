//! What the headers of machine code say.

use std::fmt;

use super::signature::Signature;
use crate::platform::{Arch, HostPlatform, Os};
use crate::project::config::MacOsVersion;

/// Machine code for one CPU: a whole file, or a slice of a universal one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    pub cpu: Cpu,
    pub kind: BinaryKind,
    /// In the order in which the file names them.
    pub libraries: Vec<NeededLibrary>,
    /// Bytes of DWARF.
    pub debug_info: u64,
    /// Absolute paths of the machine that built it: the first few.
    pub build_paths: Vec<String>,
    /// Whether the system lets it run code on its stack.
    pub has_executable_stack: bool,
    /// The segments or sections that are both writable and executable.
    pub writable_code: Vec<String>,
    /// Whether the system may load it at an address of its choice (ASLR).
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

    /// The host platform whose own programs look like this one, if any has such.
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
    /// One that images are made for.
    Arch(Arch),
    /// 32 bits.
    X86,
    /// Any other, by its name or number.
    Other(String),
}

impl Cpu {
    pub fn arch(&self) -> Option<Arch> {
        match self {
            Cpu::Arch(arch) => Some(*arch),
            Cpu::X86 | Cpu::Other(_) => None,
        }
    }
}

impl fmt::Display for Cpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cpu::Arch(arch) => f.write_str(arch.name()),
            Cpu::X86 => f.write_str("32-bit x86"),
            Cpu::Other(name) => f.write_str(name),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryKind {
    Program,
    Library,
    Object,
    /// Its name.
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
    /// Its name or path, as the program spells it.
    pub name: String,
    pub loading: Loading,
}

/// When a library is loaded, and whether it may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loading {
    /// At the start, which fails without it.
    Start,
    /// At the start if it is there (macOS's weak libraries).
    Weak,
    /// At the first call of one of its functions, which fails without it.
    Call,
}

/// What only one format knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Native {
    MachO(MachO),
    Pe(Pe),
    Elf(Elf),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachO {
    /// Apple's name of a system other than macOS that it is for.
    pub foreign_system: Option<&'static str>,
    pub minimum_macos: Option<MacOsVersion>,
    pub signature: Signature,
    /// The folders that stand for `@rpath` in the names of libraries.
    pub run_paths: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pe {
    pub subsystem: Subsystem,
    /// Where the linker wrote the debug information (CodeView's path of the PDB file).
    pub pdb: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subsystem {
    Console,
    /// A program with windows of its own, and without a console.
    Windows,
    /// Drivers, firmware, …: its number.
    Other(u16),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elf {
    /// None where it is static.
    pub interpreter: Option<String>,
    /// The folders in which libraries are looked for (`DT_RPATH`, `DT_RUNPATH`).
    pub run_paths: Vec<String>,
    /// The newest version of the GNU C library whose functions it needs.
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
