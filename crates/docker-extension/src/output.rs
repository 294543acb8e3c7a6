//! Writes results to standard output. [`crate::progress`] writes to standard error.

use std::io::{self, Write};

use crate::error::Error;
use crate::files::IoContext;

/// Writes to standard output. A closed pipe is not an error.
///
/// # Errors
/// The write fails, such as on a full disk.
pub fn print(text: &str) -> Result<(), Error> {
    let mut stdout = anstream::stdout();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Ok(Err(error).doing("write to", "standard output")?)
        }
        _ => Ok(()),
    }
}
