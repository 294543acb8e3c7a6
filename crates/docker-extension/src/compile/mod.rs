//! Compiles the host binaries: one call of cargo for all targets, and a look at what came out.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use crate::cargo::build::{self, BinaryArtifact, BuildMessage};
use crate::files;
use crate::host_binaries::{Build, HostBinaryPlan};
use crate::inspect::{self, Unfit};
use crate::interrupt;
use crate::platform::HostPlatform;
use crate::process::{self, Output};
use crate::progress::Step;
use crate::project::{HostBinary, Project};
use crate::text;
use crate::toolchain::Tools;

mod framework;
mod invocation;
mod symbol;

use framework::MissingFramework;
use invocation::Invocation;
use symbol::UnknownSymbols;

/// A host binary, built and looked at.
#[derive(Clone, Debug)]
pub struct HostBinaryFile<'a> {
    /// What it is.
    pub build: Build<'a>,
    /// Where cargo put it.
    pub path: Utf8PathBuf,
}

/// Why there are no host binaries.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Cargo can't be run.
    #[error("can't run cargo")]
    Cargo(#[source] process::ProcessError),
    /// `Cargo.lock` is missing or out of date.
    #[error(
        "`Cargo.lock` does not fit the `Cargo.toml` files, and host binaries are built from what it locks"
    )]
    Lock,
    /// Cargo failed before it had built anything, and has said why.
    #[error("cargo built none of the host binaries")]
    Nothing,
    /// The code of some does not compile or link; cargo has said why.
    #[error("{} not compile", does(.0))]
    Code(Vec<String>),
    /// Cargo ended well, but did not say where it put some.
    #[error("cargo says nothing of `{name}` for {platform}")]
    NotBuilt {
        /// The binary.
        name: String,
        /// The platform.
        platform: HostPlatform,
    },
    /// The linker lacks a framework of macOS.
    #[error(transparent)]
    Framework(#[from] MissingFramework),
    /// The linker finds a name in no library of macOS.
    #[error(transparent)]
    Symbols(#[from] UnknownSymbols),
    /// A binary will not do.
    #[error("`{name}` for {platform} will not run there: {reason} (`{path}`)")]
    Unfit {
        /// The binary.
        name: String,
        /// The platform.
        platform: HostPlatform,
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        reason: Box<Unfit>,
    },
    /// A file can't be read.
    #[error(transparent)]
    Files(#[from] files::Error),
    /// The person pressed Ctrl-C.
    #[error(transparent)]
    Interrupted(#[from] interrupt::Interrupted),
}

fn does(failed: &[String]) -> String {
    let does = if failed.len() == 1 { "does" } else { "do" };
    format!("{} {does}", text::list(failed))
}

impl Error {
    /// What the person can do.
    pub fn help(&self) -> Option<String> {
        match self {
            Error::Cargo(_) => Some("install Rust with rustup, or mend PATH".to_owned()),
            Error::Lock => Some("run `cargo check` once, and commit `Cargo.lock`".to_owned()),
            Error::Nothing => Some("mend what cargo says above".to_owned()),
            Error::Code(_) => Some(
                "mend what the compiler says above; a binary that is not for every platform can be \
                 narrowed with `platforms` in its package's `[package.metadata.docker-extension]`"
                    .to_owned(),
            ),
            Error::Framework(error) => Some(error.help()),
            Error::Symbols(error) => Some(error.help()),
            Error::NotBuilt { .. } => {
                Some("run it again with -v, and see what cargo says".to_owned())
            }
            Error::Unfit { reason, .. } => Some(match **reason {
                Unfit::TooNewMacOs { found, .. } => format!(
                    "let the linker make an older one (another zig?), or set `minimum-macos = \"{found}\"`"
                ),
                _ => "this is the linker's doing: choose another with `--linker`".to_owned(),
            }),
            Error::Files(error) => error.advice().map(str::to_owned),
            Error::Interrupted(_) => None,
        }
    }
}

/// Compiles everything in `plan`.
///
/// # Errors
/// Something does not compile, or what was built would not run where it should.
pub fn compile<'a>(
    project: &Project,
    plan: &HostBinaryPlan<'a>,
    tools: &Tools<'_>,
    step: &Step<'_>,
) -> Result<Vec<HostBinaryFile<'a>>, Error> {
    let mut files = Vec::new();
    for (platforms, binaries) in plan.groups() {
        let mut built = Built::new();
        for (setup, platforms) in tools.linking.calls(&platforms) {
            let invocation = Invocation {
                project,
                setup,
                platforms: &platforms,
                binaries: &binaries,
                tools,
                inherited_flags: build::inherited_rustflags(),
                macos_flags: Vec::new(),
            };
            built.extend(build_once(invocation, step)?);
        }
        let builds = plan.builds().iter().filter(|build| {
            platforms.contains(&build.platform) && binaries.contains(&build.binary)
        });
        for &build in builds {
            let name = build.binary.name.clone();
            let path = built
                .get(&(build.platform, name.clone()))
                .ok_or(Error::NotBuilt { name, platform: build.platform })?;
            check(build, path, project)?;
            files.push(HostBinaryFile { build, path: path.clone() });
        }
    }
    Ok(files)
}

/// Runs cargo, and again where a name of a framework has to be left to the start of the program.
fn build_once(mut invocation: Invocation<'_>, step: &Step<'_>) -> Result<Built, Error> {
    loop {
        match run_cargo(&invocation, step) {
            Err(Error::Symbols(unknown))
                if unknown.may_be_found_at_start()
                    && !invocation.tools.deny_unknown_symbols
                    // Else the flags have not helped.
                    && !unknown.flags().iter().all(|flag| invocation.macos_flags.contains(flag)) =>
            {
                step.progress().warn(unknown.warning());
                invocation.macos_flags.extend(unknown.flags());
            }
            result => return result,
        }
    }
}

type Built = BTreeMap<(HostPlatform, String), Utf8PathBuf>;

fn run_cargo(invocation: &Invocation<'_>, step: &Step<'_>) -> Result<Built, Error> {
    let mut built = Built::new();
    let mut clues = Clues::default();
    let result = invocation.cargo().run(step, |message| match message {
        BuildMessage::Binary(BinaryArtifact { name, target, path, .. }) => {
            if let Some(platform) = target.as_ref().and_then(HostPlatform::from_triple) {
                built.insert((platform, name), path);
            }
        }
        BuildMessage::Diagnostic { .. } => {}
        BuildMessage::Output(output) => {
            clues.look_at(output);
            step.relay(output);
        }
    });
    match result {
        Ok(()) => Ok(built),
        Err(process::ProcessError::Interrupted(interrupted)) => Err(interrupted.into()),
        Err(process::ProcessError::Failed { .. }) => Err(explain(invocation, &built, &clues)),
        Err(error) => Err(Error::Cargo(error)),
    }
}

/// What cargo's messages tell about why it failed.
#[derive(Default)]
struct Clues {
    is_lock_outdated: bool,
    frameworks: BTreeSet<String>,
    symbols: BTreeSet<String>,
    /// A package was being compiled, linked, or its build script run.
    is_code: bool,
}

impl Clues {
    fn look_at(&mut self, output: Output<'_>) {
        let Output::Stderr(line) = output else { return };
        // "cannot update the lock file … because --locked was passed", in words that have changed.
        self.is_lock_outdated |= line.contains("lock file") && line.contains("--locked");
        self.is_code |= line.contains("could not compile") || line.contains("failed to run custom");
        self.frameworks.extend(framework::missing_in(line).map(str::to_owned));
        self.symbols.extend(symbol::missing_in(line).map(str::to_owned));
    }
}

fn explain(invocation: &Invocation<'_>, built: &Built, clues: &Clues) -> Error {
    if clues.is_lock_outdated {
        return Error::Lock;
    }
    if !clues.frameworks.is_empty() {
        let frameworks = clues.frameworks.iter().cloned().collect();
        return framework::explain(invocation.project, invocation.platforms, frameworks).into();
    }
    if !clues.symbols.is_empty() {
        return symbol::explain(invocation.project, invocation.platforms, &clues.symbols).into();
    }
    if built.is_empty() && !clues.is_code {
        return Error::Nothing;
    }
    let failed = |platform: HostPlatform| {
        let is_missing =
            move |binary: &&&HostBinary| !built.contains_key(&(platform, binary.name.clone()));
        let binaries = invocation.binaries.iter().filter(is_missing);
        binaries.map(move |binary| format!("`{}` for {platform}", binary.name))
    };
    Error::Code(invocation.platforms.iter().copied().flat_map(failed).collect())
}

fn check(build: Build<'_>, path: &Utf8Path, project: &Project) -> Result<(), Error> {
    let bytes = files::read(path)?;
    inspect::read(&bytes).check(build.platform, project.config.minimum_macos).map_err(|reason| {
        Error::Unfit {
            name: build.binary.name.clone(),
            platform: build.platform,
            path: path.to_owned(),
            reason: Box::new(reason),
        }
    })
}
