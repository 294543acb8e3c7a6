//! One call of cargo, and why it failed.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use super::framework;
use super::invocation::Invocation;
use super::symbol::{self, UnknownSymbols};
use crate::cargo::build::{BinaryArtifact, BuildMessage};
use crate::error::{Error, Result};
use crate::platform::HostPlatform;
use crate::process::{Output, ProcessError};
use crate::progress::Step;
use crate::project::HostBinary;
use crate::text;

/// Where cargo put each binary.
pub(super) type BinaryPaths = BTreeMap<(HostPlatform, String), Utf8PathBuf>;

/// Why cargo did not build everything.
pub(super) enum BuildFailure {
    /// The linker finds names in no library of macOS.
    UnknownSymbols(UnknownSymbols),
    Other(Error),
}

impl From<BuildFailure> for Error {
    fn from(failure: BuildFailure) -> Self {
        match failure {
            BuildFailure::UnknownSymbols(unknown) => unknown.error(),
            BuildFailure::Other(error) => error,
        }
    }
}

pub(super) fn run(
    invocation: &Invocation<'_>,
    step: &Step<'_>,
) -> Result<BinaryPaths, BuildFailure> {
    let mut built = BinaryPaths::new();
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
        Err(ProcessError::Failed { .. }) => Err(explain(invocation, &built, &clues)),
        Err(error) => {
            let error = Error::new("can't run cargo").because(error);
            Err(BuildFailure::Other(error.help("install Rust with rustup, or fix PATH")))
        }
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

fn explain(invocation: &Invocation<'_>, built: &BinaryPaths, clues: &Clues) -> BuildFailure {
    // Those of a missing framework are missing as well.
    if !clues.symbols.is_empty() && clues.frameworks.is_empty() {
        let Invocation { project, platforms, .. } = invocation;
        return BuildFailure::UnknownSymbols(symbol::explain(project, platforms, &clues.symbols));
    }
    BuildFailure::Other(failed(invocation, built, clues))
}

fn failed(invocation: &Invocation<'_>, built: &BinaryPaths, clues: &Clues) -> Error {
    if clues.is_lock_outdated {
        let what = "`Cargo.lock` does not fit the `Cargo.toml` files, and host binaries are built from \
                    what it locks";
        return Error::new(what).help("run `cargo check` once, and commit `Cargo.lock`");
    }
    if !clues.frameworks.is_empty() {
        let frameworks = clues.frameworks.iter().cloned().collect();
        return framework::missing(invocation.project, invocation.platforms, frameworks);
    }
    if built.is_empty() && !clues.is_code {
        return Error::new("cargo built none of the host binaries")
            .help("fix what cargo says above");
    }
    let failed = |platform: HostPlatform| {
        let is_missing =
            move |binary: &&&HostBinary| !built.contains_key(&(platform, binary.name.clone()));
        let binaries = invocation.binaries.iter().filter(is_missing);
        binaries.map(move |binary| format!("`{}` for {platform}", binary.name))
    };
    let failed: Vec<String> = invocation.platforms.iter().copied().flat_map(failed).collect();
    let does = if failed.len() == 1 { "does" } else { "do" };
    Error::new(format!("{} {does} not compile", text::list(&failed))).help(
        "fix what the compiler says above; a binary that is not for every platform can be narrowed \
         with `platforms` in its package's `[package.metadata.docker-extension]`",
    )
}
