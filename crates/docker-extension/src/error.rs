//! The error that commands return.
//!
//! Code that distinguishes failures matches on an enum of its module, such as [`ProcessError`]. All other
//! errors are an [`Error`], which contains the message for the user.

use std::error::Error as StdError;
use std::fmt::{self, Write};

use crate::interrupt::{self, Interrupted};
use crate::process::ProcessError;
use crate::style::{BAD, HELP};

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What failed, why, what the user can do, and the exit status.
pub struct Error(Box<Parts>);

/// Boxed, because a `Result` is as large as its error.
#[derive(Debug)]
struct Parts {
    what: What,
    source: Option<Box<dyn StdError + Send + Sync>>,
    help: Option<String>,
    exit: ExitStatus,
    note: Option<String>,
}

#[derive(Debug)]
enum What {
    Text(String),
    /// An error of another type, whose text is the message.
    Error(Box<dyn StdError + Send + Sync>),
}

/// The exit status of a command that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    Failure = 1,
    /// An option or the configuration is invalid; the same as clap's.
    Usage = 2,
}

impl Error {
    /// `what` is a sentence without a full stop.
    pub fn new(what: impl Into<String>) -> Self {
        Self::of(What::Text(what.into()))
    }

    /// Shows an error of another type with its reasons.
    pub fn showing(error: impl StdError + Send + Sync + 'static) -> Self {
        Self::of(What::Error(error.into()))
    }

    fn of(what: What) -> Self {
        let exit = ExitStatus::Failure;
        Self(Box::new(Parts { what, source: None, help: None, exit, note: None }))
    }

    /// The reason.
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What the user can do: one imperative.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Sets the exit status to 2: the user has to change an option or the configuration.
    pub fn usage(mut self) -> Self {
        self.0.exit = ExitStatus::Usage;
        self
    }

    /// A clause about what was done or left unchanged. The innermost note is kept, because it is the most
    /// specific.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.0.note.get_or_insert_with(|| note.into());
        self
    }

    /// The advice given by [`Self::help`].
    pub fn advice(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    pub fn exit_status(&self) -> ExitStatus {
        self.0.exit
    }

    /// The whole message, with styles for a terminal.
    pub fn message(&self) -> String {
        if interrupt::is_interrupted() {
            let note = self.0.note.iter().map(|note| format!(": {note}"));
            return format!("{BAD}interrupted{BAD:#}{}", note.collect::<String>());
        }
        let mut message = format!("{BAD}error{BAD:#}: {self}");
        if let What::Error(error) = &self.0.what {
            quote_output(&mut message, &**error);
        }
        let mut source = self.source();
        while let Some(error) = source {
            let _ = write!(message, "\n  because: {error}");
            quote_output(&mut message, error);
            source = error.source();
        }
        if let Some(note) = &self.0.note {
            let _ = write!(message, "\n{HELP}note{HELP:#}: {note}");
        }
        if let Some(help) = self.advice() {
            let _ = write!(message, "\n{HELP}help{HELP:#}: {help}");
        }
        message
    }
}

/// An error and its reasons on one line: `error: reason: reason of the reason`.
pub fn one_line(error: &dyn StdError) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(reason) = source {
        let _ = write!(line, ": {reason}");
        source = reason.source();
    }
    line
}

/// Adds the output of a failed program.
fn quote_output(message: &mut String, error: &(dyn StdError + 'static)) {
    let output = error.downcast_ref().map_or("", ProcessError::messages).trim();
    if !output.is_empty() {
        let _ = write!(message, "\n    {}", output.replace('\n', "\n    "));
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.what {
            What::Text(text) => f.write_str(text),
            What::Error(error) => error.fmt(f),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match (&self.0.source, &self.0.what) {
            (Some(source), _) => Some(&**source),
            (None, What::Error(error)) => error.source(),
            (None, What::Text(_)) => None,
        }
    }
}

impl From<Interrupted> for Error {
    fn from(interrupted: Interrupted) -> Self {
        Error::showing(interrupted)
    }
}

/// xshell fails if the current directory does not exist.
impl From<xshell::Error> for Error {
    fn from(error: xshell::Error) -> Self {
        Error::new("can't use the current directory").because(error)
    }
}

impl From<ProcessError> for Error {
    fn from(error: ProcessError) -> Self {
        Error::showing(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_contains_the_failure_the_reason_and_the_help() {
        let reason = std::io::Error::from(std::io::ErrorKind::NotFound);
        let error = Error::new("no icon").because(reason).help("add one").usage();
        let message = anstream::adapter::strip_str(&error.message()).to_string();
        assert_eq!(message, "error: no icon\n  because: entity not found\nhelp: add one");
        assert_eq!(error.exit_status(), ExitStatus::Usage);
    }

    #[test]
    fn the_innermost_note_is_kept() {
        let error = Error::new("no push").note("the build is in `dist`").note("nothing changed");
        let message = anstream::adapter::strip_str(&error.message()).to_string();
        assert_eq!(message, "error: no push\nnote: the build is in `dist`");
    }
}
