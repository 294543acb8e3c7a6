//! Ctrl-C: long work calls [`check`], and [`crate::process`] ends child processes.
//!
//! The signal handler does not exit. An error is returned instead, so that temporary directories are removed
//! and the message says what was not changed.

use std::io::{self, Read};
use std::sync::atomic::{AtomicU8, Ordering};

/// The number of signals.
static SIGNALS: AtomicU8 = AtomicU8::new(0);

/// The user pressed Ctrl-C, or the process received SIGTERM or SIGHUP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// Handles Ctrl-C, SIGTERM and SIGHUP, even if the parent process ignores them, as `nohup` and shells
/// without job control do.
///
/// The second signal kills child processes at once, the third one also this process.
///
/// # Errors
/// The handler can't be installed.
pub fn listen() -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(|| {
        if SIGNALS.fetch_add(1, Ordering::SeqCst) >= 2 {
            std::process::exit(1);
        }
    })
}

/// Whether a second signal asks to kill child processes at once.
pub fn is_impatient() -> bool {
    SIGNALS.load(Ordering::SeqCst) > 1
}

pub fn is_interrupted() -> bool {
    SIGNALS.load(Ordering::SeqCst) > 0
}

/// To be called between pieces of long work.
pub fn check() -> Result<(), Interrupted> {
    if is_interrupted() { Err(Interrupted) } else { Ok(()) }
}

/// A reader that fails after Ctrl-C, so that `io::copy` can be interrupted.
pub struct Interruptible<R>(pub R);

impl<R: Read> Read for Interruptible<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        check().map_err(io::Error::other)?;
        self.0.read(buffer)
    }
}
