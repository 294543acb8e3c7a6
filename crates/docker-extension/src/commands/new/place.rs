//! Where `new` creates a project, and how: it appears there complete, or not at all.

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use xshell::Shell;

use super::template_copy::TemplateCopy;
use crate::error::{Error, Result};
use crate::files::{self, IoContext};
use crate::prompt::Prompt;
use crate::staging::{self, Staged};

/// A directory that can become a project.
pub enum Place {
    /// There is nothing yet.
    Missing(Utf8PathBuf),
    Empty(Utf8PathBuf),
    /// A repository made from the one of this tool.
    Copy(TemplateCopy),
}

impl Place {
    /// `path` is none for `--here`.
    ///
    /// # Errors
    /// Something else is there.
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
                .help("choose another path; in a copy of the repository of docker-extension use `--here`")
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

    /// Whether `path` is in what will be replaced.
    pub fn contains(&self, path: &Utf8Path) -> bool {
        let same = |path: &Utf8Path| path.canonicalize_utf8().unwrap_or_else(|_| path.to_owned());
        matches!(self, Place::Copy(copy) if same(path).starts_with(same(copy.root())))
    }

    /// Shows what will be deleted, and asks whether it may be.
    ///
    /// # Errors
    /// It may not be.
    pub fn confirm(&self, prompt: Option<&Prompt>, is_confirmed: bool) -> Result<()> {
        match self {
            Place::Copy(copy) => copy.confirm(prompt, is_confirmed),
            Place::Missing(_) | Place::Empty(_) => Ok(()),
        }
    }

    /// Begins a project. Dropped before [`NewDirectory::commit`], nothing is left of it.
    ///
    /// # Errors
    /// Nothing can be written there.
    pub fn begin(self) -> Result<NewDirectory> {
        let (parents, staged) = match &self {
            Place::Missing(directory) => {
                let parents = NewParents::create(directory)?;
                (parents, Staged::begin(directory)?)
            }
            // In the directory itself: a user's shell may be in it, so it is not replaced.
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
    // Fields are dropped in this order: what is in the parents first.
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
    /// The operating system refuses; then the place is as it was.
    pub fn commit(self) -> Result<()> {
        let Self { staged, parents, place } = self;
        match place {
            Place::Missing(directory) => {
                if directory.symlink_metadata().is_ok() {
                    return Err(Error::new(format!("`{directory}` was created meanwhile"))
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

/// Directories above a new one. Those that did not exist are removed when dropped.
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
            std::fs::create_dir(path).doing("create the folder", path)?;
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
            // One that something else uses by now stays.
            let _ = std::fs::remove_dir(path);
        }
    }
}

/// The path without `.` and `..`, without looking at the file system: it may not exist yet.
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
