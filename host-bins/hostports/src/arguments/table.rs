//! The commands and their options; the help is made of them.

use std::fmt::Write;

use super::given::Given;
use super::{Action, UsageError};

pub(super) struct CommandRow {
    pub name: &'static str,
    /// What stands behind the name, if it takes more than options.
    pub operands: &'static str,
    pub about: &'static str,
    pub options: &'static [OptionRow],
    pub read: fn(&Given) -> Result<Action, UsageError>,
}

pub(super) struct OptionRow {
    pub name: &'static str,
    pub value: &'static str,
    pub about: &'static str,
}

impl OptionRow {
    /// What it does, and in which commands.
    fn about(&self) -> String {
        let knows = |command: &&CommandRow| command.options.iter().any(|it| it.name == self.name);
        let commands: Vec<_> = COMMANDS.iter().filter(knows).map(|command| command.name).collect();
        format!("{}: {}", commands.join(", "), self.about)
    }
}

pub(super) const COMMANDS: [CommandRow; 4] = [
    CommandRow {
        name: "list",
        operands: "",
        about: "TCP sockets that listen and UDP sockets that are bound, with their processes",
        options: &[PROTOCOL],
        read: |given| {
            given.no_operands()?;
            Ok(Action::List)
        },
    },
    CommandRow {
        name: "check",
        operands: "PORT…",
        about: "Whether ports are free, and who has those that are not",
        options: &[PROTOCOL],
        read: |given| Ok(Action::Check { ports: given.ports()? }),
    },
    CommandRow {
        name: "watch",
        operands: "",
        about: "The list, and then a line for each change, until nobody reads them",
        options: &[PROTOCOL, INTERVAL],
        read: |given| {
            given.no_operands()?;
            Ok(Action::Watch { interval: given.interval()? })
        },
    },
    CommandRow {
        name: "free",
        operands: "",
        about: "The next free ports",
        options: &[PROTOCOL, FROM, COUNT],
        read: |given| {
            given.no_operands()?;
            Ok(Action::Free { from: given.from()?, count: given.count()? })
        },
    },
];

pub(super) const PROTOCOL: OptionRow =
    OptionRow { name: "--protocol", value: "tcp|udp", about: "of this protocol only" };
pub(super) const INTERVAL: OptionRow =
    OptionRow { name: "--interval", value: "SECONDS", about: "between two looks (default: 2)" };
pub(super) const FROM: OptionRow =
    OptionRow { name: "--from", value: "N", about: "the lowest that will do (default: 1024)" };
pub(super) const COUNT: OptionRow =
    OptionRow { name: "--count", value: "N", about: "how many (default: 1)" };

/// All of them.
const OPTIONS: [OptionRow; 4] = [PROTOCOL, INTERVAL, FROM, COUNT];

/// What goes without a command, too.
const GENERAL: [(&str, &str); 2] =
    [("-h, --help", "Print this help"), ("-V, --version", "Print the version")];

const EXIT_CODES: [(&str, &str); 5] = [
    ("0", "It worked; with check: all ports are free"),
    ("1", "It failed"),
    ("2", "The arguments are wrong"),
    ("3", "check: a port is taken"),
    ("4", "free: there are not so many"),
];

/// The text of `--help`.
pub(crate) fn help() -> String {
    let mut help = "Tell which process holds which port of this computer, as JSON\n\n\
         Usage: hostports COMMAND [OPTIONS]\n"
        .to_owned();
    let commands =
        COMMANDS.iter().map(|row| (format!("{} {}", row.name, row.operands), row.about.to_owned()));
    add_section(&mut help, "Commands", commands);
    let options = OPTIONS.iter().map(|row| (format!("{} {}", row.name, row.value), row.about()));
    let options = options.chain(GENERAL.map(|(name, about)| (name.to_owned(), about.to_owned())));
    add_section(&mut help, "Options", options);
    let exit_codes = EXIT_CODES.map(|(code, about)| (code.to_owned(), about.to_owned()));
    add_section(&mut help, "Exit codes", exit_codes.into_iter());
    help.truncate(help.trim_end().len());
    help
}

fn add_section(help: &mut String, title: &str, rows: impl Iterator<Item = (String, String)>) {
    // Writing to a string does not fail.
    let _ = writeln!(help, "\n{title}:");
    for (name, about) in rows {
        let _ = writeln!(help, "  {name:<20} {about}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_names_all_commands_and_options() {
        let help = help();
        for row in &COMMANDS {
            assert!(help.contains(&format!("\n  {} ", row.name)), "{}", row.name);
            for option in row.options {
                assert!(help.contains(&format!("{} {}", option.name, option.value)));
            }
        }
        let longest = help.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(100), "{longest:?}");
    }
}
