//! Builds the pages of the dashboard tab.

use std::path::{Path, PathBuf};

use camino::{Utf8Path, Utf8PathBuf};
use xshell::{Shell, cmd};

use crate::error::{Error, Result};
use crate::files;
use crate::oci::Digest;
use crate::process::{self, Output, ProcessError};
use crate::progress::Step;
use crate::project::Project;
use crate::project::config::Ui;

/// The lock file of npm.
const LOCK: &str = "package-lock.json";
/// Contains the hash of the lock file from which the packages were installed.
const STAMP: &str = "node_modules/.installed-from";

#[derive(Clone, Copy, Debug)]
pub struct Npm<'a> {
    pub program: &'a Path,
    /// The directory with `package.json`.
    pub directory: &'a Utf8Path,
}

/// The sources of the pages.
pub struct UiSource<'a> {
    ui: &'a Ui,
    directory: Utf8PathBuf,
    /// None if the directory contains plain files.
    npm: Option<PathBuf>,
}

impl<'a> UiSource<'a> {
    /// Checks the requirements of the build before long work begins.
    ///
    /// # Errors
    /// npm or its lock file is missing.
    pub fn find(project: &Project, ui: &'a Ui) -> Result<Self> {
        let directory = project.root.join(&ui.directory);
        let npm = if directory.join("package.json").is_file() {
            let npm = which::which("npm").map_err(|_| no_npm(&ui.directory))?;
            if !directory.join(LOCK).is_file() {
                return Err(no_lock(&ui.directory));
            }
            Some(npm)
        } else {
            None
        };
        Ok(Self { ui, directory, npm })
    }

    /// How the pages are built, for the plan.
    pub fn manner(&self) -> &'static str {
        if self.npm.is_some() { "built with npm" } else { "plain files" }
    }

    /// None if the directory contains plain files.
    pub fn npm(&self) -> Option<Npm<'_>> {
        self.npm.as_deref().map(|program| Npm { program, directory: &self.directory })
    }

    /// Builds the pages and returns their directory.
    ///
    /// # Errors
    /// npm fails, or the page of the tab is missing afterwards.
    pub fn build(&self, sh: &Shell, step: &Step<'_>) -> Result<Utf8PathBuf> {
        let pages = match &self.npm {
            Some(npm) => {
                self.install_packages(sh, step)?;
                self.run_build(sh, npm, step)?;
                self.directory.join(&self.ui.build_directory)
            }
            None => self.directory.clone(),
        };
        let page = pages.join(&self.ui.entry);
        if page.is_file() { Ok(pages) } else { Err(no_page(&page)) }
    }

    /// Installs the packages of the lock file, unless they are already installed.
    ///
    /// # Errors
    /// npm fails.
    pub fn install_packages(&self, sh: &Shell, step: &Step<'_>) -> Result<()> {
        let Some(npm) = &self.npm else { return Ok(()) };
        let (lock, _) = Digest::of_file(&self.directory.join(LOCK))?;
        // Some packages contain programs for the platform on which they were installed.
        let source = format!("{} {} {}", lock.hex(), std::env::consts::OS, std::env::consts::ARCH);
        let stamp = self.directory.join(STAMP);
        if files::read_text(&stamp).is_ok_and(|installed| installed == source) {
            return Ok(());
        }
        step.at("npm ci");
        let _directory = sh.push_dir(&self.directory);
        let directory = &self.ui.directory;
        run_npm(cmd!(sh, "{npm} ci --no-audit --no-fund"), step, || {
            Error::new(format!("can't install the npm packages of `{directory}`"))
                .help(format!("check the network, and run `npm ci` in `{directory}`"))
        })?;
        if stamp.parent().is_some_and(Utf8Path::is_dir) {
            files::write(&stamp, source)?;
        }
        Ok(())
    }

    fn run_build(&self, sh: &Shell, npm: &Path, step: &Step<'_>) -> Result<()> {
        step.at("npm run build");
        let _directory = sh.push_dir(&self.directory);
        let directory = &self.ui.directory;
        run_npm(cmd!(sh, "{npm} run build"), step, || {
            Error::new(format!("`npm run build` failed in `{directory}`")).help(format!(
                "run `npm run build` in `{directory}`, and fix the errors that it reports"
            ))
        })
    }
}

/// The error contains the end of both streams, because tools report errors on either.
fn run_npm(
    command: xshell::Cmd<'_>,
    step: &Step<'_>,
    failed: impl FnOnce() -> Error,
) -> Result<()> {
    step.progress().detail(&command);
    let result = process::run(command, |output| match output {
        Output::Progress(text) => step.at(text),
        Output::Stdout(text) | Output::Stderr(text) => step.progress().detail(text),
    });
    result.map_err(|error| match error {
        ProcessError::Interrupted(interrupted) => interrupted.into(),
        error => failed().because(error),
    })
}

fn no_npm(directory: &Utf8Path) -> Error {
    Error::new(format!("npm, which builds `{directory}`, is not installed or not on PATH"))
        .help("install Node.js, or leave out the dashboard tab with `--no-ui`")
}

fn no_lock(directory: &Utf8Path) -> Error {
    Error::new(format!(
        "`{directory}/{LOCK}` is missing, so the versions of its packages are not fixed"
    ))
    .help(format!("run `npm install` in `{directory}`, and commit `{LOCK}`"))
}

fn no_page(page: &Utf8Path) -> Error {
    Error::new(format!("the page of the dashboard tab, `{page}`, does not exist"))
        .help("fix `build-directory` or `entry` in `[workspace.metadata.docker-extension.ui]`")
        .usage()
}
