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
Tell which process holds which port of this computer, as JSON

Usage: hostports COMMAND [OPTIONS]

Commands:
  list                 TCP sockets that listen and UDP sockets that are bound, with their processes
  check PORT…          Whether ports are free, and who has those that are not
  watch                The list, and then a line for each change, until nobody reads them
  free                 The next free ports

Options:
  --protocol tcp|udp   list, check, watch, free: of this protocol only
  --interval SECONDS   watch: between two looks (default: 2)
  --from N             free: the lowest that will do (default: 1024)
  --count N            free: how many (default: 1)
  -h, --help           Print this help
  -V, --version        Print the version

Exit codes:
  0                    It worked; with check: all ports are free
  1                    It failed
  2                    The arguments are wrong
  3                    check: a port is taken
  4                    free: there are not so many";

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
            _ => Err(format!("there is no command '{command}'").into()),
        }
    }
}

impl Request {
    /// `args` are those behind the program's name.
    pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Self, Error> {
        let mut parser = Parser::from_args(args);
        let mut action = match parser.next()?.ok_or("a command is missing")? {
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
                    protocols = protocol(&value(&mut parser, "--protocol needs tcp|udp")?)?;
                }
                (Action::Check { ports }, Value(value)) => ports.push(port(&value.string()?)?),
                (Action::Watch { interval }, Long("interval")) => {
                    let value = value(&mut parser, "--interval needs SECONDS")?;
                    let seconds =
                        number(&value, 0.1..=3600.0, "--interval is 0.1 to 3600 seconds")?;
                    *interval = Duration::from_secs_f64(seconds);
                }
                (Action::Free { from, .. }, Long("from")) => {
                    *from = port(&value(&mut parser, "--from needs N")?)?;
                }
                (Action::Free { count, .. }, Long("count")) => {
                    let value = value(&mut parser, "--count needs N")?;
                    *count = number(&value, 1..=65535, "--count is 1 to 65535")?;
                }
                (_, arg) => return Err(arg.unexpected()),
            }
        }
        if matches!(&action, Action::Check { ports } if ports.is_empty()) {
            return Err("check needs ports".into());
        }
        Ok(Self::Run(Command { action, protocols }))
    }
}

/// The value of the option that was read last; `missing` says what it lacks.
fn value(parser: &mut Parser, missing: &str) -> Result<String, Error> {
    parser.value().map_err(|_| missing)?.string()
}

fn protocol(text: &str) -> Result<&'static [Protocol], Error> {
    match text {
        "tcp" => Ok(&[Protocol::Tcp]),
        "udp" => Ok(&[Protocol::Udp]),
        _ => Err(format!("--protocol is tcp or udp, not '{text}'").into()),
    }
}

fn port(text: &str) -> Result<u16, Error> {
    number(text, 1..=65535, "a port is 1 to 65535")
}

/// `rule` says what the range is.
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
            assert_eq!(message(&format!("{command} {name}")), format!("{name} needs {value}"));
        }
        let longest = HELP.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(100), "{longest:?}");
    }

    #[test]
    fn says_what_is_wrong() {
        for (line, expected) in [
            ("", "a command is missing"),
            ("lst", "there is no command 'lst'"),
            ("--protocol tcp", "invalid option '--protocol'"),
            ("list 80", "unexpected argument \"80\""),
            ("list --all", "invalid option '--all'"),
            ("list --from 80", "invalid option '--from'"),
            ("list --protocol", "--protocol needs tcp|udp"),
            ("list --protocol sctp", "--protocol is tcp or udp, not 'sctp'"),
            ("check", "check needs ports"),
            ("check 80 0", "a port is 1 to 65535, not '0'"),
            ("check 65536", "a port is 1 to 65535, not '65536'"),
            ("check -1", "invalid option '-1'"),
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
