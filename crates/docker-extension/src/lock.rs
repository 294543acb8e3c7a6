//! File locks between runs.

use std::fs::{File, TryLockError};
use std::io;
use std::time::Duration;

use camino::Utf8Path;

use crate::files::{self, IoContext};
use crate::interrupt;
use crate::progress::Progress;

/// Waits for the lock, and holds it until the value is dropped.
///
/// # Errors
/// The file can't be created or locked, or the user pressed Ctrl-C.
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
    let mut is_reported = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(error).doing("lock", path),
            Err(TryLockError::WouldBlock) => {}
        }
        if !is_reported {
            progress.note(format_args!("waiting for another run to release the lock `{path}`"));
            is_reported = true;
        }
        interrupt::check().map_err(io::Error::other).doing("wait for", path)?;
        std::thread::sleep(POLL);
    }
}
