//! `cargo-zigbuild` runs `cargo build` with zig as linker and C compiler: it translates the linker's
//! arguments, and makes `cc`, `cmake` and `bindgen` use zig.

use std::path::PathBuf;

use semver::{Version, VersionReq};
use xshell::{Shell, cmd};

use super::pip::{PythonProgram, Wheel, WheelPath};
use crate::error::Result;
use crate::interrupt;
use crate::process;
use crate::progress::Step;

const PINNED: PythonProgram = PythonProgram {
    package: "cargo-zigbuild",
    version: "0.24.1",
    wheels: [
        Wheel {
            os: "linux",
            arch: "x86_64",
            sha256: "238a1ab54a95053a4eadc34775c81f795a8ad75f80bfed63f3f445f518102375",
            size: 1_656_264,
        },
        Wheel {
            os: "linux",
            arch: "aarch64",
            sha256: "07c5e3dcddf208500462ec927c556bb306cca2b533b0abe29446bffb63767b85",
            size: 1_534_635,
        },
        Wheel { os: "macos", arch: "x86_64", sha256: MACOS_WHEEL, size: 2_991_014 },
        Wheel { os: "macos", arch: "aarch64", sha256: MACOS_WHEEL, size: 2_991_014 },
        Wheel {
            os: "windows",
            arch: "x86_64",
            sha256: "46e0ce74fb1bd36486d9fa28e1df33530d390ce2d1cdbab0019d844bdfdfebdf",
            size: 1_537_115,
        },
        Wheel {
            os: "windows",
            arch: "aarch64",
            sha256: "e1bb2f0d888395161c7e3957d771d5806432728cf6303fdb536d9103b375812c",
            size: 1_444_500,
        },
    ],
    path: WheelPath::Script("cargo-zigbuild"),
    name: "cargo-zigbuild",
    purpose: "makes cargo link with zig",
    alternative: "install it yourself: `cargo install cargo-zigbuild@0.24.1 --locked`",
};

/// The same wheel for both CPUs.
const MACOS_WHEEL: &str = "7b832d824bbf852b9a99b02a0dfa2166a00462fc237c2387d15a67c385755795";

/// The versions that behave like the pinned one.
const COMPATIBLE: &str = ">=0.24.1, <0.25";

/// Whether [`provide`] downloads nothing.
pub fn is_installed() -> Result<bool> {
    Ok(PINNED.installed()?.is_some())
}

/// The pinned `cargo-zigbuild`; if its download fails, a compatible one on PATH.
pub(super) fn provide(sh: &Shell, step: &Step<'_>) -> Result<PathBuf> {
    let error = match PINNED.install(sh, step) {
        Ok(program) => return Ok(program.into()),
        Err(error) => error,
    };
    interrupt::check()?;
    let (program, version) = on_path(sh).ok_or(error)?;
    step.progress().note(format_args!(
        "could not download cargo-zigbuild {}; using {version} from PATH instead",
        PINNED.version
    ));
    Ok(program)
}

fn on_path(sh: &Shell) -> Option<(PathBuf, Version)> {
    let program = which::which(PINNED.name).ok()?;
    let answer = process::read(cmd!(sh, "{program} --version")).ok()?;
    let version: Version = answer.split_whitespace().last()?.parse().ok()?;
    is_compatible(&version).then_some((program, version))
}

fn is_compatible(version: &Version) -> bool {
    VersionReq::parse(COMPATIBLE).is_ok_and(|range| range.matches(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_minor_version_is_not_assumed_to_be_compatible() {
        let is_compatible = |version: &str| is_compatible(&version.parse().unwrap());
        assert!(is_compatible(PINNED.version) && is_compatible("0.24.9"));
        assert!(!is_compatible("0.24.0") && !is_compatible("0.25.0"));
    }
}
