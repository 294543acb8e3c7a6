//! Values for tests.

use super::signature::Signature;
use super::slice::{BinaryFormat, BinaryKind, Cpu, Elf, MachO, Native, Pe, Slice, Subsystem};
use crate::platform::HostPlatform;
use crate::project::config::MacOsVersion;

/// A program for `platform` that violates no rule.
pub(crate) fn program(platform: HostPlatform) -> Slice {
    Slice {
        cpu: Cpu::Arch(platform.arch),
        kind: BinaryKind::Program,
        libraries: Vec::new(),
        debug_info: 0,
        build_paths: Vec::new(),
        has_executable_stack: false,
        writable_code: Vec::new(),
        has_random_address: true,
        native: match BinaryFormat::of(platform.os) {
            BinaryFormat::MachO => Native::MachO(MachO {
                foreign_system: None,
                minimum_macos: Some(MacOsVersion::DEFAULT),
                signature: Signature::Valid,
                run_paths: Vec::new(),
                imports: Vec::new(),
            }),
            BinaryFormat::Pe => Native::Pe(Pe { subsystem: Subsystem::Console, pdb: None }),
            BinaryFormat::Elf => {
                Native::Elf(Elf { interpreter: None, run_paths: Vec::new(), glibc: None })
            }
        },
    }
}
