//! One call of cargo, and the reason if it fails.

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

/// The file of each binary.
pub(super) type BinaryPaths = BTreeMap<(HostPlatform, String), Utf8PathBuf>;

/// The reason why cargo did not build everything.
pub(super) enum BuildFailure {
    /// No known macOS library has a symbol that the program needs.
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

/// The parts of cargo's messages that show why it failed.
#[derive(Default)]
struct Clues {
    is_lock_outdated: bool,
    frameworks: BTreeSet<String>,
    symbols: BTreeSet<String>,
    /// A package failed to compile or link, or its build script failed.
    is_code: bool,
}

impl Clues {
    fn look_at(&mut self, output: Output<'_>) {
        let Output::Stderr(line) = output else { return };
        // "cannot update the lock file … because --locked was passed"; the wording varies between versions.
        self.is_lock_outdated |= line.contains("lock file") && line.contains("--locked");
        self.is_code |= line.contains("could not compile") || line.contains("failed to run custom");
        self.frameworks.extend(framework::missing_in(line).map(str::to_owned));
        self.symbols.extend(symbol::missing_in(line).map(str::to_owned));
    }
}

fn explain(invocation: &Invocation<'_>, built: &BinaryPaths, clues: &Clues) -> BuildFailure {
    // The symbols of a missing framework are missing too.
    if !clues.symbols.is_empty() && clues.frameworks.is_empty() {
        let Invocation { project, platforms, .. } = invocation;
        return BuildFailure::UnknownSymbols(symbol::explain(project, platforms, &clues.symbols));
    }
    BuildFailure::Other(failed(invocation, built, clues))
}

fn lock_outdated() -> Error {
    Error::new("`Cargo.lock` is out of date; host binaries are built with `--locked`")
        .help("run `cargo update --workspace`, and commit `Cargo.lock`")
}

fn failed(invocation: &Invocation<'_>, built: &BinaryPaths, clues: &Clues) -> Error {
    if clues.is_lock_outdated {
        return lock_outdated();
    }
    if !clues.frameworks.is_empty() {
        let frameworks = clues.frameworks.iter().cloned().collect();
        return framework::missing(invocation.project, invocation.platforms, frameworks);
    }
    if built.is_empty() && !clues.is_code {
        return Error::new("cargo built none of the host binaries")
            .help("fix cargo's errors above");
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
        "fix the compiler's errors above; if a binary is not meant for every platform, set `platforms` in \
         its package's `[package.metadata.docker-extension]`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outdated_lock_file_is_recognized_and_the_help_updates_it() {
        let mut clues = Clues::default();
        let line = "error: cannot update the lock file /w/Cargo.lock because --locked was passed to \
                    prevent this";
        clues.look_at(Output::Stderr(line));
        assert!(clues.is_lock_outdated);
        assert!(lock_outdated().advice().unwrap().contains("`cargo update --workspace`"));
    }
}
