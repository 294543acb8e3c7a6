//! Builds, validates and previews Docker Desktop extensions with Rust host binaries.
//!
//! The crate is a program: [`main`] is its only public function. Data flows in one direction: [`project`]
//! reads the configuration, [`plan`] decides what a run does, [`toolchain`], [`compile`] and [`ui`] build,
//! [`contents`] describes the image as a value, [`context`] writes it to disk, [`engine`] builds the image,
//! [`validate`] checks it, [`dist`] lists the finished files, and a [`sink`] delivers them.
//! `docs/how-it-works.md` explains the structure.

mod binaries;
mod cargo;
mod cli;
mod commands;
mod compile;
mod compose;
mod contents;
mod context;
mod dist;
mod docker;
mod embed;
mod engine;
mod error;
mod files;
mod foreign;
mod host_binaries;
mod http;
mod image;
mod inspect;
#[doc(hidden)]
pub mod internals;
mod interrupt;
mod lock;
mod macos_symbols;
mod node;
mod oci;
mod output;
mod page_files;
mod page_reference;
mod parallel;
mod placeholder;
mod plan;
mod platform;
mod preview;
mod process;
mod progress;
mod project;
mod prompt;
mod resources;
mod rules;
mod scaffold;
mod sink;
mod staging;
mod style;
mod text;
mod toolchain;
mod ui;
mod validate;
#[cfg(test)]
mod wording;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use cli::{Cli, Command};
use error::{Error, Result};
use progress::Progress;
use toolchain::{import_library, resource_compiler, zig_cc};

/// Runs the command line of this process, which is `cargo xtask` or `docker-extension`.
pub fn main() -> ExitCode {
    match zig().unwrap_or_else(|| run().map(|()| ExitCode::SUCCESS)) {
        Ok(code) => code,
        Err(error) => {
            anstream::eprintln!("{}", error.message());
            ExitCode::from(error.exit_status() as u8)
        }
    }
}

fn run() -> Result<()> {
    if let Some(result) = run_as_tool() {
        return result;
    }
    let cli = parse();
    let progress = Progress::new(cli.output.verbosity());
    progress.report_slow_programs();
    interrupt::listen()
        .map_err(|error| Error::new("can't install a handler for Ctrl-C").because(error))?;
    match &cli.command {
        Command::New(options) => commands::new::run(options, &progress),
        Command::Upgrade(options) => commands::upgrade::run(options),
        Command::Dist(options) => commands::dist::run(options, &progress),
        Command::Preview(options) => commands::preview::run(options, &progress),
        Command::Validate(options) => commands::validate::run(options, &progress),
        Command::Doctor => commands::doctor::run(),
    }
}

/// Some if `cargo-zigbuild` called this program as its zig.
fn zig() -> Option<Result<ExitCode>> {
    let mut args = std::env::args_os();
    let program = args.next()?;
    zig_cc::run_as(&program, args)
}

/// Some if the compiler or a build script called this program under the name of a tool.
fn run_as_tool() -> Option<Result<()>> {
    let mut args = std::env::args_os();
    let program = args.next()?;
    let args: Vec<String> = args.map(|arg| arg.to_string_lossy().into_owned()).collect();
    let dlltool = import_library::from_name(&program, &args);
    let dlltool = dlltool.map(|dlltool| dlltool.and_then(|dlltool| dlltool.run()));
    dlltool.or_else(|| {
        let tool = resource_compiler::from_name(&program, &args)?;
        Some(tool.and_then(|tool| tool.run()))
    })
}

/// Reads the command line. Its help shows the name by which the program was called.
fn parse() -> Cli {
    let program = std::env::args_os().next().unwrap_or_default();
    let is_xtask = std::path::Path::new(&program).file_stem().is_none_or(|name| name != cli::NAME);
    let name = if is_xtask { cli::XTASK } else { cli::NAME };
    let matches = Cli::command().name(name).bin_name(name).get_matches();
    Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}
