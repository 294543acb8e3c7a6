//! Builds the host binaries for this machine, and again when their sources change.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use camino::{Utf8Path, Utf8PathBuf};

use super::programs::Programs;
use super::session::Session;
use super::tabs::TabMessage;
use super::watch::{self, Watcher};
use crate::cargo::build::{
    BinaryArtifact, BinaryName, BuildMessage, CargoBuild, CargoSetup, Diagnostic,
};
use crate::error::Error;
use crate::files;
use crate::interrupt;
use crate::platform::{Arch, HostPlatform, Os};
use crate::process::{Output, ProcessError};
use crate::progress::{Progress, Step};
use crate::project::{HOST_BINS, HostBinary, Project};

/// Why a build made no programs.
enum RebuildFailure {
    /// The compiler's messages. The terminal has shown them already.
    Code(String),
    Other(Error),
}

impl<E: Into<Error>> From<E> for RebuildFailure {
    fn from(error: E) -> Self {
        RebuildFailure::Other(error.into())
    }
}

/// Builds the host binaries, and watches their sources until the session is over.
pub struct ProgramBuilder<'a> {
    session: &'a Session,
    progress: &'a Progress,
    watcher: Watcher,
    directory: Utf8PathBuf,
    /// The last build failed, so its programs were not copied. The next build must copy them, although
    /// Cargo reports them as fresh.
    has_failed: bool,
}

impl<'a> ProgramBuilder<'a> {
    pub fn new(project: &Project, session: &'a Session, progress: &'a Progress) -> Self {
        let root = &project.root;
        let sources =
            [HOST_BINS, "Cargo.toml", "Cargo.lock", ".cargo"].map(|it| root.join(it).into());
        Self {
            session,
            progress,
            watcher: Watcher::new(sources.into()),
            directory: project.target_dir.join("preview"),
            has_failed: false,
        }
    }

    /// Builds for the first time. A failed build does not end the preview: the author may be editing.
    pub fn build(&mut self, project: &Project) {
        let step = self.progress.step("Build the host binaries");
        match self.try_build(project, &step) {
            Ok(built) => step.done(built.names().join(", ")),
            Err(failure) => self.fail(step, &failure),
        }
    }

    /// Builds again whenever a source changes.
    pub fn watch(&mut self, root: &Utf8Path) {
        while !self.session.is_over() {
            thread::sleep(watch::PAUSE);
            if self.watcher.has_changed() {
                self.rebuild(root);
            }
        }
    }

    fn rebuild(&mut self, root: &Utf8Path) {
        let tabs = &self.session.tabs;
        tabs.send(&TabMessage::Building);
        let step = self.progress.step("Build the host binaries again");
        // Programs may have been added or removed.
        let project = Project::load(root).map_err(RebuildFailure::from);
        match project.and_then(|project| self.try_build(&project, &step)) {
            Ok(built) => {
                tabs.send(&TabMessage::Built);
                if built.is_new {
                    let why = format!("Rebuilt: {}", built.names().join(", "));
                    tabs.send(&TabMessage::Reload { why: &why });
                }
                step.done(if built.is_new {
                    built.names().join(", ")
                } else {
                    "no changes".into()
                });
            }
            Err(failure) => self.fail(step, &failure),
        }
    }

    fn fail(&mut self, step: Step<'_>, failure: &RebuildFailure) {
        drop(step);
        self.has_failed = true;
        if interrupt::is_interrupted() {
            return;
        }
        let messages = match failure {
            RebuildFailure::Code(messages) => messages.clone(),
            RebuildFailure::Other(error) => {
                let message = error.message();
                self.progress.note(&message);
                anstream::adapter::strip_str(&message).to_string()
            }
        };
        self.session.tabs.send(&TabMessage::NotBuilt { messages: &messages });
    }

    fn try_build(
        &mut self,
        project: &Project,
        step: &Step<'_>,
    ) -> Result<BuiltPrograms, RebuildFailure> {
        let mut built = build(project, step)?;
        built.is_new |= self.has_failed
            || self.session.programs().is_none_or(|old| !old.match_build(&built.executables));
        self.watcher.add(built.executables.iter().flat_map(|path| sources_of(path)));
        if built.is_new {
            let programs = Programs::copy(&built.executables, &self.directory)?;
            self.session.set_programs(Arc::new(programs));
            self.has_failed = false;
        }
        Ok(built)
    }
}

struct BuiltPrograms {
    executables: Vec<Utf8PathBuf>,
    /// At least one program is new, or was not copied before.
    is_new: bool,
}

impl BuiltPrograms {
    fn names(&self) -> Vec<&str> {
        self.executables.iter().filter_map(|path| path.file_name()).collect()
    }
}

fn build(project: &Project, step: &Step<'_>) -> Result<BuiltPrograms, RebuildFailure> {
    let mut built = BuiltPrograms { executables: Vec::new(), is_new: false };
    let binaries: Vec<&HostBinary> =
        project.host_binaries.iter().filter(|it| runs_here(it)).collect();
    if binaries.is_empty() {
        return Ok(built);
    }
    let mut errors = String::new();
    let result = cargo(project, &binaries).run(step, |message| match message {
        BuildMessage::Binary(BinaryArtifact { path, is_fresh, .. }) => {
            built.executables.push(path);
            built.is_new |= !is_fresh;
        }
        BuildMessage::BuildScript(_) => {}
        BuildMessage::Diagnostic(Diagnostic { text, is_error, .. }) => {
            step.relay(Output::Stderr(text.trim_end()));
            if is_error {
                errors.push_str(&text);
            }
        }
        BuildMessage::Output(output) => step.relay(output),
    });
    match result {
        Ok(()) => Ok(built),
        Err(ProcessError::Failed { .. }) if !errors.is_empty() => {
            Err(RebuildFailure::Code(anstream::adapter::strip_str(&errors).to_string()))
        }
        Err(error) => Err(Error::new("can't build the host binaries").because(error).into()),
    }
}

/// Whether the binary is for this machine. On a system without Docker Desktop, all of them are.
fn runs_here(binary: &HostBinary) -> bool {
    let os = match std::env::consts::OS {
        "macos" => Os::Darwin,
        "windows" => Os::Windows,
        "linux" => Os::Linux,
        _ => return true,
    };
    let arch = match std::env::consts::ARCH {
        "x86_64" => Arch::Amd64,
        "aarch64" => Arch::Arm64,
        _ => return true,
    };
    binary.runs_on(HostPlatform::new(os, arch))
}

/// The dev profile compiles fast, detects overflows, and shares dependencies with xtask.
fn cargo<'a>(project: &'a Project, binaries: &[&'a HostBinary]) -> CargoBuild<'a> {
    CargoBuild {
        setup: CargoSetup::default(),
        root: &project.root,
        binaries: binaries.iter().copied().map(BinaryName::from).collect(),
        targets: Vec::new(),
        options: &[],
        standard_library: None,
    }
}

/// The sources in the dep-info file that Cargo writes beside a program. They include path dependencies.
fn sources_of(executable: &Utf8Path) -> Vec<PathBuf> {
    let path = executable.as_str();
    let path = path.strip_suffix(std::env::consts::EXE_SUFFIX).unwrap_or(path);
    let notes = files::read_text(Utf8Path::new(&format!("{path}.d"))).unwrap_or_default();
    notes.lines().filter_map(|line| line.split_once(": ")).flat_map(|(_, it)| paths(it)).collect()
}

/// Splits a list of paths in makefile syntax: spaces separate them, `\ ` is a space in a path.
fn paths(text: &str) -> Vec<PathBuf> {
    let parts = text.replace("\\ ", "\0");
    parts.split(' ').filter(|it| !it.is_empty()).map(|it| it.replace('\0', " ").into()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_escaped_spaces_is_not_split() {
        let expected = ["/a b/main.rs", "/c/lib.rs"].map(PathBuf::from);
        assert_eq!(paths("/a\\ b/main.rs /c/lib.rs"), expected);
        assert_eq!(paths(""), Vec::<PathBuf>::new());
    }
}
