//! Whether a host binary that was just built will run where it is for.

use super::file::InspectedFile;
use super::signature::Signature;
use super::slice::{BinaryFormat, BinaryKind, Native, Slice};
use crate::platform::{Arch, HostPlatform};
use crate::project::config::MacOsVersion;

/// Why a binary that was just built does not run where it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("it is no program")]
    NoProgram,
    #[error("its format seems to be {format}, but {reason}")]
    Unreadable { format: BinaryFormat, reason: &'static str },
    #[error("it is a {format} {kind} for {cpu}")]
    WrongPlatform { format: BinaryFormat, kind: BinaryKind, cpu: String },
    #[error("it does not say which is the oldest macOS that it runs on")]
    NoMinimumMacOs,
    #[error("it asks for macOS {found}, but `minimum-macos` promises {promised}")]
    TooNewMacOs { found: MacOsVersion, promised: MacOsVersion },
    #[error("its code signature is {0}, and Apple silicon starts nothing without a valid one")]
    Signature(Signature),
}

impl InspectedFile {
    /// Whether this is a program for exactly `platform`, which runs on every macOS from
    /// `minimum_macos` on.
    ///
    /// # Errors
    /// The first reason why not.
    pub fn check(&self, platform: HostPlatform, minimum_macos: MacOsVersion) -> Result<(), Unfit> {
        let slices = match self {
            InspectedFile::Binary(slices) => slices,
            &InspectedFile::Damaged { format, reason } => {
                return Err(Unfit::Unreadable { format, reason });
            }
            InspectedFile::Text(_) | InspectedFile::Data | InspectedFile::Empty => {
                return Err(Unfit::NoProgram);
            }
        };
        // Of several slices for its CPU a machine takes the first one.
        let native = slices.iter().find(|slice| slice.platform() == Some(platform));
        let Some(slice) = native.filter(|slice| slice.kind == BinaryKind::Program) else {
            let unfit = |slice: &Slice| Unfit::WrongPlatform {
                format: slice.format(),
                kind: slice.kind,
                cpu: slice.cpu.to_string(),
            };
            return Err(native.or(slices.first()).map_or(Unfit::NoProgram, unfit));
        };
        let Native::MachO(native) = &slice.native else { return Ok(()) };
        let found = native.minimum_macos.ok_or(Unfit::NoMinimumMacOs)?;
        if found > minimum_macos {
            return Err(Unfit::TooNewMacOs { found, promised: minimum_macos });
        }
        if platform.arch == Arch::Arm64 && native.signature != Signature::Valid {
            return Err(Unfit::Signature(native.signature));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::read;
    use crate::inspect::testing::program;
    use crate::platform::Os;

    const ARM_MAC: HostPlatform = HostPlatform::new(Os::Darwin, Arch::Arm64);

    /// A program for Apple silicon that asks for a macOS and has a signature.
    fn mac(minimum_macos: Option<MacOsVersion>, signature: Signature) -> InspectedFile {
        let mut slice = program(ARM_MAC);
        if let Native::MachO(native) = &mut slice.native {
            native.minimum_macos = minimum_macos;
            native.signature = signature;
        }
        InspectedFile::Binary(vec![slice])
    }

    fn check(contents: &InspectedFile) -> Result<(), Unfit> {
        contents.check(ARM_MAC, MacOsVersion::DEFAULT)
    }

    #[test]
    fn a_binary_for_another_cpu_will_not_do() {
        let intel = program(HostPlatform::new(Os::Darwin, Arch::Amd64));
        let unfit = check(&InspectedFile::Binary(vec![intel])).unwrap_err();
        assert_eq!(unfit.to_string(), "it is a Mach-O program for amd64");
    }

    #[test]
    fn one_slice_of_several_is_enough() {
        let slices = HostPlatform::ALL.into_iter().filter(|platform| platform.os == Os::Darwin);
        assert_eq!(check(&InspectedFile::Binary(slices.map(program).collect())), Ok(()));
    }

    #[test]
    fn a_program_behind_a_library_for_the_same_cpu_will_not_do() {
        let library = Slice { kind: BinaryKind::Library, ..program(ARM_MAC) };
        let unfit = check(&InspectedFile::Binary(vec![library, program(ARM_MAC)])).unwrap_err();
        assert_eq!(unfit.to_string(), "it is a Mach-O library for arm64");
    }

    #[test]
    fn a_library_will_not_do() {
        let library = Slice { kind: BinaryKind::Library, ..program(ARM_MAC) };
        let unfit = check(&InspectedFile::Binary(vec![library])).unwrap_err();
        assert_eq!(unfit.to_string(), "it is a Mach-O library for arm64");
    }

    #[test]
    fn a_binary_that_asks_for_a_newer_macos_than_promised_will_not_do() {
        assert_eq!(check(&mac(None, Signature::Valid)), Err(Unfit::NoMinimumMacOs));
        let newer = MacOsVersion { major: 13, minor: 2 };
        let unfit = check(&mac(Some(newer), Signature::Valid)).unwrap_err();
        assert!(unfit.to_string().contains("asks for macOS 13.2"), "{unfit}");
        assert_eq!(check(&mac(Some(MacOsVersion::DEFAULT), Signature::Valid)), Ok(()));
    }

    #[test]
    fn apple_silicon_wants_a_valid_signature() {
        for signature in [Signature::Missing, Signature::Broken] {
            let unfit = check(&mac(Some(MacOsVersion::DEFAULT), signature)).unwrap_err();
            assert_eq!(unfit, Unfit::Signature(signature));
        }
    }

    #[test]
    fn what_is_no_program_is_told_so() {
        for bytes in [b"#!/bin/sh\n".as_slice(), b"", b"\0\0\0"] {
            assert_eq!(check(&read(bytes)), Err(Unfit::NoProgram));
        }
        let unfit = check(&read(b"\x7fELF\x02")).unwrap_err();
        assert!(unfit.to_string().starts_with("its format seems to be ELF, but "), "{unfit}");
    }
}
