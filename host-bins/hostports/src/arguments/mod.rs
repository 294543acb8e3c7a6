//! What the arguments ask for. Parsed by hand, because a library would be larger than the rest.

use std::ffi::OsString;
use std::time::Duration;

use crate::listener::Protocol;

mod given;
mod table;

use given::Given;
use table::COMMANDS;
pub(crate) use table::help;

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Request {
    Run(Command),
    Help,
    Version,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Command {
    pub action: Action,
    pub protocols: &'static [Protocol],
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    List,
    Check { ports: Vec<u16> },
    Watch { interval: Duration },
    Free { from: u16, count: usize },
}

/// What is wrong with the arguments.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct UsageError(String);

impl Request {
    pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Self, UsageError> {
        let mut args = args.into_iter().map(|arg| arg.to_string_lossy().into_owned());
        let first = args.next().ok_or_else(|| error("a command is missing"))?;
        match first.as_str() {
            "-h" | "--help" => return Ok(Self::Help),
            "-V" | "--version" => return Ok(Self::Version),
            _ => {}
        }
        let row = COMMANDS
            .iter()
            .find(|row| row.name == first)
            .ok_or_else(|| error(format!("there is no command '{first}'")))?;
        let Some(given) = Given::read(row.options, args)? else { return Ok(Self::Help) };
        let command = Command { action: (row.read)(&given)?, protocols: given.protocols()? };
        Ok(Self::Run(command))
    }
}

fn error(message: impl Into<String>) -> UsageError {
    UsageError(message.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Request, UsageError> {
        Request::parse(line.split_ascii_whitespace().map(OsString::from))
    }

    fn run(line: &str) -> Command {
        match parse(line) {
            Ok(Request::Run(command)) => command,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn message(line: &str) -> String {
        match parse(line) {
            Err(error) => error.to_string(),
            Ok(request) => panic!("{line}: {request:?}"),
        }
    }

    #[test]
    fn has_four_commands() {
        assert_eq!(run("list").action, Action::List);
        assert_eq!(run("check 80 443").action, Action::Check { ports: vec![80, 443] });
        let interval = Duration::from_secs(2);
        assert_eq!(run("watch").action, Action::Watch { interval });
        assert_eq!(run("free").action, Action::Free { from: 1024, count: 1 });
    }

    #[test]
    fn an_option_is_followed_by_its_value_or_holds_it() {
        let expected = Action::Free { from: 8080, count: 3 };
        assert_eq!(run("free --from 8080 --count=3").action, expected);
        assert_eq!(run("free --from 1 --from=8080 --count 3").action, expected);
        let interval = Duration::from_millis(500);
        assert_eq!(run("watch --interval 0.5").action, Action::Watch { interval });
    }

    #[test]
    fn every_command_can_do_with_one_protocol() {
        for command in ["list", "check 80", "watch", "free"] {
            let protocols = |option| run(&format!("{command} {option}")).protocols;
            assert_eq!(protocols(""), [Protocol::Tcp, Protocol::Udp]);
            assert_eq!(protocols("--protocol tcp"), [Protocol::Tcp]);
            assert_eq!(protocols("--protocol=udp"), [Protocol::Udp]);
        }
    }

    #[test]
    fn help_is_there_before_and_behind_a_command() {
        for line in ["-h", "--help", "list --help", "check -h", "free --from 80 --help"] {
            assert_eq!(parse(line), Ok(Request::Help), "{line}");
        }
        assert_eq!(parse("-V"), Ok(Request::Version));
        assert_eq!(parse("--version"), Ok(Request::Version));
    }

    #[test]
    fn says_what_is_wrong() {
        for (line, expected) in [
            ("", "a command is missing"),
            ("lst", "there is no command 'lst'"),
            ("list 80", "unexpected argument '80'"),
            ("list --all", "unexpected argument '--all'"),
            ("list --from 80", "unexpected argument '--from'"),
            ("list --protocol", "--protocol needs tcp|udp"),
            ("list --protocol sctp", "--protocol is tcp or udp, not 'sctp'"),
            ("check", "check needs ports"),
            ("check 80 0", "a port is 1 to 65535, not '0'"),
            ("check 65536", "a port is 1 to 65535, not '65536'"),
            ("check -1", "unexpected argument '-1'"),
            ("watch --interval 0", "--interval is 0.1 to 3600 seconds, not '0'"),
            ("watch --interval NaN", "--interval is 0.1 to 3600 seconds, not 'NaN'"),
            ("watch --interval=", "--interval is 0.1 to 3600 seconds, not ''"),
            ("free --from -1", "a port is 1 to 65535, not '-1'"),
            ("free --count 0", "--count is 1 to 65535, not '0'"),
        ] {
            assert_eq!(message(line), expected, "{line}");
        }
    }
}
