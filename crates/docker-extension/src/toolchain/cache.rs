//! The user's cache directory: downloads that all projects share.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use crate::files;
use crate::lock::lock;
use crate::progress::Progress;

/// The directory's name in the operating system's cache directory.
const NAME: &str = "docker-extension-xtask";

/// The cache directory, which may not exist yet.
///
/// # Errors
/// Its path is not UTF-8.
pub fn directory() -> files::Result<Utf8PathBuf> {
    let system = dirs::cache_dir().unwrap_or_else(std::env::temp_dir);
    let system = Utf8PathBuf::from_path_buf(system).map_err(|path| {
        let reason = io::Error::other("its path is not UTF-8");
        files::error("use the cache directory", path.to_string_lossy().into_owned(), reason)
    })?;
    Ok(system.join(NAME))
}

/// Fills `directory` once by calling `fill`. Of two concurrent runs, one waits for the other; a
/// partly filled directory is never visible.
///
/// # Errors
/// `fill` fails, or the directory can't be written.
pub fn once<E: From<files::Error>>(
    directory: &Utf8Path,
    progress: &Progress,
    fill: impl FnOnce(&Utf8Path) -> Result<(), E>,
) -> Result<(), E> {
    if directory.exists() {
        return Ok(());
    }
    let _lock = lock(&Utf8PathBuf::from(format!("{directory}.lock")), progress)?;
    if directory.exists() {
        return Ok(());
    }
    let partial = Utf8PathBuf::from(format!("{directory}.partial"));
    files::remove_dir(&partial)?;
    files::create_dir(&partial)?;
    fill(&partial)?;
    files::rename(&partial, directory)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Verbosity;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn of_concurrent_runs_one_fills_the_directory_and_none_sees_it_half_full() {
        let dir = tempfile::tempdir().unwrap();
        let directory = Utf8Path::from_path(dir.path()).unwrap().join("zig-1.2.3");
        let fills = AtomicUsize::new(0);
        let run = || {
            let progress = Progress::new(Verbosity::Quiet);
            once(&directory, &progress, |directory| {
                fills.fetch_add(1, Ordering::SeqCst);
                files::write(&directory.join("first"), "1")?;
                std::thread::sleep(std::time::Duration::from_millis(50));
                files::write(&directory.join("last"), "2")
            })
            .unwrap();
            assert!(directory.join("last").is_file());
        };
        std::thread::scope(|scope| {
            (0..4).for_each(|_| drop(scope.spawn(run)));
        });
        assert_eq!(fills.into_inner(), 1);
    }

    #[test]
    fn a_directory_that_could_not_be_filled_is_filled_the_next_time() {
        let dir = tempfile::tempdir().unwrap();
        let directory = Utf8Path::from_path(dir.path()).unwrap().join("zig");
        let progress = Progress::new(Verbosity::Quiet);
        let failed =
            once(&directory, &progress, |directory| files::read(&directory.join("none")).map(drop));
        assert!(failed.is_err() && !directory.exists());
        once(&directory, &progress, |directory| files::write(&directory.join("it"), "")).unwrap();
        assert!(directory.join("it").is_file());
    }
}
