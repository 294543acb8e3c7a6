//! Lines on stdout. Whoever closes the pipe wants no more; that is not an error.

use std::io::{self, ErrorKind, Write};

use serde::Serialize;

/// Goes up when a member changes its meaning or goes away. New members don't raise it: readers
/// ignore what they don't know.
pub(crate) const SCHEMA_VERSION: u32 = 2;

/// Whether anybody still reads what is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    Listens,
    HasGone,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Write(#[from] io::Error),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// What every line of JSON begins with.
#[derive(Serialize)]
struct Line<'a, T> {
    schema_version: u32,
    #[serde(flatten)]
    body: &'a T,
}

/// A line of JSON.
pub(crate) fn json(body: &impl Serialize) -> Result<String, Error> {
    Ok(serde_json::to_string(&Line { schema_version: SCHEMA_VERSION, body })?)
}

/// Prints a line of JSON.
pub(crate) fn print_json(body: &impl Serialize) -> Result<Reader, Error> {
    print(&json(body)?)
}

/// Prints `text` and the end of its line.
pub(crate) fn print(text: &str) -> Result<Reader, Error> {
    write(&format!("{text}\n"))
}

/// Writes `text` in one piece.
pub(crate) fn write(text: &str) -> Result<Reader, Error> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(Reader::Listens),
        Err(error) if is_gone(&error) => Ok(Reader::HasGone),
        Err(error) => Err(error.into()),
    }
}

fn is_gone(error: &io::Error) -> bool {
    /// What Windows says where the other end of a named pipe was disconnected, rather than closed.
    const ERROR_PIPE_NOT_CONNECTED: i32 = 233;
    error.kind() == ErrorKind::BrokenPipe
        || cfg!(windows) && error.raw_os_error() == Some(ERROR_PIPE_NOT_CONNECTED)
}
