//! The command line.

use std::ffi::OsString;

#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    SearchPath,
    Help,
    Version,
}

impl Command {
    /// Parses the arguments that follow the program's name. The error is a message for the user.
    pub fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let hint = "see --help";
        let first = arguments
            .next()
            .ok_or_else(|| format!("missing command ({hint})"))?;
        let command = match first.to_str() {
            Some("search-path") => Self::SearchPath,
            Some("--help" | "-h") => Self::Help,
            Some("--version" | "-V") => Self::Version,
            _ => return Err(format!("unknown command {first:?} ({hint})")),
        };
        match arguments.next() {
            Some(extra) => Err(format!("unexpected argument {extra:?} ({hint})")),
            None => Ok(command),
        }
    }
}

pub fn help(name: &str) -> String {
    format!(
        "{}

Usage: {name} <COMMAND>

Commands:
  search-path  Print the directories of PATH and how many files each contains

Options:
  -h, --help     Print help
  -V, --version  Print version
",
        env!("CARGO_PKG_DESCRIPTION")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Command, String> {
        Command::parse(arguments.iter().map(OsString::from))
    }

    #[test]
    fn commands_and_options_are_accepted() {
        assert_eq!(parse(&["search-path"]), Ok(Command::SearchPath));
        assert_eq!(parse(&["--help"]), Ok(Command::Help));
        assert_eq!(parse(&["-h"]), Ok(Command::Help));
        assert_eq!(parse(&["--version"]), Ok(Command::Version));
        assert_eq!(parse(&["-V"]), Ok(Command::Version));
    }

    #[test]
    fn errors_name_the_invalid_argument() {
        let error = |arguments: &[&str]| parse(arguments).unwrap_err();
        assert!(error(&[]).contains("missing command"));
        assert!(error(&["search"]).contains(r#"unknown command "search""#));
        assert!(error(&["search-path", "now"]).contains(r#"unexpected argument "now""#));
    }
}
