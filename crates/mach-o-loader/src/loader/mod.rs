//! Reads, maps, binds and starts a program.

use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;

use image::Image;
use libraries::Libraries;
use memory::Memory;

mod fixups;
mod image;
mod libraries;
mod memory;
mod run;
mod segment;
mod shims;
mod stubs;
mod thread_variables;
mod unwinding;

/// Why a program is rejected.
#[derive(Debug, thiserror::Error)]
pub enum Rejection {
    #[error("it can't be read: {0}")]
    Io(#[from] std::io::Error),
    #[error("it is not a Mach-O file: {0}")]
    Malformed(#[from] object::Error),
    #[error("{0}")]
    Invalid(&'static str),
    #[error("the load command {0:#x} is required, but unknown")]
    UnknownCommand(u32),
    #[error("segment {segment}: {reason}")]
    Segment { segment: String, reason: &'static str },
    #[error("library not loaded: {0}")]
    LibraryNotLoaded(String),
    #[error("version {required} of {library} is required, but it has version {found}")]
    LibraryTooOld { library: String, required: String, found: String },
    #[error("symbol {symbol} is required from library {ordinal}, which does not exist")]
    UnknownOrdinal { symbol: String, ordinal: i32 },
    #[error("symbol not found: {symbol}, expected in {library}")]
    SymbolNotFound { symbol: String, library: String },
    #[error("the fixup at {address:#x} is {reason}")]
    Fixup { address: u64, reason: &'static str },
}

/// Starts the program, and returns only if it is rejected.
///
/// # Errors
/// macOS would reject the program too, or it uses a feature that this loader does not have.
pub fn start(program: &OsStr, args: Vec<OsString>) -> Result<Infallible, Rejection> {
    let path = fs::canonicalize(Path::new(program))?;
    let file = fs::read(&path)?;
    let image = Image::parse(&file)?;
    let libraries = Libraries::load(&image.dylibs)?;
    let symbols = libraries.resolve(&image.fixups)?;

    let mut memory = Memory::reserve(&image)?;
    memory.fix_up(&image, &symbols)?;
    thread_variables::set_up(&image, &mut memory)?;
    memory.protect(&image)?;
    unwinding::register(&image, &memory)?;
    run::run(&image, &memory, &path, args)
}
