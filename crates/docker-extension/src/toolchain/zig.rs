//! Finds zig in `ZIG`, PATH, an earlier download or Python's `ziglang` package; otherwise downloads
//! it.

use std::ffi::OsStr;
use std::fmt;
use std::path::PathBuf;

use camino::Utf8PathBuf;
use xshell::{Shell, cmd};

use super::pip::{self, PythonProgram, Wheel, WheelPath};
use super::zigbuild;
use crate::error::{Error, Result};
use crate::process;
use crate::progress::Step;

/// The versions that link every target; others are ignored unless `ZIG` names them.
const KNOWN_TO_WORK: &str = ">=0.15, <0.18";

/// The version to download if none is found: `cargo-zigbuild` ([`super::zigbuild`]) is known to work
/// with it.
const DOWNLOADED: PythonProgram = PythonProgram {
    package: "ziglang",
    version: "0.17.1",
    wheels: [
        Wheel {
            os: "linux",
            arch: "x86_64",
            sha256: "ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54",
            size: 101_083_562,
        },
        Wheel {
            os: "linux",
            arch: "aarch64",
            sha256: "b7c5f02fccd40f89b999ee16a1f5ddced56e6182370f8affe494bcf8a28cf07e",
            size: 98_063_064,
        },
        Wheel {
            os: "macos",
            arch: "x86_64",
            sha256: "4e0b4b9c02b8d0d220e9948010f860b62ff11d96abb39762eca5fa2ef3f7bc97",
            size: 104_485_232,
        },
        Wheel {
            os: "macos",
            arch: "aarch64",
            sha256: "09953b6af7f64168b915180a42774f520f92d86ef6331b28e33915c7e1f0bb23",
            size: 100_390_379,
        },
        Wheel {
            os: "windows",
            arch: "x86_64",
            sha256: "69c3dfc3aff6a297ec4017aa904782c0e450eb988982d7f675d83edce27526fb",
            size: 101_924_940,
        },
        Wheel {
            os: "windows",
            arch: "aarch64",
            sha256: "27a8da5f8eaa0e76ebbc7c2594130ed4646c1101ada2ce0aa86fe580c74154b9",
            size: 97_412_346,
        },
    ],
    path: WheelPath::Package("ziglang/zig"),
    name: "zig",
    purpose: "links the host binaries",
    alternative: "install zig yourself and put it on PATH, or set ZIG to its path",
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zig {
    pub program: PathBuf,
    /// The arguments before zig's own ones, such as `-m ziglang`.
    pub args: Vec<&'static str>,
    pub version: String,
    pub origin: ZigOrigin,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZigOrigin {
    /// From the environment variable `ZIG`.
    Variable,
    Path,
    /// From the package `ziglang` of the Python on PATH.
    Python,
    /// Downloaded, in this run or an earlier one.
    Downloaded,
}

impl fmt::Display for ZigOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ZigOrigin::Variable => "set by ZIG",
            ZigOrigin::Path => "on PATH",
            ZigOrigin::Python => "`python3 -m ziglang`",
            ZigOrigin::Downloaded => "downloaded",
        })
    }
}

/// The installed zig. Downloads nothing.
///
/// # Errors
/// `ZIG` is not the path of a working zig, or the cache directory can't be used.
pub fn find(sh: &Shell) -> Result<Option<Zig>> {
    if let Some(program) = std::env::var_os("ZIG").filter(|program| !program.is_empty()) {
        // The full path, because zig is run in other directories too.
        let found = which::which(&program).ok();
        let zig = found.and_then(|found| probe(sh, found, vec![], ZigOrigin::Variable));
        return zig.map(Some).ok_or_else(|| no_zig(&program));
    }
    let on_path = which::which("zig").ok().and_then(|zig| probe(sh, zig, vec![], ZigOrigin::Path));
    if let Some(zig) = on_path.filter(Zig::is_known_to_work) {
        return Ok(Some(zig));
    }
    // Python comes last because it is slow to start.
    if let Some(program) = DOWNLOADED.installed()? {
        return Ok(Some(Zig::downloaded(program)));
    }
    let in_python =
        pip::python(sh).and_then(|it| probe(sh, it, vec!["-m", "ziglang"], ZigOrigin::Python));
    Ok(in_python.filter(Zig::is_known_to_work))
}

/// The zig that a run uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ZigPlan {
    Found {
        zig: Zig,
        /// `cargo-zigbuild` is installed too.
        has_zigbuild: bool,
    },
    Download,
}

impl ZigPlan {
    /// # Errors
    /// `ZIG` is not the path of a working zig, or the cache directory can't be used.
    pub fn decide(sh: &Shell) -> Result<Self> {
        let Some(zig) = find(sh)? else { return Ok(Self::Download) };
        Ok(Self::Found { zig, has_zigbuild: zigbuild::is_installed()? })
    }

    /// # Errors
    /// The download fails.
    pub(super) fn provide(&self, sh: &Shell, step: &Step<'_>) -> Result<Zig> {
        match self {
            Self::Found { zig, .. } => Ok(zig.clone()),
            Self::Download => DOWNLOADED.install(sh, step).map(Zig::downloaded),
        }
    }
}

impl fmt::Display for ZigPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found { zig, has_zigbuild } => {
                write!(f, "{} ({})", zig.version, zig.origin)?;
                let download = ", with `cargo-zigbuild`, which will be downloaded with pip";
                f.write_str(if *has_zigbuild { "" } else { download })
            }
            Self::Download => f.write_str("will be downloaded with pip"),
        }
    }
}

fn no_zig(program: &OsStr) -> Error {
    let program = program.display();
    Error::new(format!("ZIG is set to `{program}`, which is not a working zig"))
        .help("set ZIG to the path of zig, or unset it")
}

fn probe(sh: &Shell, program: PathBuf, args: Vec<&'static str>, origin: ZigOrigin) -> Option<Zig> {
    let words = &args;
    let version = process::read(cmd!(sh, "{program} {words...} version")).ok()?;
    Some(Zig { program, args, version: version.trim().to_owned(), origin })
}

impl Zig {
    fn downloaded(program: Utf8PathBuf) -> Self {
        let version = DOWNLOADED.version.to_owned();
        Self { program: program.into(), args: Vec::new(), version, origin: ZigOrigin::Downloaded }
    }

    fn is_known_to_work(&self) -> bool {
        let range = semver::VersionReq::parse(KNOWN_TO_WORK);
        let version = semver::Version::parse(&self.version);
        matches!((range, version), (Ok(range), Ok(version)) if range.matches(&version))
    }
}
