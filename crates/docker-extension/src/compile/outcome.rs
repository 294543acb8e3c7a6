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
use crate::cargo::tree::{self, ResolvedCrate};
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
    let wanted = wanted(invocation);
    let mut clues = Clues::default();
    let result = invocation.cargo().run(step, |message| match message {
        BuildMessage::Binary(BinaryArtifact { name, target, path, .. }) => {
            if let Some(platform) = target.as_ref().and_then(HostPlatform::from_triple) {
                outcome.built.insert((platform, name), path);
            }
        }
        BuildMessage::BuildScript(script) => outcome.scripts.push(script),
        BuildMessage::Diagnostic(diagnostic) => {
            clues.add(&diagnostic, &wanted);
            step.relay(Output::Stderr(diagnostic.text.trim_end()));
        }
        BuildMessage::Output(output) => {
            clues.look_at(output);
            step.relay(output);
        }
    });
    match result {
        Ok(()) => {}
        Err(ProcessError::Failed { .. }) => outcome.explain(invocation, &clues, wanted)?,
        Err(error) => {
            let error = Error::new("can't run cargo").because(error);
            return Err(error.help("install Rust with rustup, or fix PATH"));
        }
    }
    Ok(outcome)
}

fn wanted(invocation: &Invocation<'_>) -> Affected {
    let call = invocation.call;
    let of = |platform: HostPlatform| {
        call.binaries.iter().map(move |binary| (binary.name.clone(), platform))
    };
    call.platforms.iter().copied().flat_map(of).collect()
}

/// The parts of cargo's messages that show why it failed.
#[derive(Default)]
struct Clues {
    is_lock_outdated: bool,
    /// The binaries that were not linked, by the reason.
    link_faults: BTreeMap<LinkFault, Affected>,
    build_scripts: FailedBuildScripts,
    /// The names of binaries with errors in their own code.
    miswritten: BTreeSet<String>,
    /// Whether a library has errors in its code.
    has_miswritten_library: bool,
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

    /// `wanted` is everything that the call builds.
    fn add(&mut self, diagnostic: &Diagnostic, wanted: &Affected) {
        let Diagnostic { text, is_error: true, binary } = diagnostic else { return };
        let text = anstream::adapter::strip_str(text).to_string();
        let faults = fault::link_faults(&text);
        match binary {
            _ if !faults.is_empty() => {}
            Some(name) => self.miswritten.extend([name.clone()]),
            None => self.has_miswritten_library = true,
        }
        for fault in faults {
            let affected = self.link_faults.entry(fault).or_default();
            // A library may be part of any binary.
            let is_of = |name: &String| binary.as_ref().is_none_or(|binary| binary == name);
            let of_binary = wanted.iter().filter(|(name, _)| is_of(name));
            // The message does not say for which target, but contains paths of the target's directory.
            let is_for = |platform: HostPlatform| text.contains(&platform.triple().to_string());
            let is_named = wanted.iter().any(|(_, platform)| is_for(*platform));
            let builds = of_binary.filter(|(_, platform)| !is_named || is_for(*platform));
            affected.extend(builds.cloned());
        }
    }
}

impl CallOutcome {
    fn explain(
        &mut self,
        invocation: &Invocation<'_>,
        clues: &Clues,
        mut missing: Affected,
    ) -> Result<()> {
        if clues.is_lock_outdated {
            return Err(lockfile::outdated());
        }
        let is_code = clues.is_code || !clues.link_faults.is_empty();
        if self.built.is_empty() && !is_code {
            return Err(Error::new("cargo built none of the host binaries")
                .help("fix cargo's errors above"));
        }
        missing.retain(|(name, platform)| !self.built.contains_key(&(*platform, name.clone())));
        let call = invocation.call;
        let mut problems = Vec::new();
        for &os in &Os::ALL {
            let platform = call.platforms.iter().find(|platform| platform.os == os);
            let Some(&platform) = platform else { continue };
            let of_os = clues.link_faults.iter().filter_map(|(fault, affected)| {
                let affected = affected.iter().filter(|(_, it)| it.os == os);
                let affected: Affected =
                    affected.filter(|build| missing.contains(build)).cloned().collect();
                (!affected.is_empty()).then_some((fault, affected))
            });
            let of_os: Vec<(&LinkFault, Affected)> = of_os.collect();
            if of_os.is_empty() {
                continue;
            }
            let crates = Crates::find(invocation.project, platform, &self.scripts);
            problems.extend(link_problems(&of_os, &crates, invocation));
        }
        let is_open = |build: &(String, HostPlatform), problems: &[BuildProblem]| {
            problems.iter().all(|problem| !problem.affected.contains(build))
        };
        missing.retain(|build| is_open(build, &problems));
        let (miswritten, unexplained): (Affected, Affected) =
            missing.into_iter().partition(|(name, _)| clues.miswritten.contains(name));
        self.uncompiled = miswritten;
        problems.extend(self.script_problems(invocation, clues, &unexplained));
        let is_compiled = |build: &(String, HostPlatform)| {
            clues.has_miswritten_library || is_open(build, &problems)
        };
        self.uncompiled.extend(unexplained.into_iter().filter(is_compiled));
        self.problems = problems;
        Ok(())
    }

    /// A problem for each build script that failed, of the binaries that depend on its crate.
    fn script_problems(
        &self,
        invocation: &Invocation<'_>,
        clues: &Clues,
        missing: &Affected,
    ) -> Vec<BuildProblem> {
        let (project, call) = (invocation.project, invocation.call);
        let Some(&platform) = call.platforms.first() else { return Vec::new() };
        if clues.build_scripts.is_empty() {
            return Vec::new();
        }
        let crates = Crates::find(project, platform, &self.scripts);
        let trees = call.binaries.iter().map(|binary| {
            let package = [binary.package.as_str()].into();
            let tree = tree::crates(&project.root, &platform.triple(), &package);
            (binary.name.as_str(), tree.unwrap_or_default())
        });
        let trees: BTreeMap<&str, BTreeSet<ResolvedCrate>> = trees.collect();
        let problem = |(failed, error): (ResolvedCrate, Error)| {
            let depends =
                |(name, _): &&(String, HostPlatform)| trees[name.as_str()].contains(&failed);
            let mut affected: Affected = missing.iter().filter(depends).cloned().collect();
            if affected.is_empty() {
                // The crate runs on this machine only.
                affected.clone_from(missing);
            }
            BuildProblem { affected, error }
        };
        clues.build_scripts.errors(&crates).into_iter().map(problem).collect()
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
        let wanted = |names: &[&str]| -> Affected {
            let of = |name: &&str| platforms.map(|platform| ((*name).to_owned(), platform));
            names.iter().flat_map(of).collect()
        };
        let mut clues = Clues::default();
        let text = "error: linking with `rust-lld` failed\n\
                    \x20 = note: \"rust-lld\" \"/w/target/aarch64-apple-darwin/release/deps/tool.o\"\n\
                    \x20 = note: rust-lld: error: library not found for -lz2\n";
        let diagnostic = |binary: Option<&str>| Diagnostic {
            text: format!("\u{1b}[1m{text}\u{1b}[0m"),
            is_error: true,
            binary: binary.map(str::to_owned),
        };
        clues.add(&diagnostic(Some("tool")), &wanted(&["tool", "other"]));
        let library = LinkFault::Library("z2".to_owned());
        let affected = Affected::from([("tool".to_owned(), platforms[1])]);
        assert_eq!(clues.link_faults, [(library.clone(), affected)].into());
        // A library is part of every binary that is missing.
        clues.add(&diagnostic(None), &wanted(&["tool", "other"]));
        assert_eq!(clues.link_faults[&library].len(), 2);
    }
}
