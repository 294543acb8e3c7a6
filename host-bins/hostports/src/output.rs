//! Prints lines on stdout. It is not an error if the reader closes the pipe.

use std::io::{self, ErrorKind, Write};

use serde::Serialize;

/// Increase it when you remove a key or change its meaning, but not when you add one: readers ignore
/// unknown keys.
pub(crate) const SCHEMA_VERSION: u32 = 2;

/// Whether the reader of stdout has closed the pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    Open,
    Closed,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Write(#[from] io::Error),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// Adds the version to a line of JSON.
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

/// Prints `text` and a line break.
pub(crate) fn print(text: &str) -> Result<Reader, Error> {
    write(&format!("{text}\n"))
}

/// Writes `text` and flushes.
pub(crate) fn write(text: &str) -> Result<Reader, Error> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(Reader::Open),
        Err(error) if is_closed(&error) => Ok(Reader::Closed),
        Err(error) => Err(error.into()),
    }
}

fn is_closed(error: &io::Error) -> bool {
    /// Windows returns it if the other end of a named pipe was disconnected and not closed.
    const ERROR_PIPE_NOT_CONNECTED: i32 = 233;
    error.kind() == ErrorKind::BrokenPipe
        || cfg!(windows) && error.raw_os_error() == Some(ERROR_PIPE_NOT_CONNECTED)
}
