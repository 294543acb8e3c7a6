//! Builds the dashboard tab's pages.

use std::path::{Path, PathBuf};

use camino::{Utf8Path, Utf8PathBuf};
use xshell::{Shell, cmd};

use crate::files;
use crate::interrupt;
use crate::oci::Digest;
use crate::process;
use crate::progress::Step;
use crate::project::Project;
use crate::project::config::Ui;

/// Which versions of which packages npm installs.
const LOCK: &str = "package-lock.json";
/// Beside the packages that were installed, the hash of the lock file that they were installed from.
const STAMP: &str = "node_modules/.installed-from";

/// Why there are no pages.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no npm.
    #[error("npm, which builds `{0}`, is not installed, or not on PATH")]
    NoNpm(Utf8PathBuf),
    /// A package without a lock file is another one on every machine.
    #[error("`{0}/package-lock.json` is not there: the versions of its packages are not fixed")]
    NoLock(Utf8PathBuf),
    /// The packages can't be installed.
    #[error("can't install the packages of `{folder}`")]
    Install {
        /// The UI's folder.
        folder: Utf8PathBuf,
        /// What npm says.
        source: process::ProcessError,
    },
    /// The build failed.
    #[error("`npm run build` failed in `{folder}`")]
    Build {
        /// The UI's folder.
        folder: Utf8PathBuf,
        /// What npm says.
        source: process::ProcessError,
    },
    /// The build made no page to open.
    #[error("there is no `{page}` to open in the dashboard tab")]
    NoPage {
        /// Where it should be.
        page: Utf8PathBuf,
    },
    /// A file can't be read or written.
    #[error(transparent)]
    Files(#[from] files::Error),
    /// The person pressed Ctrl-C.
    #[error(transparent)]
    Interrupted(#[from] interrupt::Interrupted),
}

impl Error {
    /// What the person can do.
    pub fn help(&self) -> Option<String> {
        match self {
            Error::NoNpm(_) => {
                Some("install Node.js, or leave the pages out with `--no-ui`".to_owned())
            }
            Error::NoLock(folder) => {
                Some(format!("run `npm install` in `{folder}`, and commit it"))
            }
            Error::Install { folder, .. } => {
                Some(format!("connect to the network, and see what `npm ci` says in `{folder}`"))
            }
            Error::Build { folder, .. } => {
                Some(format!("mend what it says; `npm run build` in `{folder}` says it all"))
            }
            Error::NoPage { .. } => Some(
                "mend `build-folder` or `entry` in `[workspace.metadata.docker-extension.ui]`"
                    .to_owned(),
            ),
            Error::Files(error) => error.advice().map(str::to_owned),
            Error::Interrupted(_) => None,
        }
    }
}

/// npm, and the project that it is for.
#[derive(Clone, Copy, Debug)]
pub struct Npm<'a> {
    /// The program.
    pub program: &'a Path,
    /// The folder with `package.json`.
    pub folder: &'a Utf8Path,
}

/// What the pages are built from.
pub struct Pages<'a> {
    ui: &'a Ui,
    folder: Utf8PathBuf,
    /// npm, unless the folder holds plain files.
    npm: Option<PathBuf>,
}

impl<'a> Pages<'a> {
    /// Finds the sources and what they need, before any long work begins.
    ///
    /// # Errors
    /// npm is missing, or the versions of its packages are not fixed.
    pub fn find(project: &Project, ui: &'a Ui) -> Result<Self, Error> {
        let folder = project.root.join(&ui.folder);
        let npm = if folder.join("package.json").is_file() {
            let npm = which::which("npm").map_err(|_| Error::NoNpm(ui.folder.clone()))?;
            if !folder.join(LOCK).is_file() {
                return Err(Error::NoLock(ui.folder.clone()));
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
    pub fn build(&self, sh: &Shell, step: &Step<'_>) -> Result<Utf8PathBuf, Error> {
        let pages = match &self.npm {
            Some(npm) => {
                self.install_packages(sh, step)?;
                self.run_build(sh, npm, step)?;
                self.folder.join(&self.ui.build_folder)
            }
            None => self.folder.clone(),
        };
        let page = pages.join(&self.ui.entry);
        if page.is_file() { Ok(pages) } else { Err(Error::NoPage { page }) }
    }

    /// Installs the packages that the pages need, if they are others than those that are there.
    ///
    /// # Errors
    /// npm fails.
    pub fn install_packages(&self, sh: &Shell, step: &Step<'_>) -> Result<(), Error> {
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
        run_npm(cmd!(sh, "{npm} ci --no-audit --no-fund"), step, |source| Error::Install {
            folder: self.ui.folder.clone(),
            source,
        })?;
        if stamp.parent().is_some_and(Utf8Path::is_dir) {
            files::write(&stamp, source)?;
        }
        Ok(())
    }

    fn run_build(&self, sh: &Shell, npm: &Path, step: &Step<'_>) -> Result<(), Error> {
        step.at("npm run build");
        let _folder = sh.push_dir(&self.folder);
        run_npm(cmd!(sh, "{npm} run build"), step, |source| Error::Build {
            folder: self.ui.folder.clone(),
            source,
        })
    }
}

/// npm and the tools that it runs report errors on either stream; the error has the end of both.
fn run_npm(
    command: xshell::Cmd<'_>,
    step: &Step<'_>,
    failed: impl FnOnce(process::ProcessError) -> Error,
) -> Result<(), Error> {
    step.progress().detail(&command);
    let result = process::run(command, |output| match output {
        process::Output::Progress(text) => step.at(text),
        process::Output::Stdout(text) | process::Output::Stderr(text) => {
            step.progress().detail(text);
        }
    });
    result.map_err(|error| match error {
        process::ProcessError::Interrupted(interrupted) => interrupted.into(),
        error => failed(error),
    })
}
