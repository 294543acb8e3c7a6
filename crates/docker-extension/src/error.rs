//! Why a command can't go on: the one error type of the tool.
//!
//! Code that has to tell failures apart matches on an enum of its own module, such as
//! [`ProcessError`]; everything else is an [`Error`], which is made to be shown.

use std::error::Error as StdError;
use std::fmt::{self, Write};

use crate::interrupt::{self, Interrupted};
use crate::process::ProcessError;
use crate::style::{BAD, HELP};

/// `Result` of everything that a user hears of when it fails.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What failed, why, what the user can do about it, and the exit status.
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
    /// An error of a module's own, whose text is the message.
    Error(Box<dyn StdError + Send + Sync>),
}

/// How the process ends when a command fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Something failed.
    Failure = 1,
    /// An option or the configuration is invalid. It is also what clap ends with.
    Usage = 2,
}

impl Error {
    /// `what` is a sentence without a full stop.
    pub fn new(what: impl Into<String>) -> Self {
        Self::of(What::Text(what.into()))
    }

    /// Shows an error that code has matched on so far, with its own reasons.
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

    /// The user has to change an option or the configuration: the exit status is 2.
    pub fn usage(mut self) -> Self {
        self.0.exit = ExitStatus::Usage;
        self
    }

    /// What is done in spite of it, or what it left alone: a clause. The innermost one is kept, because
    /// it knows best.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.0.note.get_or_insert_with(|| note.into());
        self
    }

    /// The advice given by [`Self::help`].
    pub fn advice(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// The exit status of the process.
    pub fn exit_status(&self) -> ExitStatus {
        self.0.exit
    }

    /// The whole message, styled for a terminal: what failed, why, what to do next.
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

/// An error and its reasons on one line, for places that have no more: `can't do it: why: why that`.
pub fn one_line(error: &dyn StdError) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(reason) = source {
        let _ = write!(line, ": {reason}");
        source = reason.source();
    }
    line
}

/// Adds what a failed program wrote.
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

/// xshell fails where the current directory is gone.
impl From<xshell::Error> for Error {
    fn from(error: xshell::Error) -> Self {
        Error::new("can't work in the current directory").because(error)
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
    fn a_message_says_what_failed_and_why_and_what_to_do() {
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
