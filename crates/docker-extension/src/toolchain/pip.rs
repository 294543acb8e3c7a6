//! zig as PyPI's package `ziglang`: one wheel, pinned by version and hash, in a private virtual
//! environment in the cache folder.

use camino::{Utf8Path, Utf8PathBuf};
use xshell::{Shell, cmd};

use super::cache;
use crate::files;
use crate::process;
use crate::progress::Step;
use crate::text;

/// The version that `cargo-zigbuild`, pinned in `Cargo.toml`, is known to work with.
pub(super) const ZIG_VERSION: &str = "0.17.1";

/// A wheel, by the machine that it is for.
struct Wheel {
    os: &'static str,
    arch: &'static str,
    sha256: &'static str,
    size: u64,
}

const WHEELS: [Wheel; 6] = [
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
];

/// Why the wheel can't be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No wheel is pinned for this machine.
    #[error("PyPI's `ziglang` has no package for this kind of machine")]
    NoWheel,
    /// There is no Python.
    #[error("Python 3, which downloads it, is not installed")]
    NoPython,
    /// There is a Python without pip.
    #[error("pip, which downloads it, is not installed")]
    NoPip,
    /// The download failed, or what came is not what was expected.
    #[error("{}", .0.messages().lines().last().unwrap_or("pip failed"))]
    Download(#[source] process::ProcessError),
    /// Python or pip can't be run.
    #[error(transparent)]
    Process(process::ProcessError),
    /// The cache folder can't be used.
    #[error(transparent)]
    Files(#[from] files::Error),
}

impl Error {
    /// What the person can do.
    pub fn help(&self) -> String {
        let install = "install zig yourself and put it on PATH, or set ZIG to its path";
        match self {
            Error::NoWheel => install.to_owned(),
            Error::NoPython => format!("install Python 3 with pip, or {install}"),
            Error::NoPip => {
                format!("install pip (on Debian: `apt-get install python3-pip`), or {install}")
            }
            Error::Download(_) | Error::Process(_) => {
                format!("connect to the network, or {install}")
            }
            Error::Files(error) => {
                error.advice().map(str::to_owned).unwrap_or_else(|| install.to_owned())
            }
        }
    }
}

/// The zig of the private environment, if an earlier run has made it.
pub(super) fn installed() -> files::Result<Option<Utf8PathBuf>> {
    let zig = zig_in(&environment()?);
    Ok(zig.filter(|zig| zig.is_file()))
}

/// Downloads zig into the private environment and returns its path.
pub(super) fn install(sh: &Shell, step: &Step<'_>) -> Result<Utf8PathBuf, Error> {
    let environment = environment()?;
    cache::once(&environment, step.progress(), |folder| fill(sh, folder, step))?;
    zig_in(&environment).ok_or(Error::NoWheel)
}

fn environment() -> files::Result<Utf8PathBuf> {
    Ok(cache::folder()?.join(format!("zig-{}", ZIG_VERSION.replace('.', "_"))))
}

/// Python decides where in the environment its packages are; zig is in `ziglang` there.
fn zig_in(environment: &Utf8Path) -> Option<Utf8PathBuf> {
    let site_packages = if cfg!(windows) {
        environment.join("Lib/site-packages")
    } else {
        let versions = files::entries(&environment.join("lib")).ok()?;
        versions.first()?.path().join("site-packages")
    };
    Some(site_packages.join("ziglang").join(if cfg!(windows) { "zig.exe" } else { "zig" }))
}

fn fill(sh: &Shell, folder: &Utf8Path, step: &Step<'_>) -> Result<(), Error> {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let wheel =
        WHEELS.iter().find(|wheel| wheel.os == os && wheel.arch == arch).ok_or(Error::NoWheel)?;
    let python = super::zig::python(sh).ok_or(Error::NoPython)?;
    process::read(cmd!(sh, "{python} -m pip --version")).map_err(|error| match error {
        process::ProcessError::Failed { .. } => Error::NoPip,
        other => Error::Process(other),
    })?;
    step.progress().note(format_args!(
        "downloading zig {ZIG_VERSION} with pip ({}, once)",
        text::size(wheel.size)
    ));
    process::read(cmd!(sh, "{python} -m venv --without-pip {folder}")).map_err(Error::Process)?;
    let requirements = folder.join("requirements.txt");
    let sha256 = wheel.sha256;
    files::write(&requirements, format!("ziglang=={ZIG_VERSION} --hash=sha256:{sha256}\n"))?;
    let private_python =
        folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let pip = cmd!(sh, "{python} -m pip --python {private_python} install --quiet")
        .args(["--disable-pip-version-check", "--no-cache-dir", "--only-binary=:all:"])
        .args(["--require-hashes", "--requirement", requirements.as_str()]);
    step.progress().detail(&pip);
    process::run(pip, |output| step.at(line(output))).map_err(|error| match error {
        process::ProcessError::Failed { .. } => Error::Download(error),
        other => Error::Process(other),
    })
}

fn line<'a>(output: process::Output<'a>) -> &'a str {
    match output {
        process::Output::Stdout(text)
        | process::Output::Stderr(text)
        | process::Output::Progress(text) => text,
    }
}
