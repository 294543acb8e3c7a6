//! Finding zig: `ZIG`, PATH, what an earlier run downloaded, Python's `ziglang`; else it is
//! downloaded.

use std::fmt;
use std::path::PathBuf;

use camino::Utf8PathBuf;
use xshell::{Shell, cmd};

use super::{Error, pip};
use crate::process;
use crate::progress::Step;

/// The versions that link every target; others are passed over unless `ZIG` names them.
const KNOWN_TO_WORK: &str = ">=0.15, <0.18";

/// A zig that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zig {
    /// The program.
    pub program: PathBuf,
    /// What comes before zig's own arguments: `-m ziglang`.
    pub args: Vec<&'static str>,
    /// Its version.
    pub version: String,
    /// How it was found.
    pub origin: Origin,
}

/// How zig was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The environment variable `ZIG` names it.
    Variable,
    /// It is on PATH.
    Path,
    /// It is a package of the Python on PATH.
    Python,
    /// It was downloaded, in this run or an earlier one.
    Downloaded,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Origin::Variable => "named by ZIG",
            Origin::Path => "on PATH",
            Origin::Python => "`python3 -m ziglang`",
            Origin::Downloaded => "downloaded",
        })
    }
}

/// The zig that is there already, without downloading anything.
///
/// # Errors
/// `ZIG` names something else, or the cache folder can't be used.
pub fn find(sh: &Shell) -> Result<Option<Zig>, Error> {
    if let Some(program) = std::env::var_os("ZIG").filter(|program| !program.is_empty()) {
        // Its own path, because it is run in other folders than this one.
        let found = which::which(&program).ok();
        let zig = found.and_then(|found| probe(sh, found, vec![], Origin::Variable));
        return zig.map(Some).ok_or_else(|| Error::ZigVariable(program.into()));
    }
    let on_path = which::which("zig").ok().and_then(|zig| probe(sh, zig, vec![], Origin::Path));
    if let Some(zig) = on_path.filter(Zig::is_known_to_work) {
        return Ok(Some(zig));
    }
    // Before Python is asked, which takes longer than all the rest.
    if let Some(program) = pip::installed()? {
        return Ok(Some(Zig::downloaded(program)));
    }
    let in_python = python(sh).and_then(|it| probe(sh, it, vec!["-m", "ziglang"], Origin::Python));
    Ok(in_python.filter(Zig::is_known_to_work))
}

/// Which zig a run takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ZigPlan {
    /// One that is there.
    Found(Zig),
    /// It is downloaded.
    Download,
}

impl ZigPlan {
    /// # Errors
    /// `ZIG` names something else, or the cache directory can't be used.
    pub fn decide(sh: &Shell) -> Result<Self, Error> {
        Ok(find(sh)?.map_or(Self::Download, Self::Found))
    }

    /// # Errors
    /// It can't be downloaded.
    pub(super) fn provide(&self, sh: &Shell, step: &Step<'_>) -> Result<Zig, Error> {
        match self {
            Self::Found(zig) => Ok(zig.clone()),
            Self::Download => pip::install(sh, step).map(Zig::downloaded).map_err(Error::NoZig),
        }
    }
}

impl fmt::Display for ZigPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found(zig) => write!(f, "{} ({})", zig.version, zig.origin),
            Self::Download => f.write_str("will be downloaded"),
        }
    }
}

/// The Python 3 on PATH.
pub(super) fn python(sh: &Shell) -> Option<PathBuf> {
    ["python3", "python"].into_iter().find_map(|name| {
        let python = which::which(name).ok()?;
        let version = process::read(cmd!(sh, "{python} --version")).ok()?;
        version.starts_with("Python 3").then_some(python)
    })
}

fn probe(sh: &Shell, program: PathBuf, args: Vec<&'static str>, origin: Origin) -> Option<Zig> {
    let words = &args;
    let version = process::read(cmd!(sh, "{program} {words...} version")).ok()?;
    Some(Zig { program, args, version: version.trim().to_owned(), origin })
}

impl Zig {
    fn downloaded(program: Utf8PathBuf) -> Self {
        let version = pip::ZIG_VERSION.to_owned();
        Self { program: program.into(), args: Vec::new(), version, origin: Origin::Downloaded }
    }

    fn is_known_to_work(&self) -> bool {
        let range = semver::VersionReq::parse(KNOWN_TO_WORK);
        let version = semver::Version::parse(&self.version);
        matches!((range, version), (Ok(range), Ok(version)) if range.matches(&version))
    }

    /// The variables by which `cargo-zigbuild` is told which zig to run.
    pub(super) fn variables(&self) -> [(String, String); 3] {
        [
            ("CARGO_ZIGBUILD_ZIG_COMMAND", self.program.to_string_lossy().into_owned()),
            ("CARGO_ZIGBUILD_ZIG_COMMAND_ARGS", self.args.join(" ")),
            ("CARGO_ZIGBUILD_ZIG_VERSION", self.version.clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
    }
}
