//! `mach-o-loader PROGRAM ARGS…` starts a macOS program on x86-64 Linux, to test whether a program that
//! was linked without Apple's tools starts.
//!
//! It does the work of macOS's kernel and `dyld`, and rejects programs that they reject. For functions of
//! libSystem, it uses glibc's where both are identical, and its own shims elsewhere; any other function
//! ends the program with a message. The exit status is that of the program, or 125 if the program was
//! rejected.

#[cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
mod loader;

#[cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
use loader::start;

use std::process::ExitCode;

const REJECTED: u8 = 125;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let Some(program) = args.next() else {
        eprintln!("usage: mach-o-loader PROGRAM [ARGS…]");
        return ExitCode::from(REJECTED);
    };
    let Err(rejection) = start(&program, args.collect());
    eprintln!("mach-o-loader: {}: {rejection}", program.display());
    ExitCode::from(REJECTED)
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")))]
fn start(
    _program: &std::ffi::OsStr,
    _args: Vec<std::ffi::OsString>,
) -> Result<std::convert::Infallible, &'static str> {
    Err("macOS programs can only be started on x86-64 Linux with glibc")
}
