//! `mach-o-loader PROGRAM ARGS…`: starts a program for macOS on x86-64 Linux, to see whether what
//! was linked without Apple's tools is a program that starts.
//!
//! It does what macOS's kernel and `dyld` do, and refuses what they refuse. What the program then
//! calls of libSystem is glibc's own function where both have the same, else one made here; each
//! other one ends the program, and says which it was. It ends with what the program ends with, and
//! with 125 if that was refused.

#[cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
mod loader;

#[cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
use loader::start;

use std::process::ExitCode;

const REFUSED: u8 = 125;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let Some(program) = args.next() else {
        eprintln!("usage: mach-o-loader PROGRAM [ARGS…]");
        return ExitCode::from(REFUSED);
    };
    let Err(refusal) = start(&program, args.collect());
    eprintln!("mach-o-loader: {}: {refusal}", program.display());
    ExitCode::from(REFUSED)
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")))]
fn start(
    _program: &std::ffi::OsStr,
    _args: Vec<std::ffi::OsString>,
) -> Result<std::convert::Infallible, &'static str> {
    Err("programs for macOS are started on x86-64 Linux with glibc alone")
}
