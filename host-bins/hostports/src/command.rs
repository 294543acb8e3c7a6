//! What the arguments ask for. Parsed by hand: three words aren't worth the size of a library.

use std::error::Error;
use std::ffi::OsString;
use std::fmt;

pub(crate) const HELP: &str = "\
List the TCP ports that this computer listens on, as JSON

Usage: hostports [list]

Options:
  -h, --help     Print this help
  -V, --version  Print the version";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    List,
    Help,
    Version,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UsageError {
    unexpected: OsString,
}

impl Command {
    pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Self, UsageError> {
        let mut args = args.into_iter();
        let Some(first) = args.next() else { return Ok(Self::List) };
        let command = match first.to_str() {
            Some("list") => Self::List,
            Some("-h" | "--help") => Self::Help,
            Some("-V" | "--version") => Self::Version,
            _ => return Err(UsageError { unexpected: first }),
        };
        match args.next() {
            None => Ok(command),
            Some(unexpected) => Err(UsageError { unexpected }),
        }
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let argument = self.unexpected.display();
        write!(f, "hostports: unexpected argument '{argument}' (see hostports --help)")
    }
}

impl Error for UsageError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Command, UsageError> {
        Command::parse(args.iter().map(OsString::from))
    }

    #[test]
    fn knows_its_commands() {
        assert_eq!(parse(&["list"]), Ok(Command::List));
        assert_eq!(parse(&["--help"]), Ok(Command::Help));
        assert_eq!(parse(&["-h"]), Ok(Command::Help));
        assert_eq!(parse(&["--version"]), Ok(Command::Version));
        assert_eq!(parse(&["-V"]), Ok(Command::Version));
    }

    #[test]
    fn lists_when_asked_for_nothing() {
        assert_eq!(parse(&[]), Ok(Command::List));
    }

    #[test]
    fn names_the_argument_it_does_not_know() {
        for args in [&["lst"][..], &["list", "lst"], &["--help", "lst"]] {
            let error = parse(args).expect_err("has an unknown argument");
            assert_eq!(
                error.to_string(),
                "hostports: unexpected argument 'lst' (see hostports --help)"
            );
        }
    }
}
