//! The host binary of the Host Ports extension. It lists the processes that use the ports of this computer.
//!
//! `arguments` parses the command line, `system` queries the operating system, `survey` merges the results,
//! and each module of `commands` prints them.

mod arguments;
mod bind;
mod commands;
mod listener;
mod output;
mod survey;
mod system;

use std::env;
use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use arguments::Request;

fn main() -> ExitCode {
    match Request::parse(env::args_os().skip(1)).map_err(Error::from).and_then(answer) {
        Ok(code) => code,
        Err(error) => {
            print_error(&error);
            error.exit_code()
        }
    }
}

fn answer(request: Request) -> Result<ExitCode, Error> {
    match request {
        Request::Run(command) => return commands::run(&command),
        Request::Help => output::print(arguments::HELP)?,
        Request::Version => output::print(concat!("hostports ", env!("CARGO_PKG_VERSION")))?,
    };
    Ok(ExitCode::SUCCESS)
}

fn print_error(error: &dyn Display) {
    // `eprintln!` panics if stderr is closed.
    let _ = writeln!(io::stderr(), "hostports: {error}");
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("{0} (see hostports --help)")]
    Usage(#[from] lexopt::Error),
    #[error("can't list the sockets: {0}")]
    Sockets(#[from] system::Error),
    #[error("can't check whether port {port} is free: {source}")]
    Bind { port: u16, source: io::Error },
    #[error("{0}")]
    NoFreePort(commands::NoFreePort),
    #[error("can't handle signals: {0}")]
    Signals(#[source] io::Error),
    #[error("can't write to stdout: {0}")]
    Output(#[from] output::Error),
}

impl Error {
    fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Error::Usage(_) => 2,
            Error::NoFreePort(_) => 4,
            Error::Sockets(_) | Error::Bind { .. } | Error::Signals(_) | Error::Output(_) => 1,
        })
    }
}
