//! Where `new` creates a project. The project is complete, or it leaves no files.

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use xshell::Shell;

use super::template_copy::TemplateCopy;
use crate::error::{Error, Result};
use crate::files::{self, IoContext};
use crate::prompt::Prompt;
use crate::staging::{self, Staged};

/// A directory that can become a project.
pub enum Place {
    /// It does not exist.
    Missing(Utf8PathBuf),
    Empty(Utf8PathBuf),
    /// A copy of this tool's repository.
    Copy(TemplateCopy),
}

impl Place {
    /// `path` is none for `--here`.
    ///
    /// # Errors
    /// The directory is not empty, or `--here` was used outside a copy of this tool's repository.
    pub fn choose(path: Option<&Utf8Path>, here: &Utf8Path, sh: &Shell) -> Result<Self> {
        let Some(path) = path else { return TemplateCopy::find(here, sh).map(Place::Copy) };
        let directory = normalized(&here.join(path));
        let existing = directory.ancestors().find(|path| path.symlink_metadata().is_ok());
        if let Some(file) = existing.filter(|path| !path.is_dir()) {
            return Err(Error::new(format!("`{file}` exists and is not a directory"))
                .help("choose another path")
                .usage());
        }
        if existing != Some(&directory) {
            return Ok(Place::Missing(directory));
        }
        if !files::entries(&directory)?.is_empty() {
            return Err(Error::new(format!("the directory `{directory}` is not empty"))
                .help("choose another path, or use `--here` in a copy of the docker-extension repository")
                .usage());
        }
        Ok(Place::Empty(directory))
    }

    pub fn directory(&self) -> &Utf8Path {
        match self {
            Place::Missing(directory) | Place::Empty(directory) => directory,
            Place::Copy(copy) => copy.root(),
        }
    }

    /// Whether `path` is among the files that will be replaced.
    pub fn contains(&self, path: &Utf8Path) -> bool {
        let same = |path: &Utf8Path| path.canonicalize_utf8().unwrap_or_else(|_| path.to_owned());
        matches!(self, Place::Copy(copy) if same(path).starts_with(same(copy.root())))
    }

    /// Lists the files that will be deleted, and asks for confirmation.
    ///
    /// # Errors
    /// The user does not confirm, or can't be asked.
    pub fn confirm(&self, prompt: Option<&Prompt>, is_confirmed: bool) -> Result<()> {
        match self {
            Place::Copy(copy) => copy.confirm(prompt, is_confirmed),
            Place::Missing(_) | Place::Empty(_) => Ok(()),
        }
    }

    /// Begins a project. If it is dropped before [`NewDirectory::commit`], it leaves no files.
    ///
    /// # Errors
    /// The directory can't be written.
    pub fn begin(self) -> Result<NewDirectory> {
        let (parents, staged) = match &self {
            Place::Missing(directory) => {
                let parents = NewParents::create(directory)?;
                (parents, Staged::begin(directory)?)
            }
            // The directory itself is not replaced, because it may be a shell's current directory.
            Place::Empty(_) | Place::Copy(_) => {
                let inside = self.directory().join("new-project");
                (NewParents::default(), Staged::begin(&inside)?)
            }
        };
        Ok(NewDirectory { place: self, staged, parents })
    }
}

/// A project that is being written.
pub struct NewDirectory {
    // Fields are dropped in this order: the project before its parent directories.
    staged: Staged,
    parents: NewParents,
    place: Place,
}

impl NewDirectory {
    /// The directory while it is being written.
    pub fn path(&self) -> &Utf8Path {
        self.staged.path()
    }

    /// Puts the project into its place.
    ///
    /// # Errors
    /// A file can't be moved; then the place is unchanged.
    pub fn commit(self) -> Result<()> {
        let Self { staged, parents, place } = self;
        match place {
            Place::Missing(directory) => {
                if directory.symlink_metadata().is_ok() {
                    return Err(Error::new(format!(
                        "`{directory}` was created by another program"
                    ))
                    .help("choose another path"));
                }
                staged.commit()?;
            }
            Place::Empty(directory) => staging::move_files(staged.path(), &directory)?,
            Place::Copy(copy) => copy.replace_by(staged.path())?,
        }
        parents.keep();
        Ok(())
    }
}

/// The parent directories of a new directory. Those that did not exist before are removed when dropped.
#[derive(Default)]
struct NewParents {
    created: Vec<Utf8PathBuf>,
}

impl NewParents {
    fn create(directory: &Utf8Path) -> Result<Self> {
        let mut parents = Self::default();
        let above = directory.ancestors().skip(1).filter(|path| !path.as_str().is_empty());
        let missing: Vec<&Utf8Path> = above.take_while(|path| !path.exists()).collect();
        for path in missing.into_iter().rev() {
            std::fs::create_dir(path).doing("create the directory", path)?;
            parents.created.push(path.to_owned());
        }
        Ok(parents)
    }

    fn keep(mut self) {
        self.created.clear();
    }
}

impl Drop for NewParents {
    fn drop(&mut self) {
        for path in self.created.iter().rev() {
            // It stays if another program has put files into it.
            let _ = std::fs::remove_dir(path);
        }
    }
}

/// The path without `.` and `..`. It does not access the file system, because the path may not exist.
fn normalized(path: &Utf8Path) -> Utf8PathBuf {
    let mut normalized = Utf8PathBuf::new();
    for part in path.components() {
        match part {
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir => {
                normalized.pop();
            }
            part => normalized.push(part),
        }
    }
    normalized
}
