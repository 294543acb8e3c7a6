//! The host binary. Docker Desktop runs it on the user's own machine, outside of containers, when the
//! dashboard tab calls it.
//!
//! `arguments` parses the command line and `search_path` makes the report. Only this file prints.

mod arguments;
mod search_path;

use std::env;
use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use arguments::Command;

const NAME: &str = env!("CARGO_PKG_NAME");

fn main() -> ExitCode {
    match Command::parse(env::args_os().skip(1)) {
        Ok(command) => match run(command) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(1, &error),
        },
        Err(error) => fail(2, &error),
    }
}

fn run(command: Command) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match command {
        Command::Help => write!(out, "{}", arguments::help(NAME))?,
        Command::Version => writeln!(out, "{NAME} {}", env!("CARGO_PKG_VERSION"))?,
        Command::SearchPath => {
            let variable = env::var_os("PATH").unwrap_or_default();
            let report = search_path::report(&variable, search_path::count_files);
            serde_json::to_writer(&mut out, &report)?;
            writeln!(out)?;
        }
    }
    out.flush()
}

fn fail(status: u8, error: &dyn Display) -> ExitCode {
    // `eprintln!` panics if stderr is closed.
    let _ = writeln!(io::stderr(), "{NAME}: {error}");
    ExitCode::from(status)
}
