//! Ctrl-C, seen by every step: long work asks [`check`], and [`crate::process`] ends its child.
//!
//! Nothing exits from the signal handler: errors travel up, so that temporary folders are removed
//! and the user is told what was kept.

use std::io::{self, Read};
use std::sync::atomic::{AtomicU8, Ordering};

/// How many times the user asked.
static ASKED: AtomicU8 = AtomicU8::new(0);

/// The user pressed Ctrl-C, or the process was told to terminate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// Starts to listen for Ctrl-C (and SIGTERM, SIGHUP), also where they were ignored, as `nohup` and
/// shells without job control have it.
///
/// The second time running programs are killed at once. The third time, if it ever comes to that,
/// so is this one.
///
/// # Errors
/// The operating system refuses.
pub fn listen() -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(|| {
        if ASKED.fetch_add(1, Ordering::SeqCst) >= 2 {
            std::process::exit(1);
        }
    })
}

/// Whether the user does not want to wait for programs to end by themselves.
pub fn is_impatient() -> bool {
    ASKED.load(Ordering::SeqCst) > 1
}

pub fn is_interrupted() -> bool {
    ASKED.load(Ordering::SeqCst) > 0
}

/// To be asked between pieces of long work.
pub fn check() -> Result<(), Interrupted> {
    if is_interrupted() { Err(Interrupted) } else { Ok(()) }
}

/// A reader that ends with an error as soon as work should stop, so that `io::copy` can be
/// interrupted.
pub struct Interruptible<R>(pub R);

impl<R: Read> Read for Interruptible<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        check().map_err(io::Error::other)?;
        self.0.read(buffer)
    }
}
