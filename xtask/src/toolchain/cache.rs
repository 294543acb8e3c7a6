//! The person's cache folder: what was downloaded once for all projects.

use std::fs::File;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use crate::files::{self, IoContext};
use crate::progress::Progress;

/// The folder's name in the operating system's cache folder.
const NAME: &str = "docker-extension-xtask";

/// The cache folder.
///
/// # Errors
/// It can't be made.
pub fn folder() -> files::Result<Utf8PathBuf> {
    let system = dirs::cache_dir().unwrap_or_else(std::env::temp_dir);
    let folder = Utf8PathBuf::from_path_buf(system)
        .map_err(|path| {
            files::Error::new(
                "use the cache folder",
                path.to_string_lossy().into_owned(),
                io::Error::other("its path is not UTF-8"),
            )
        })?
        .join(NAME);
    files::create_dir(&folder)?;
    Ok(folder)
}

/// Makes `folder` through `fill`, once: of two runs at the same time one waits for the other, and
/// what is not filled to its end is never seen.
///
/// # Errors
/// Those of `fill`, and of working with the folder.
pub fn once<E: From<files::Error>>(
    folder: &Utf8Path,
    progress: &Progress,
    fill: impl FnOnce(&Utf8Path) -> Result<(), E>,
) -> Result<(), E> {
    if folder.exists() {
        return Ok(());
    }
    let _lock = lock(&folder.with_extension("lock"), progress)?;
    if folder.exists() {
        return Ok(());
    }
    let partial = folder.with_extension("partial");
    files::remove_dir(&partial)?;
    files::create_dir(&partial)?;
    fill(&partial)?;
    files::rename(&partial, folder)?;
    Ok(())
}

/// Waits until no other run holds the lock file, and holds it until the value is dropped.
///
/// # Errors
/// The file can't be made or locked.
pub fn lock(path: &Utf8Path, progress: &Progress) -> files::Result<File> {
    if let Some(parent) = path.parent() {
        files::create_dir(parent)?;
    }
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .doing("open the lock", path)?;
    if let Err(std::fs::TryLockError::WouldBlock) = file.try_lock() {
        progress.note(format_args!("another run is at work: waiting for `{path}`"));
        file.lock().doing("wait for the lock", path)?;
    }
    Ok(file)
}
