//! A copy of this tool's repository, such as GitHub's "Use this template" makes.

use std::fmt::Write;

use camino::{Utf8Path, Utf8PathBuf};
use xshell::{Shell, cmd};

use crate::error::{Error, Result};
use crate::files;
use crate::process;
use crate::prompt::Prompt;
use crate::scaffold::Record;
use crate::staging::{self, Staged};
use crate::text;

/// All files of this tool's repository. An author's files have other paths.
pub const REPOSITORY: [&str; 20] = [
    ".cargo",
    ".ci",
    ".github/workflows/ci.yml",
    ".github/workflows/release.yml",
    ".gitignore",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "clippy.toml",
    "crates",
    "deny.toml",
    "docs",
    "extension",
    "host-bins/hostports",
    "rustfmt.toml",
    "ui",
    "xtask",
    Record::PATH,
];

/// A copy of the repository. Everything that will be deleted is committed to git.
pub struct TemplateCopy {
    root: Utf8PathBuf,
    /// The paths that will be deleted, each with the number of its tracked files.
    entries: Vec<(&'static str, usize)>,
}

impl TemplateCopy {
    /// # Errors
    /// `here` is not the root of such a repository, or has uncommitted changes.
    pub fn find(here: &Utf8Path, sh: &Shell) -> Result<Self> {
        let is_copy = here.join("crates/docker-extension/template").is_dir()
            && here.join("crates/end-to-end").is_dir();
        if !is_copy {
            return Err(Error::new(format!(
                "`{here}` is not a copy of the docker-extension repository"
            ))
            .help("run `docker-extension new PATH` to create a project in an empty directory")
            .usage());
        }
        let tracked = process::read(cmd!(sh, "git -C {here} ls-files")).map_err(no_git)?;
        let changes =
            process::read(cmd!(sh, "git -C {here} status --porcelain")).map_err(no_git)?;
        if !changes.trim().is_empty() {
            let count = text::count(changes.lines().count(), "uncommitted change");
            return Err(Error::new(format!("`{here}` has {count}, which `--here` could delete"))
                .help("commit the changes, so that nothing is lost"));
        }
        let count = |entry: &str| {
            tracked.lines().filter(|file| Utf8Path::new(file).starts_with(entry)).count()
        };
        let entries = REPOSITORY.into_iter().map(|entry| (entry, count(entry)));
        Ok(Self {
            root: here.to_owned(),
            entries: entries.filter(|(_, count)| *count > 0).collect(),
        })
    }

    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// # Errors
    /// The user does not confirm, or can't be asked.
    pub fn confirm(&self, prompt: Option<&Prompt>, is_confirmed: bool) -> Result<()> {
        let mut listed =
            format!("These files will be deleted from `{}`; git keeps them:\n", self.root);
        for (entry, count) in &self.entries {
            let _ = writeln!(listed, "  {entry} ({})", text::count(*count, "file"));
        }
        anstream::eprint!("{listed}");
        let nothing_done = |error: Error| error.note("nothing was changed").usage();
        match prompt {
            _ if is_confirmed => Ok(()),
            None => Err(nothing_done(
                Error::new("`--here` deletes files and needs a terminal to ask for confirmation")
                    .help("add `--yes` to confirm"),
            )),
            Some(prompt) if prompt.confirm("Delete them?")? => Ok(()),
            Some(_) => {
                Err(nothing_done(Error::new("not confirmed").help("answer `y`, or add `--yes`")))
            }
        }
    }

    /// Replaces the repository's files with those of `project`.
    ///
    /// # Errors
    /// A file can't be moved; then the repository is unchanged.
    pub fn replace_by(&self, project: &Utf8Path) -> Result<()> {
        let old = Staged::begin(&self.root.join("old-files"))?;
        let mut moved = Vec::new();
        let result = self
            .entries
            .iter()
            .try_for_each(|(entry, _)| {
                let (from, to) = (self.root.join(entry), old.path().join(entry));
                to.parent().map_or(Ok(()), files::create_dir)?;
                files::rename(&from, &to)?;
                moved.push((from, to));
                Ok(())
            })
            .and_then(|()| staging::move_files(project, &self.root));
        if result.is_err() {
            for (from, to) in moved.iter().rev() {
                // If this fails, git still has the files.
                let _ = files::rename(to, from);
            }
        }
        result
    }
}

fn no_git(error: process::ProcessError) -> Error {
    Error::new("git can't list the files of the repository")
        .because(error)
        .help("install git and commit the files: `--here` deletes only files that git keeps")
        .usage()
}
