//! The host binary of the Host Ports extension: prints which processes listen on which TCP ports.

mod command;
mod report;

use std::env;
use std::error::Error;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use command::{Command, HELP};
use report::Report;

fn main() -> ExitCode {
    let command = match Command::parse(env::args_os().skip(1)) {
        Ok(command) => command,
        Err(error) => return fail(2, &error),
    };
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(1, &format_args!("hostports: {error}")),
    }
}

fn run(command: Command) -> Result<(), Box<dyn Error>> {
    match command {
        Command::List => {
            let sockets = listeners::get_all()
                .map_err(|error| format!("can't list the sockets of this computer: {error}"))?;
            print(&serde_json::to_string(&Report::new(sockets))?)?;
        }
        Command::Help => print(HELP)?,
        Command::Version => print(concat!("hostports ", env!("CARGO_PKG_VERSION")))?,
    }
    Ok(())
}

/// Unlike `println!`, survives a reader that has gone away: whoever closed the pipe wants no more.
fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

fn fail(code: u8, message: &dyn Display) -> ExitCode {
    // `eprintln!` would panic where stderr is closed, and there is nobody left to tell.
    let _ = writeln!(io::stderr(), "{message}");
    ExitCode::from(code)
}
