//! The commands.

use std::process::ExitCode;

use crate::arguments::{Action, Command};
use crate::listener::Protocol;
use crate::survey::Survey;
use crate::{Error, system};

mod check;
mod free;
mod list;
mod watch;

pub(crate) use free::NoFreePort;

pub(crate) fn run(command: &Command) -> Result<ExitCode, Error> {
    match &command.action {
        Action::List => list::run(command.protocols),
        Action::Check { ports } => check::run(ports, command.protocols),
        Action::Watch { interval } => watch::run(*interval, command.protocols),
        Action::Free { from, count } => free::run(*from, *count, command.protocols),
    }
}

fn survey(protocols: &[Protocol]) -> Result<Survey, Error> {
    Ok(system::survey()?.only(protocols))
}
