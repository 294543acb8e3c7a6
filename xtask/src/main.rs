//! The command line: reads it, runs the command, and tells what went wrong.

use std::process::ExitCode;

use clap::Parser;
use xtask::cli::{Cli, Command};
use xtask::error::Error;
use xtask::progress::Progress;
use xtask::toolchain::{import_library, zigbuild};
use xtask::{commands, interrupt};

fn main() -> ExitCode {
    if let Some(tool) = other_tool() {
        return finish(tool);
    }
    let cli = Cli::parse();
    let progress = Progress::new(cli.talk.verbosity());
    finish(match &cli.command {
        Command::Dist(options) => interrupt::listen()
            .map_err(Error::from)
            .and_then(|()| commands::dist::run(options, &progress)),
        Command::Preview(options) => interrupt::listen()
            .map_err(Error::from)
            .and_then(|()| commands::preview::run(options, &progress)),
        Command::Validate(options) => interrupt::listen()
            .map_err(Error::from)
            .and_then(|()| commands::validate::run(options, &progress)),
        Command::Doctor => commands::doctor::run(),
        Command::Zig(tool) => run_zig(tool),
        Command::ZigEnvironment(options) => zig_environment(options),
        Command::Symbols => commands::symbols::run(&progress).map_err(Error::from),
    })
}

/// The work of the tool that this process is to be, judged by the name under which it was started.
fn other_tool() -> Option<Result<(), Error>> {
    let mut args = std::env::args_os();
    let program = args.next()?;
    let args: Vec<String> = args.map(|arg| arg.to_string_lossy().into_owned()).collect();
    if let Some(tool) = import_library::from_name(&program, &args) {
        return Some(tool.and_then(|tool| tool.run()).map_err(Error::from));
    }
    zigbuild::tool_from_name(&program, args).map(|tool| run_zig(&tool))
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
