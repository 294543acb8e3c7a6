//! Ctrl-C, seen by every step: long work asks [`check`], and [`crate::process`] ends its child.
//!
//! Nothing exits from the signal handler: errors travel up, so that temporary folders are removed
//! and the person is told what was kept.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// The person pressed Ctrl-C, or the process was told to terminate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// Starts to listen for Ctrl-C (and SIGTERM, SIGHUP). A second one ends the process at once.
pub fn listen() {
    let handler = || {
        if INTERRUPTED.swap(true, Ordering::SeqCst) {
            std::process::exit(1);
        }
    };
    // The only failure is that a handler stands already; then there is one.
    let _ = ctrlc::try_set_handler(handler);
}

/// Whether work should stop.
pub fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
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
