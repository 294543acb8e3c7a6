//! Standard output: results, while [`crate::progress`] has standard error.

use std::io::{self, Write};

use crate::error::Error;
use crate::files::IoContext;

/// Writes to standard output. A reader that went away is no error: it wants no more.
///
/// # Errors
/// Standard output can't be written to, as on a full disk.
pub fn print(text: &str) -> Result<(), Error> {
    let mut stdout = anstream::stdout();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Ok(Err(error).doing("write to", "standard output")?)
        }
        _ => Ok(()),
    }
}
