//! The command line.

use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use lexopt::prelude::*;
use lexopt::{Error, Parser};

use crate::listener::Protocol;

/// The text of `--help`.
pub(crate) const HELP: &str = "\
List the processes that use the ports of this computer, as JSON

Usage: hostports COMMAND [OPTIONS]

Commands:
  list                 List listening TCP sockets and bound UDP sockets, with their processes
  check PORT…          Check whether ports are free, and list the sockets on those that are not
  watch                Print the list and then each change, until the output is closed
  free                 Find the next free ports

Options:
  --protocol tcp|udp   list, check, watch, free: only this protocol
  --interval SECONDS   watch: time between two checks (default: 2)
  --from N             free: lowest port to return (default: 1024)
  --count N            free: number of ports (default: 1)
  -h, --help           Print help
  -V, --version        Print version

Exit status:
  0                    Success; check: all ports are free
  1                    Failure
  2                    Invalid arguments
  3                    check: at least one port is taken
  4                    free: not enough free ports";

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

impl Action {
    fn default_of(command: &str) -> Result<Self, Error> {
        match command {
            "list" => Ok(Action::List),
            "check" => Ok(Action::Check { ports: Vec::new() }),
            "watch" => Ok(Action::Watch { interval: Duration::from_secs(2) }),
            "free" => Ok(Action::Free { from: 1024, count: 1 }),
            _ => Err(format!("unknown command '{command}'").into()),
        }
    }
}

impl Request {
    /// Parses the arguments that follow the program's name.
    pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Self, Error> {
        let mut parser = Parser::from_args(args);
        let mut action = match parser.next()?.ok_or("missing command")? {
            Short('h') | Long("help") => return Ok(Self::Help),
            Short('V') | Long("version") => return Ok(Self::Version),
            Value(command) => Action::default_of(&command.string()?)?,
            option => return Err(option.unexpected()),
        };
        let mut protocols = Protocol::ALL;
        while let Some(arg) = parser.next()? {
            match (&mut action, arg) {
                (_, Short('h') | Long("help")) => return Ok(Self::Help),
                (_, Long("protocol")) => {
                    protocols = protocol(&value(&mut parser, "--protocol requires tcp|udp")?)?;
                }
                (Action::Check { ports }, Value(value)) => ports.push(port(&value.string()?)?),
                (Action::Watch { interval }, Long("interval")) => {
                    let value = value(&mut parser, "--interval requires SECONDS")?;
                    let seconds =
                        number(&value, 0.1..=3600.0, "--interval must be 0.1 to 3600 seconds")?;
                    *interval = Duration::from_secs_f64(seconds);
                }
                (Action::Free { from, .. }, Long("from")) => {
                    *from = port(&value(&mut parser, "--from requires N")?)?;
                }
                (Action::Free { count, .. }, Long("count")) => {
                    let value = value(&mut parser, "--count requires N")?;
                    *count = number(&value, 1..=65535, "--count must be 1 to 65535")?;
                }
                (_, arg) => return Err(arg.unexpected()),
            }
        }
        if matches!(&action, Action::Check { ports } if ports.is_empty()) {
            return Err("check requires at least one PORT".into());
        }
        Ok(Self::Run(Command { action, protocols }))
    }
}

/// The value of the option that was read last. `missing` is the error if there is none.
fn value(parser: &mut Parser, missing: &str) -> Result<String, Error> {
    parser.value().map_err(|_| missing)?.string()
}

fn protocol(text: &str) -> Result<&'static [Protocol], Error> {
    match text {
        "tcp" => Ok(&[Protocol::Tcp]),
        "udp" => Ok(&[Protocol::Udp]),
        _ => Err(format!("--protocol must be tcp or udp, not '{text}'").into()),
    }
}

fn port(text: &str) -> Result<u16, Error> {
    number(text, 1..=65535, "a port must be 1 to 65535")
}

/// `rule` is the beginning of the error if the number is not in the range.
fn number<N: FromStr + PartialOrd>(
    text: &str,
    range: RangeInclusive<N>,
    rule: &str,
) -> Result<N, Error> {
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| format!("{rule}, not '{text}'").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Request, Error> {
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
    fn commands_have_defaults() {
        assert_eq!(run("list").action, Action::List);
        assert_eq!(run("check 80 443").action, Action::Check { ports: vec![80, 443] });
        let interval = Duration::from_secs(2);
        assert_eq!(run("watch").action, Action::Watch { interval });
        assert_eq!(run("free").action, Action::Free { from: 1024, count: 1 });
    }

    #[test]
    fn an_option_and_its_value_are_separated_by_a_space_or_an_equals_sign() {
        let expected = Action::Free { from: 8080, count: 3 };
        assert_eq!(run("free --from 8080 --count=3").action, expected);
        assert_eq!(run("free --from 1 --from=8080 --count 3").action, expected);
        let interval = Duration::from_millis(500);
        assert_eq!(run("watch --interval 0.5").action, Action::Watch { interval });
    }

    #[test]
    fn every_command_can_be_limited_to_one_protocol() {
        for command in ["list", "check 80", "watch", "free"] {
            let protocols = |option| run(&format!("{command} {option}")).protocols;
            assert_eq!(protocols(""), [Protocol::Tcp, Protocol::Udp]);
            assert_eq!(protocols("--protocol tcp"), [Protocol::Tcp]);
            assert_eq!(protocols("--protocol=udp"), [Protocol::Udp]);
        }
    }

    #[test]
    fn help_is_accepted_with_and_without_a_command() {
        for line in ["-h", "--help", "list --help", "check -h", "free --from 80 --help"] {
            assert!(matches!(parse(line), Ok(Request::Help)), "{line}");
        }
        assert!(matches!(parse("-V"), Ok(Request::Version)));
        assert!(matches!(parse("--version"), Ok(Request::Version)));
    }

    #[test]
    fn help_names_all_commands_and_options() {
        for name in ["list", "check PORT…", "watch", "free"] {
            assert!(HELP.contains(&format!("\n  {name} ")), "{name}");
        }
        for (command, option) in [
            ("list", "--protocol tcp|udp"),
            ("watch", "--interval SECONDS"),
            ("free", "--from N"),
            ("free", "--count N"),
        ] {
            assert!(HELP.contains(&format!("\n  {option} ")), "{option}");
            let (name, value) = option.split_once(' ').expect("a value");
            assert_eq!(message(&format!("{command} {name}")), format!("{name} requires {value}"));
        }
        let longest = HELP.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(100), "{longest:?}");
    }

    #[test]
    fn errors_name_the_invalid_argument() {
        for (line, expected) in [
            ("", "missing command"),
            ("lst", "unknown command 'lst'"),
            ("--protocol tcp", "invalid option '--protocol'"),
            ("list 80", "unexpected argument \"80\""),
            ("list --all", "invalid option '--all'"),
            ("list --from 80", "invalid option '--from'"),
            ("list --protocol", "--protocol requires tcp|udp"),
            ("list --protocol sctp", "--protocol must be tcp or udp, not 'sctp'"),
            ("check", "check requires at least one PORT"),
            ("check 80 0", "a port must be 1 to 65535, not '0'"),
            ("check 65536", "a port must be 1 to 65535, not '65536'"),
            ("check -1", "invalid option '-1'"),
            ("watch --interval 0", "--interval must be 0.1 to 3600 seconds, not '0'"),
            ("watch --interval NaN", "--interval must be 0.1 to 3600 seconds, not 'NaN'"),
            ("watch --interval=", "--interval must be 0.1 to 3600 seconds, not ''"),
            ("free --from -1", "a port must be 1 to 65535, not '-1'"),
            ("free --count 0", "--count must be 1 to 65535, not '0'"),
        ] {
            assert_eq!(message(line), expected, "{line}");
        }
    }
}
