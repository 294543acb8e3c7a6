//! The person's cache folder: what was downloaded once for all projects.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use crate::files;
use crate::lock::lock;
use crate::progress::Progress;

/// The folder's name in the operating system's cache folder.
const NAME: &str = "docker-extension-xtask";

/// The cache folder, which may not be there yet.
///
/// # Errors
/// Its path is not UTF-8.
pub fn folder() -> files::Result<Utf8PathBuf> {
    let system = dirs::cache_dir().unwrap_or_else(std::env::temp_dir);
    let system = Utf8PathBuf::from_path_buf(system).map_err(|path| {
        let reason = io::Error::other("its path is not UTF-8");
        files::Error::new("use the cache folder", path.to_string_lossy().into_owned(), reason)
    })?;
    Ok(system.join(NAME))
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
    let _lock = lock(&Utf8PathBuf::from(format!("{folder}.lock")), progress)?;
    if folder.exists() {
        return Ok(());
    }
    let partial = Utf8PathBuf::from(format!("{folder}.partial"));
    files::remove_dir(&partial)?;
    files::create_dir(&partial)?;
    fill(&partial)?;
    files::rename(&partial, folder)?;
    Ok(())
}
