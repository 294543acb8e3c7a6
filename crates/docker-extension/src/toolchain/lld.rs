//! `rust-lld`, the linker that every Rust toolchain brings along, as linker for other platforms.
//!
//! It needs to be told what a C compiler would tell it. For macOS that is where the stubs are that
//! take the place of Apple's SDK ([`super::macos`]), for Windows where Rust's own copy of the MinGW
//! libraries is ([`super::mingw`]); for Linux the standard library has all that it takes.

use camino::Utf8PathBuf;

use super::rust::Toolchain;
use crate::platform::{HostPlatform, Os};

/// `rust-lld`, if the toolchain has it. Distributions often leave it out.
pub fn program(toolchain: &Toolchain) -> Option<Utf8PathBuf> {
    let bin = toolchain.sysroot.join("lib/rustlib").join(toolchain.host.to_string()).join("bin");
    let program = bin.join(format!("rust-lld{}", std::env::consts::EXE_SUFFIX));
    program.is_file().then_some(program)
}

/// The compiler's flags that make it link `platform` with `program`.
pub(super) fn flags(program: &Utf8PathBuf, platform: HostPlatform) -> Vec<String> {
    let mut flags = vec![format!("-Clinker={program}")];
    flags.extend(
        match platform.os {
            Os::Darwin => &[
                "-Clinker-flavor=ld64.lld",
                // Else the times of object files are in what the file's UUID is computed from.
                "-Clink-arg=-S",
            ][..],
            Os::Windows => &[
                "-Clinker-flavor=ld.lld",
                "-Clink-self-contained=yes",
                // Else the linker writes the time into the file's header.
                "-Clink-arg=--no-insert-timestamp",
            ],
            Os::Linux => &["-Clinker-flavor=ld.lld", "-Clink-self-contained=yes"],
        }
        .iter()
        .map(|flag| (*flag).to_owned()),
    );
    flags
}
