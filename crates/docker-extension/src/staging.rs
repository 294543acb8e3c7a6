//! Replaces a directory as a whole: the new one is written beside it, and moved to its place when complete.

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;

use crate::files::{self, IoContext};

/// A directory that is being written. It is deleted if it is dropped before [`Staged::commit`].
#[derive(Debug)]
pub struct Staged {
    directory: TempDir,
    path: Utf8PathBuf,
    place: Utf8PathBuf,
}

impl Staged {
    /// Begins a directory for `place`. Leftovers of killed runs are removed. If a run was killed between
    /// moving the old directory away and moving the new one to its place, the old one is restored.
    ///
    /// # Errors
    /// The parent directory of `place` can't be written.
    pub fn begin(place: &Utf8Path) -> files::Result<Self> {
        // The target of a symbolic link is replaced, not the link.
        let place = place.canonicalize_utf8().unwrap_or_else(|_| place.to_owned());
        let parent = match place.parent() {
            Some(parent) if !parent.as_str().is_empty() => parent,
            _ => Utf8Path::new("."),
        };
        files::create_dir(parent)?;
        let aside = aside(&place);
        if aside.exists() && !place.exists() {
            files::rename(&aside, &place)?;
        }
        let prefix = format!(".{}.partial-", name(&place));
        remove_leftovers(parent, &prefix, &aside);
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755));
        let directory = builder.tempdir_in(parent).doing("create a directory in", parent)?;
        let path = Utf8PathBuf::from_path_buf(directory.path().to_owned())
            .map_err(|_| std::io::Error::other("its path is not UTF-8"))
            .doing("create a directory in", parent)?;
        Ok(Self { directory, path, place })
    }

    /// The path of the directory before the commit.
    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// Moves the directory to its place and deletes the old one.
    ///
    /// # Errors
    /// The directory can't be moved; then the old one is unchanged.
    pub fn commit(self) -> files::Result<()> {
        if self.place.exists() {
            exchange(&self.path, &self.place)?;
        } else {
            files::rename(&self.path, &self.place)?;
        }
        // The temporary path now has the old directory, if there was one. An error while it is deleted is
        // ignored, because the next run tries again.
        drop(self.directory);
        Ok(())
    }
}

/// Moves every file in `from` to the same path in `to`, on the same file system. It does not replace files.
///
/// # Errors
/// A file exists in `to` or can't be moved; then no file has been moved.
pub fn move_files(from: &Utf8Path, to: &Utf8Path) -> files::Result<()> {
    let mut moved = Moved::default();
    moved.all(from, to)?;
    moved.keep();
    Ok(())
}

/// Moved files and created directories. Dropping it undoes both.
#[derive(Default)]
struct Moved {
    files: Vec<(Utf8PathBuf, Utf8PathBuf)>,
    directories: Vec<Utf8PathBuf>,
}

impl Moved {
    fn all(&mut self, from: &Utf8Path, to: &Utf8Path) -> files::Result<()> {
        if !to.is_dir() {
            std::fs::create_dir(to).doing("create the directory", to)?;
            self.directories.push(to.to_owned());
        }
        for entry in files::entries(from)? {
            let (source, target) = (entry.path(), to.join(entry.file_name()));
            if entry.file_type().doing("read the type of", source)?.is_dir() {
                self.all(source, &target)?;
                continue;
            }
            if target.symlink_metadata().is_ok() {
                let reason = std::io::ErrorKind::AlreadyExists.into();
                return Err(files::error("create", &target, reason)
                    .help("move the existing file elsewhere, and run the command again"));
            }
            files::rename(source, &target)?;
            self.files.push((source.to_owned(), target));
        }
        Ok(())
    }

    fn keep(mut self) {
        self.files.clear();
        self.directories.clear();
    }
}

impl Drop for Moved {
    fn drop(&mut self) {
        // The caller already returns an error, so failures here are ignored.
        for (source, target) in self.files.iter().rev() {
            let _ = files::rename(target, source);
        }
        for directory in self.directories.iter().rev() {
            let _ = std::fs::remove_dir(directory);
        }
    }
}

fn name(place: &Utf8Path) -> &str {
    place.file_name().unwrap_or("directory")
}

/// The temporary path of the old directory, if the operating system can't swap two directories.
fn aside(place: &Utf8Path) -> Utf8PathBuf {
    place.with_file_name(format!(".{}.replaced", name(place)))
}

/// Errors are ignored, because leftovers do no harm.
fn remove_leftovers(parent: &Utf8Path, prefix: &str, aside: &Utf8Path) {
    let _ = files::remove_dir(aside);
    for entry in files::entries(parent).unwrap_or_default() {
        if entry.file_name().starts_with(prefix) {
            let _ = files::remove_dir(entry.path());
        }
    }
}

/// Swaps two directories; atomically if the operating system supports it.
fn exchange(new: &Utf8Path, place: &Utf8Path) -> files::Result<()> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        let swapped =
            renameat_with(CWD, new.as_std_path(), CWD, place.as_std_path(), RenameFlags::EXCHANGE);
        if swapped.is_ok() {
            return Ok(());
        }
    }
    let aside = aside(place);
    files::rename(place, &aside)?;
    if let Err(error) = files::rename(new, place) {
        // If this fails too, the first error is more useful.
        let _ = files::rename(&aside, place);
        return Err(error);
    }
    // Moved to the temporary path, which is deleted.
    let _ = files::rename(&aside, new);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(dir: &TempDir) -> Utf8PathBuf {
        Utf8Path::from_path(dir.path()).unwrap().join("dist")
    }

    fn names(directory: &Utf8Path) -> Vec<String> {
        let entries = files::entries(directory).unwrap();
        entries.iter().map(|entry| entry.file_name().to_owned()).collect()
    }

    #[test]
    fn a_committed_directory_replaces_the_old_one_as_a_whole() {
        let dir = tempfile::tempdir().unwrap();
        let place = place(&dir);
        for name in ["first", "second"] {
            let staged = Staged::begin(&place).unwrap();
            files::write(&staged.path().join(name), name).unwrap();
            staged.commit().unwrap();
            assert_eq!(names(&place), [name]);
            assert_eq!(names(place.parent().unwrap()), ["dist"]);
        }
    }

    #[test]
    fn a_directory_that_is_not_committed_is_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let place = place(&dir);
        drop(Staged::begin(&place).unwrap());
        assert_eq!(names(place.parent().unwrap()), Vec::<String>::new());
    }

    #[test]
    fn either_all_files_are_moved_or_none() {
        let dir = tempfile::tempdir().unwrap();
        let root = place(&dir);
        let [from, to] = ["from", "to"].map(|name| root.join(name));
        for path in ["a", "b/c", "b/d/e"] {
            let path = from.join(path);
            files::create_dir(path.parent().unwrap()).unwrap();
            files::write(&path, "new").unwrap();
        }
        files::create_dir(&to.join("b/d")).unwrap();
        files::write(&to.join("b/d/e"), "old").unwrap();
        assert!(move_files(&from, &to).is_err());
        assert_eq!(
            (names(&from), names(&to)),
            (vec!["a".into(), "b".into()], vec!["b".to_owned()])
        );
        assert_eq!(files::read_text(&to.join("b/d/e")).unwrap(), "old");

        std::fs::remove_file(to.join("b/d/e")).unwrap();
        move_files(&from, &to).unwrap();
        assert_eq!(files::read_text(&to.join("b/d/e")).unwrap(), "new");
        assert!(to.join("a").is_file() && to.join("b/c").is_file());
    }

    #[test]
    fn a_directory_that_a_killed_run_moved_away_is_restored() {
        let dir = tempfile::tempdir().unwrap();
        let place = place(&dir);
        files::create_dir(&aside(&place)).unwrap();
        files::write(&aside(&place).join("old"), "old").unwrap();
        drop(Staged::begin(&place).unwrap());
        assert_eq!(names(&place), ["old"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_symbolic_link_to_the_place_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let link = place(&dir);
        let elsewhere = link.with_file_name("elsewhere");
        files::create_dir(&elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &link).unwrap();
        let staged = Staged::begin(&link).unwrap();
        files::write(&staged.path().join("new"), "new").unwrap();
        staged.commit().unwrap();
        assert!(link.is_symlink());
        assert_eq!(names(&elsewhere), ["new"]);
    }

    #[test]
    fn leftovers_of_a_killed_run_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let place = place(&dir);
        files::create_dir(&place.with_file_name(".dist.partial-abc")).unwrap();
        Staged::begin(&place).unwrap().commit().unwrap();
        assert_eq!(names(place.parent().unwrap()), ["dist"]);
    }
}
