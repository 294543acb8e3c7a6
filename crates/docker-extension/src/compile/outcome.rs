//! One call of cargo: what it built, and why it did not build the rest.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use super::build_script::FailedBuildScripts;
use super::crates::Crates;
use super::fault::{self, LinkFault};
use super::invocation::Invocation;
use super::problem::{Affected, BuildProblem};
use super::{framework, library, symbol};
use crate::cargo::build::{BinaryArtifact, BuildMessage, BuildScriptOutput, Diagnostic};
use crate::cargo::lockfile;
use crate::error::{Error, Result};
use crate::platform::{HostPlatform, Os};
use crate::process::{Output, ProcessError};
use crate::progress::Step;

/// The file of each binary.
pub(super) type BinaryPaths = BTreeMap<(HostPlatform, String), Utf8PathBuf>;

/// The outcome of a call.
#[derive(Default)]
pub(super) struct CallOutcome {
    pub built: BinaryPaths,
    pub scripts: Vec<BuildScriptOutput>,
    /// Why some of the binaries are missing.
    pub problems: Vec<BuildProblem>,
    /// The binaries that are missing although no problem explains it: the compiler has reported why.
    pub uncompiled: Affected,
}

/// # Errors
/// cargo can't be run, or compiles nothing at all.
pub(super) fn run(invocation: &Invocation<'_>, step: &Step<'_>) -> Result<CallOutcome> {
    let mut outcome = CallOutcome::default();
    let mut clues = Clues::default();
    let result = invocation.cargo().run(step, |message| match message {
        BuildMessage::Binary(BinaryArtifact { name, target, path, .. }) => {
            if let Some(platform) = target.as_ref().and_then(HostPlatform::from_triple) {
                outcome.built.insert((platform, name), path);
            }
        }
        BuildMessage::BuildScript(script) => outcome.scripts.push(script),
        BuildMessage::Diagnostic(diagnostic) => {
            clues.add(&diagnostic, &invocation.call.platforms);
            step.relay(Output::Stderr(diagnostic.text.trim_end()));
        }
        BuildMessage::Output(output) => {
            clues.look_at(output);
            step.relay(output);
        }
    });
    match result {
        Ok(()) => {}
        Err(ProcessError::Failed { .. }) => outcome.explain(invocation, &clues)?,
        Err(error) => {
            let error = Error::new("can't run cargo").because(error);
            return Err(error.help("install Rust with rustup, or fix PATH"));
        }
    }
    Ok(outcome)
}

/// The parts of cargo's messages that show why it failed.
#[derive(Default)]
struct Clues {
    is_lock_outdated: bool,
    /// The binaries that were not linked, by the reason.
    link_faults: BTreeMap<LinkFault, Affected>,
    build_scripts: FailedBuildScripts,
    /// A package failed to compile or link, or its build script failed.
    is_code: bool,
}

impl Clues {
    fn look_at(&mut self, output: Output<'_>) {
        let Output::Stderr(line) = output else { return };
        let line = anstream::adapter::strip_str(line).to_string();
        self.is_lock_outdated |= lockfile::is_outdated_in(&line);
        self.is_code |= line.contains("could not compile") || line.contains("failed to run custom");
        self.build_scripts.look_at(&line);
    }

    fn add(&mut self, diagnostic: &Diagnostic, platforms: &[HostPlatform]) {
        let Diagnostic { text, is_error: true, binary } = diagnostic else { return };
        let text = anstream::adapter::strip_str(text).to_string();
        for fault in fault::link_faults(&text) {
            let affected = self.link_faults.entry(fault).or_default();
            // The message does not say for which target, but contains paths of the target's directory.
            let is_for = |it: &&HostPlatform| text.contains(&format!("/{}/", it.triple()));
            let platforms = platforms.iter().filter(is_for);
            let binary = binary.iter();
            affected
                .extend(binary.flat_map(|name| platforms.clone().map(|it| (name.clone(), *it))));
        }
    }
}

impl CallOutcome {
    fn explain(&mut self, invocation: &Invocation<'_>, clues: &Clues) -> Result<()> {
        if clues.is_lock_outdated {
            return Err(lockfile::outdated());
        }
        let is_code = clues.is_code || !clues.link_faults.is_empty();
        if self.built.is_empty() && !is_code {
            return Err(Error::new("cargo built none of the host binaries")
                .help("fix cargo's errors above"));
        }
        let call = invocation.call;
        let mut problems = Vec::new();
        for &os in &Os::ALL {
            let platform = call.platforms.iter().find(|platform| platform.os == os);
            let Some(&platform) = platform else { continue };
            let of_os = clues.link_faults.iter().filter_map(|(fault, affected)| {
                let affected: Affected =
                    affected.iter().filter(|(_, it)| it.os == os).cloned().collect();
                (!affected.is_empty()).then_some((fault, affected))
            });
            let of_os: Vec<(&LinkFault, Affected)> = of_os.collect();
            let mentions_scripts = !clues.build_scripts.is_empty();
            if of_os.is_empty() && !mentions_scripts {
                continue;
            }
            let crates = Crates::find(invocation.project, platform, &self.scripts);
            problems.extend(link_problems(&of_os, &crates, invocation));
            let is_first = call.platforms.first() == Some(&platform);
            if mentions_scripts && is_first {
                let errors = clues.build_scripts.errors(&crates).into_iter();
                problems
                    .extend(errors.map(|error| BuildProblem { affected: Affected::new(), error }));
            }
        }
        let explained: BTreeSet<_> = problems.iter().flat_map(|it| it.affected.clone()).collect();
        let wanted = call.binaries.iter().flat_map(|binary| {
            call.platforms.iter().map(|&platform| (binary.name.clone(), platform))
        });
        let missing: Affected = wanted
            .filter(|(name, platform)| !self.built.contains_key(&(*platform, name.clone())))
            .filter(|build| !explained.contains(build))
            .collect();
        // A build script that fails affects every binary that depends on its crate.
        let mut unattributed = problems.iter_mut().filter(|it| it.affected.is_empty()).peekable();
        if unattributed.peek().is_some() {
            unattributed.for_each(|problem| problem.affected.clone_from(&missing));
        } else {
            self.uncompiled = missing;
        }
        self.problems = problems;
        Ok(())
    }
}

/// A problem for each library, and one each for all frameworks and all symbols.
fn link_problems(
    faults: &[(&LinkFault, Affected)],
    crates: &Crates<'_>,
    invocation: &Invocation<'_>,
) -> Vec<BuildProblem> {
    let mut problems = Vec::new();
    let (mut frameworks, mut symbols) = (Names::default(), Names::default());
    for (fault, affected) in faults {
        match fault {
            LinkFault::Framework(name) => frameworks.add(name, affected),
            LinkFault::Symbol(name) => symbols.add(name, affected),
            LinkFault::Library(name) => problems.push(BuildProblem {
                affected: affected.clone(),
                error: library::missing(name, crates, &invocation.call.setup.tool),
            }),
        }
    }
    // The symbols of a missing library are missing too.
    if !problems.is_empty() || !frameworks.names.is_empty() {
        let is_explained = |build: &(String, HostPlatform)| {
            let mut explained = problems.iter().map(|it| &it.affected);
            explained.any(|it| it.contains(build)) || frameworks.affected.contains(build)
        };
        if symbols.affected.iter().all(is_explained) {
            symbols = Names::default();
        }
    }
    if !frameworks.names.is_empty() {
        let error = framework::missing(crates, &frameworks.names);
        problems.push(BuildProblem { affected: frameworks.affected, error });
    }
    if !symbols.names.is_empty() {
        let error = match crates.platform.os {
            Os::Darwin => symbol::explain(crates, &symbols.names.into_iter().collect()).error(),
            Os::Windows | Os::Linux => symbol::undefined(&symbols.names),
        };
        problems.push(BuildProblem { affected: symbols.affected, error });
    }
    problems
}

#[derive(Default)]
struct Names {
    names: Vec<String>,
    affected: Affected,
}

impl Names {
    fn add(&mut self, name: &str, affected: &Affected) {
        self.names.push(name.to_owned());
        self.affected.extend(affected.iter().cloned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::Arch;

    #[test]
    fn a_fault_of_the_linker_is_assigned_to_its_binary_and_platform() {
        let platforms = [Arch::Amd64, Arch::Arm64].map(|arch| HostPlatform::new(Os::Darwin, arch));
        let mut clues = Clues::default();
        let text = "error: linking with `rust-lld` failed\n\
                    \x20 = note: \"rust-lld\" \"/w/target/aarch64-apple-darwin/release/deps/tool.o\"\n\
                    \x20 = note: rust-lld: error: library not found for -lz2\n";
        let diagnostic = |binary: Option<&str>| Diagnostic {
            text: format!("\u{1b}[1m{text}\u{1b}[0m"),
            is_error: true,
            binary: binary.map(str::to_owned),
        };
        clues.add(&diagnostic(Some("tool")), &platforms);
        let library = LinkFault::Library("z2".to_owned());
        let affected = Affected::from([("tool".to_owned(), platforms[1])]);
        assert_eq!(clues.link_faults, [(library, affected)].into());
    }
}
