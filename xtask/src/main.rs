//! The command line: reads it, runs the command, and tells what went wrong.

use std::process::ExitCode;

use clap::Parser;
use xtask::cli::{Cli, Command};
use xtask::error::Error;
use xtask::progress::Progress;
use xtask::toolchain::zigbuild;
use xtask::{commands, interrupt};

fn main() -> ExitCode {
    if let Some(tool) = zig_tool() {
        return finish(run_zig(&tool));
    }
    let cli = Cli::parse();
    let progress = Progress::new(cli.talk.verbosity());
    finish(match &cli.command {
        Command::Dist(options) => interrupt::listen()
            .map_err(Error::from)
            .and_then(|()| commands::dist::run(options, &progress)),
        Command::Zig(tool) => run_zig(tool),
        Command::ZigEnvironment(options) => zig_environment(options),
    })
}

/// The tool of zig's that this process is to be, judged by the name under which it was started.
fn zig_tool() -> Option<cargo_zigbuild::Zig> {
    let mut args = std::env::args_os();
    let program = args.next()?;
    let args = args.map(|arg| arg.to_string_lossy().into_owned()).collect();
    zigbuild::tool_from_name(&program, args)
}

fn run_zig(tool: &cargo_zigbuild::Zig) -> Result<(), Error> {
    tool.execute().map_err(|error| Error::Zig(format!("{error:#}")))
}

#[expect(clippy::print_stdout, reason = "the process that asked reads it there")]
fn zig_environment(options: &xtask::cli::ZigEnvironment) -> Result<(), Error> {
    let environment =
        zigbuild::describe_environment(options.targets.clone(), options.minimum_macos.clone())
            .map_err(Error::Zig)?;
    println!("{environment}");
    Ok(())
}

fn finish(result: Result<(), Error>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("{}", error.message());
            ExitCode::from(error.exit_code())
        }
    }
}
