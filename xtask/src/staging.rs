//! Folders that are replaced as a whole: written beside their place, and put there when complete.

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;

use crate::files::{self, IoContext};

/// A folder that is being written. Dropped before [`Staged::commit`], it is gone.
#[derive(Debug)]
pub struct Staged {
    folder: TempDir,
    path: Utf8PathBuf,
    place: Utf8PathBuf,
}

impl Staged {
    /// Begins the folder that will stand at `place`.
    ///
    /// # Errors
    /// Nothing can be written beside `place`.
    pub fn begin(place: &Utf8Path) -> files::Result<Self> {
        let parent = match place.parent() {
            Some(parent) if !parent.as_str().is_empty() => parent,
            _ => Utf8Path::new("."),
        };
        files::create_dir(parent)?;
        let prefix = prefix(place);
        remove_leftovers(parent, &prefix)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755));
        let folder = builder.tempdir_in(parent).doing("create a folder in", parent)?;
        let path = Utf8PathBuf::from_path_buf(folder.path().to_owned())
            .map_err(|_| std::io::Error::other("its path is not UTF-8"))
            .doing("create a folder in", parent)?;
        Ok(Self { folder, path, place: place.to_owned() })
    }

    /// The folder while it is being written.
    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// Puts the folder into its place; what stood there is removed.
    ///
    /// # Errors
    /// The place can't be taken; then what stood there still stands.
    pub fn commit(self) -> files::Result<()> {
        if !self.place.exists() {
            files::rename(&self.path, &self.place)?;
            // It is no longer where it would be removed.
            let _ = self.folder.keep();
            return Ok(());
        }
        exchange(&self.path, &self.place)?;
        // What stood there is in the temporary folder now.
        files::remove_dir(&self.path)
    }
}

/// `.dist.partial-` for `dist`.
fn prefix(place: &Utf8Path) -> String {
    format!(".{}.partial-", place.file_name().unwrap_or("folder"))
}

/// What runs left behind that were killed. No other run is at work here: see the lock in
/// [`crate::commands`].
fn remove_leftovers(parent: &Utf8Path, prefix: &str) -> files::Result<()> {
    for entry in files::entries(parent)? {
        if entry.file_name().starts_with(prefix) {
            files::remove_dir(entry.path())?;
        }
    }
    Ok(())
}

/// Swaps two folders: in one step where the operating system can, else in two.
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
    let aside = Utf8PathBuf::from(format!("{new}-old"));
    files::rename(place, &aside)?;
    if let Err(error) = files::rename(new, place) {
        // Back to how it was; if even that fails, the first error tells more.
        let _ = files::rename(&aside, place);
        return Err(error);
    }
    files::rename(&aside, new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(dir: &TempDir) -> Utf8PathBuf {
        Utf8Path::from_path(dir.path()).unwrap().join("dist")
    }

    fn names(folder: &Utf8Path) -> Vec<String> {
        let entries = files::entries(folder).unwrap();
        entries.iter().map(|entry| entry.file_name().to_owned()).collect()
    }

    #[test]
    fn a_committed_folder_takes_the_place_of_the_old_one_as_a_whole() {
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
    fn a_folder_that_is_not_committed_leaves_no_trace() {
        let dir = tempfile::tempdir().unwrap();
        let place = place(&dir);
        drop(Staged::begin(&place).unwrap());
        assert_eq!(names(place.parent().unwrap()), Vec::<String>::new());
    }

    #[test]
    fn what_a_killed_run_left_behind_is_removed_by_the_next_one() {
        let dir = tempfile::tempdir().unwrap();
        let place = place(&dir);
        files::create_dir(&place.with_file_name(".dist.partial-abc")).unwrap();
        Staged::begin(&place).unwrap().commit().unwrap();
        assert_eq!(names(place.parent().unwrap()), ["dist"]);
    }
}
