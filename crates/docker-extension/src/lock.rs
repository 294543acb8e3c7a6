//! Locks between runs, as files.

use std::fs::{File, TryLockError};
use std::io;
use std::time::Duration;

use camino::Utf8Path;

use crate::files::{self, IoContext};
use crate::interrupt;
use crate::progress::Progress;

/// Waits until no other run holds the lock file, and holds it until the value is dropped.
///
/// # Errors
/// The file can't be made or locked, or the user pressed Ctrl-C.
pub fn lock(path: &Utf8Path, progress: &Progress) -> files::Result<File> {
    const POLL: Duration = Duration::from_millis(50);
    if let Some(parent) = path.parent() {
        files::create_dir(parent)?;
    }
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .doing("open the lock", path)?;
    let mut is_told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(error).doing("lock", path),
            Err(TryLockError::WouldBlock) => {}
        }
        if !is_told {
            progress.note(format_args!("another run is at work: waiting for `{path}`"));
            is_told = true;
        }
        interrupt::check().map_err(io::Error::other).doing("wait for", path)?;
        std::thread::sleep(POLL);
    }
}
