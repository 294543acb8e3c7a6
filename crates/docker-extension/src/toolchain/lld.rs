//! `rust-lld`, the linker of the Rust toolchain, as a linker for other platforms.
//!
//! It needs the arguments that a C compiler would pass. For macOS, that is the directory of the stubs
//! that replace Apple's SDK ([`super::macos`]); for Windows, the directory of Rust's copy of the MinGW
//! libraries ([`super::mingw`]). For Linux, Rust's musl targets contain everything.

use camino::Utf8PathBuf;

use super::rust::Toolchain;
use crate::platform::{HostPlatform, Os};

/// `rust-lld`, if the toolchain has it. Linux distributions often leave it out.
pub fn program(toolchain: &Toolchain) -> Option<Utf8PathBuf> {
    let bin = toolchain.sysroot.join("lib/rustlib").join(toolchain.host.to_string()).join("bin");
    let program = bin.join(format!("rust-lld{}", std::env::consts::EXE_SUFFIX));
    program.is_file().then_some(program)
}

/// The compiler flags for linking `platform` with `program`.
pub(super) fn flags(program: &Utf8PathBuf, platform: HostPlatform) -> Vec<String> {
    let mut flags = vec![format!("-Clinker={program}")];
    flags.extend(
        match platform.os {
            Os::Darwin => &[
                "-Clinker-flavor=ld64.lld",
                // Without it, the timestamps of object files change the UUID of the program.
                "-Clink-arg=-S",
                // Symbols in no stub are left to macOS; `compile` finds them in the program.
                "-Clink-arg=-undefined",
                "-Clink-arg=dynamic_lookup",
            ][..],
            Os::Windows => &[
                "-Clinker-flavor=ld.lld",
                "-Clink-self-contained=yes",
                // Without it, the linker writes the current time into the header.
                "-Clink-arg=--no-insert-timestamp",
            ],
            Os::Linux => &["-Clinker-flavor=ld.lld", "-Clink-self-contained=yes"],
        }
        .iter()
        .map(|flag| (*flag).to_owned()),
    );
    flags
}
