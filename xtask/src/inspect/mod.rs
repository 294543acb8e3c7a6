//! What a built binary says about itself, and whether it is what its platform needs.

use object::macho::{self, MachHeader64};
use object::read::macho::{LoadCommandVariant, MachHeader as _};
use object::{Architecture, BinaryFormat, Endianness, Object as _};
use target_lexicon::Triple;

use crate::platform::{Arch, HostPlatform, Os};
use crate::project::config::MacOsVersion;

mod signature;

pub use signature::Signature;

/// What a binary's headers say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The operating system whose format it has, and its CPU.
    pub platform: HostPlatform,
    /// The oldest macOS that it asks for; of Mach-O files alone.
    pub minimum_macos: Option<MacOsVersion>,
    /// What its code signature is worth; of Mach-O files alone.
    pub signature: Option<Signature>,
}

/// Why a binary will not do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Its headers can't be read.
    #[error("it is no program: {0}")]
    Unreadable(String),
    /// Its format or CPU belongs to no host platform.
    #[error("it is a {format} file for {architecture}, which no host platform runs")]
    NoHostPlatform {
        /// The file's format.
        format: String,
        /// The file's CPU.
        architecture: String,
    },
    /// It is for another platform.
    #[error("it is a program for {found}")]
    WrongPlatform {
        /// What it is for.
        found: HostPlatform,
    },
    /// It does not say which macOS it runs on.
    #[error("it does not say which is the oldest macOS that it runs on")]
    NoMinimumMacOs,
    /// It does not run on the oldest macOS that is promised.
    #[error("it asks for macOS {found}, but `minimum-macos` promises {promised}")]
    TooNewMacOs {
        /// What the binary asks for.
        found: MacOsVersion,
        /// What the configuration promises.
        promised: MacOsVersion,
    },
    /// macOS on Apple silicon kills it at start.
    #[error("its code signature is {0}, and Apple silicon starts nothing without a valid one")]
    Signature(Signature),
}

/// Reads a binary's headers.
///
/// # Errors
/// It is no Mach-O, PE or ELF file for a CPU that Docker Desktop runs on.
pub fn read(bytes: &[u8]) -> Result<Facts, Unfit> {
    let unreadable = |error: object::Error| Unfit::Unreadable(error.to_string());
    let file = object::File::parse(bytes).map_err(unreadable)?;
    let platform = HostPlatform::ALL
        .into_iter()
        .find(|platform| is_for(&file, &platform.target()))
        .ok_or_else(|| Unfit::NoHostPlatform {
            format: format!("{:?}", file.format()),
            architecture: format!("{:?}", file.architecture()),
        })?;
    let mut facts = Facts { platform, minimum_macos: None, signature: None };
    if platform.os == Os::Darwin {
        read_load_commands(bytes, &mut facts).map_err(unreadable)?;
    }
    Ok(facts)
}

/// Whether the file has the format and the CPU of what is built for `target`.
fn is_for(file: &object::File<'_>, target: &Triple) -> bool {
    let format = match file.format() {
        BinaryFormat::MachO => target_lexicon::BinaryFormat::Macho,
        BinaryFormat::Pe => target_lexicon::BinaryFormat::Coff,
        BinaryFormat::Elf => target_lexicon::BinaryFormat::Elf,
        _ => target_lexicon::BinaryFormat::Unknown,
    };
    let is_cpu = match file.architecture() {
        Architecture::X86_64 => target.architecture == target_lexicon::Architecture::X86_64,
        Architecture::Aarch64 => {
            matches!(target.architecture, target_lexicon::Architecture::Aarch64(_))
        }
        _ => false,
    };
    is_cpu && target.binary_format == format
}

fn read_load_commands(bytes: &[u8], facts: &mut Facts) -> object::read::Result<()> {
    let header = MachHeader64::<Endianness>::parse(bytes, 0)?;
    let endian = header.endian()?;
    let mut commands = header.load_commands(endian, bytes, 0)?;
    facts.signature = Some(Signature::Missing);
    while let Some(command) = commands.next()? {
        match command.variant()? {
            LoadCommandVariant::BuildVersion(version, _)
                if version.platform.get(endian) == macho::PLATFORM_MACOS =>
            {
                facts.minimum_macos = Some(version.minos.get(endian).into());
            }
            LoadCommandVariant::VersionMin(version)
                if command.cmd() == macho::LC_VERSION_MIN_MACOSX =>
            {
                facts.minimum_macos = Some(version.version.get(endian).into());
            }
            LoadCommandVariant::LinkeditData(data) if command.cmd() == macho::LC_CODE_SIGNATURE => {
                let start = data.dataoff.get(endian) as usize;
                let size = data.datasize.get(endian) as usize;
                let blob = bytes.get(start..start.saturating_add(size)).unwrap_or_default();
                facts.signature = Some(signature::check(bytes, blob));
            }
            _ => {}
        }
    }
    Ok(())
}

impl From<macho::Version> for MacOsVersion {
    fn from(version: macho::Version) -> Self {
        Self { major: version.major(), minor: version.minor() }
    }
}

impl Facts {
    /// Whether the binary will do on `platform`.
    ///
    /// # Errors
    /// The first reason why not.
    pub fn check(&self, platform: HostPlatform, minimum_macos: MacOsVersion) -> Result<(), Unfit> {
        if self.platform != platform {
            return Err(Unfit::WrongPlatform { found: self.platform });
        }
        match self.minimum_macos {
            None if platform.os == Os::Darwin => return Err(Unfit::NoMinimumMacOs),
            Some(found) if found > minimum_macos => {
                return Err(Unfit::TooNewMacOs { found, promised: minimum_macos });
            }
            _ => {}
        }
        match self.signature {
            Some(signature) if platform.arch == Arch::Arm64 && signature != Signature::Valid => {
                Err(Unfit::Signature(signature))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARM_MAC: HostPlatform = HostPlatform::new(Os::Darwin, Arch::Arm64);

    fn facts(platform: HostPlatform) -> Facts {
        Facts { platform, minimum_macos: None, signature: None }
    }

    #[test]
    fn this_test_is_a_program_for_the_machine_that_runs_it() {
        let bytes = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let found = read(&bytes).unwrap().platform;
        assert_eq!(found.arch.name(), if cfg!(target_arch = "x86_64") { "amd64" } else { "arm64" });
    }

    #[test]
    fn a_binary_for_another_cpu_will_not_do() {
        let intel = facts(HostPlatform::new(Os::Darwin, Arch::Amd64));
        let unfit = intel.check(ARM_MAC, MacOsVersion::DEFAULT).unwrap_err();
        assert_eq!(unfit.to_string(), "it is a program for darwin-amd64");
    }

    #[test]
    fn a_binary_that_asks_for_a_newer_macos_than_promised_will_not_do() {
        let mut binary = facts(ARM_MAC);
        binary.signature = Some(Signature::Valid);
        assert_eq!(binary.check(ARM_MAC, MacOsVersion::DEFAULT), Err(Unfit::NoMinimumMacOs));
        binary.minimum_macos = Some(MacOsVersion { major: 13, minor: 2 });
        let unfit = binary.check(ARM_MAC, MacOsVersion::DEFAULT).unwrap_err();
        assert!(unfit.to_string().contains("asks for macOS 13.2"), "{unfit}");
        binary.minimum_macos = Some(MacOsVersion::DEFAULT);
        assert_eq!(binary.check(ARM_MAC, MacOsVersion::DEFAULT), Ok(()));
    }

    #[test]
    fn apple_silicon_wants_a_valid_signature() {
        for signature in [Signature::Missing, Signature::Broken] {
            let minimum_macos = Some(MacOsVersion::DEFAULT);
            let binary = Facts { signature: Some(signature), minimum_macos, platform: ARM_MAC };
            let unfit = binary.check(ARM_MAC, MacOsVersion::DEFAULT).unwrap_err();
            assert_eq!(unfit, Unfit::Signature(signature));
        }
    }

    #[test]
    fn what_is_no_program_is_told_so() {
        assert!(matches!(read(b"#!/bin/sh\n"), Err(Unfit::Unreadable(_))));
        assert!(matches!(read(b""), Err(Unfit::Unreadable(_))));
    }
}
