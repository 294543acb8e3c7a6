//! Builds the dashboard tab's pages.

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

/// Which versions of which packages npm installs.
const LOCK: &str = "package-lock.json";
/// Beside the packages that were installed, the hash of the lock file that they were installed from.
const STAMP: &str = "node_modules/.installed-from";

#[derive(Clone, Copy, Debug)]
pub struct Npm<'a> {
    pub program: &'a Path,
    /// With `package.json`.
    pub folder: &'a Utf8Path,
}

/// What the pages of the dashboard tab are built from.
pub struct UiSource<'a> {
    ui: &'a Ui,
    folder: Utf8PathBuf,
    /// npm, unless the folder holds plain files.
    npm: Option<PathBuf>,
}

impl<'a> UiSource<'a> {
    /// Finds the sources and what they need, before any long work begins.
    ///
    /// # Errors
    /// npm is missing, or the versions of its packages are not fixed.
    pub fn find(project: &Project, ui: &'a Ui) -> Result<Self> {
        let folder = project.root.join(&ui.folder);
        let npm = if folder.join("package.json").is_file() {
            let npm = which::which("npm").map_err(|_| no_npm(&ui.folder))?;
            if !folder.join(LOCK).is_file() {
                return Err(no_lock(&ui.folder));
            }
            Some(npm)
        } else {
            None
        };
        Ok(Self { ui, folder, npm })
    }

    /// How they are built, for people.
    pub fn manner(&self) -> &'static str {
        if self.npm.is_some() { "built with npm" } else { "plain files" }
    }

    /// npm and the folder that it works in, unless the folder holds plain files.
    pub fn npm(&self) -> Option<Npm<'_>> {
        self.npm.as_deref().map(|program| Npm { program, folder: &self.folder })
    }

    /// Builds the pages and returns the folder that holds them.
    ///
    /// # Errors
    /// npm fails, or no page comes of it.
    pub fn build(&self, sh: &Shell, step: &Step<'_>) -> Result<Utf8PathBuf> {
        let pages = match &self.npm {
            Some(npm) => {
                self.install_packages(sh, step)?;
                self.run_build(sh, npm, step)?;
                self.folder.join(&self.ui.build_folder)
            }
            None => self.folder.clone(),
        };
        let page = pages.join(&self.ui.entry);
        if page.is_file() { Ok(pages) } else { Err(no_page(&page)) }
    }

    /// Installs the packages that the pages need, if they are others than those that are there.
    ///
    /// # Errors
    /// npm fails.
    pub fn install_packages(&self, sh: &Shell, step: &Step<'_>) -> Result<()> {
        let Some(npm) = &self.npm else { return Ok(()) };
        let (lock, _) = Digest::of_file(&self.folder.join(LOCK))?;
        // Some packages hold programs for the machine that installs them.
        let source = format!("{} {} {}", lock.hex(), std::env::consts::OS, std::env::consts::ARCH);
        let stamp = self.folder.join(STAMP);
        if files::read_text(&stamp).is_ok_and(|installed| installed == source) {
            return Ok(());
        }
        step.at("npm ci");
        let _folder = sh.push_dir(&self.folder);
        let folder = &self.ui.folder;
        run_npm(cmd!(sh, "{npm} ci --no-audit --no-fund"), step, || {
            Error::new(format!("can't install the packages of `{folder}`"))
                .help(format!("check the network, and what `npm ci` says in `{folder}`"))
        })?;
        if stamp.parent().is_some_and(Utf8Path::is_dir) {
            files::write(&stamp, source)?;
        }
        Ok(())
    }

    fn run_build(&self, sh: &Shell, npm: &Path, step: &Step<'_>) -> Result<()> {
        step.at("npm run build");
        let _folder = sh.push_dir(&self.folder);
        let folder = &self.ui.folder;
        run_npm(cmd!(sh, "{npm} run build"), step, || {
            Error::new(format!("`npm run build` failed in `{folder}`"))
                .help(format!("fix what it reports; `npm run build` in `{folder}` shows all of it"))
        })
    }
}

/// npm and the tools that it runs report errors on either stream; the error has the end of both.
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

fn no_npm(folder: &Utf8Path) -> Error {
    Error::new(format!("npm, which builds `{folder}`, is not installed, or not on PATH"))
        .help("install Node.js, or leave the pages out with `--no-ui`")
}

/// A package without a lock file is another one on every machine.
fn no_lock(folder: &Utf8Path) -> Error {
    Error::new(format!("`{folder}/{LOCK}` is missing: the versions of its packages are not fixed"))
        .help(format!("run `npm install` in `{folder}`, and commit it"))
}

fn no_page(page: &Utf8Path) -> Error {
    Error::new(format!("there is no `{page}` to open in the dashboard tab"))
        .help("fix `build-directory` or `entry` in `[workspace.metadata.docker-extension.ui]`")
        .usage()
}
