//! Builds the pages of the dashboard tab.

use std::path::PathBuf;

use camino::{Utf8Path, Utf8PathBuf};
use xshell::Shell;

use crate::error::{Error, Result};
use crate::node;
use crate::progress::Step;
use crate::project::Project;
use crate::project::config::Ui;

mod lock;
mod npm;

pub use npm::Npm;

/// The script in `package.json` that builds the pages.
const SCRIPT: &str = "build";
/// Shown if the script never ends.
const ENDLESS: &str = "press Ctrl-C, and remove the dev server or the watch mode from the script `build` in \
                       `package.json`";

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
    /// npm or its lock file is missing, the lock file does not match `package.json`, or that does not support
    /// this version of Node.js.
    pub fn find(project: &Project, ui: &'a Ui) -> Result<Self> {
        let directory = project.root.join(&ui.directory);
        let npm = if directory.join("package.json").is_file() {
            let npm = which::which("npm").map_err(|_| no_npm(&ui.directory))?;
            node::check(&directory)?;
            Some(npm)
        } else {
            None
        };
        let source = Self { ui, directory, npm };
        if let Some(npm) = source.npm() {
            npm.check_lock(&Shell::new()?)?;
        }
        Ok(source)
    }

    /// How the pages are built, for the plan.
    pub fn manner(&self) -> &'static str {
        if self.npm.is_some() { "built with npm" } else { "plain files" }
    }

    /// None if the directory contains plain files.
    pub fn npm(&self) -> Option<Npm<'_>> {
        let program = self.npm.as_deref()?;
        Some(Npm { program, directory: &self.directory, shown: &self.ui.directory })
    }

    /// Builds the pages and returns their directory.
    ///
    /// # Errors
    /// npm fails, or the page of the tab is missing afterwards.
    pub fn build(&self, sh: &Shell, step: &Step<'_>) -> Result<Utf8PathBuf> {
        let pages = match self.npm() {
            Some(npm) => {
                npm.install(sh, step)?;
                npm.run_script(SCRIPT, ENDLESS, sh, step)?;
                self.directory.join(&self.ui.build_directory)
            }
            None => self.directory.clone(),
        };
        let page = pages.join(self.ui.entry.path());
        if page.is_file() { Ok(pages) } else { Err(no_page(&page)) }
    }
}

fn no_npm(directory: &Utf8Path) -> Error {
    Error::new(format!("npm, which builds `{directory}`, is not installed or not on PATH"))
        .help("install Node.js, or leave out the dashboard tab with `--no-ui`")
}

fn no_page(page: &Utf8Path) -> Error {
    Error::new(format!("the page of the dashboard tab, `{page}`, does not exist"))
        .help("fix `build-directory` or `entry` in `[workspace.metadata.docker-extension.ui]`")
        .usage()
}
