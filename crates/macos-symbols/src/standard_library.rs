//! The system symbols that Rust's standard library requires.

use std::collections::BTreeSet;

use camino::Utf8Path;
use object::read::archive::ArchiveFile;
use object::{Object, ObjectSymbol};
use xshell::Shell;

use crate::Result;

/// Prefixes of Rust's own symbols: mangled names, and symbols that the compiler defines in each program.
const RUST: [&str; 5] = ["__R", "__ZN", "___rust", "_rust_", "___dso_handle"];

/// The C symbols that a target's standard library imports from the system.
pub fn undefined_symbols(sh: &Shell, sysroot: &Utf8Path, triple: &str) -> Result<BTreeSet<String>> {
    let missing = || format!("no standard library for {triple}: run `rustup target add {triple}`");
    let directory = sysroot.join("lib/rustlib").join(triple).join("lib");
    let (mut undefined, mut defined) = (BTreeSet::new(), BTreeSet::new());
    for path in sh.read_dir(directory).map_err(|_| missing())? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // Released programs don't contain the measurement of test coverage.
        if name.ends_with(".rlib") && !name.starts_with("libprofiler") {
            let rlib = sh.read_binary_file(&path)?;
            read_symbols(&rlib, &mut undefined, &mut defined)
                .map_err(|error| format!("can't read `{}`: {error}", path.display()))?;
        }
    }
    undefined.retain(|symbol| {
        !defined.contains(symbol) && !RUST.iter().any(|prefix| symbol.starts_with(prefix))
    });
    if undefined.is_empty() { Err(missing().into()) } else { Ok(undefined) }
}

fn read_symbols(
    rlib: &[u8],
    undefined: &mut BTreeSet<String>,
    defined: &mut BTreeSet<String>,
) -> object::read::Result<()> {
    for member in ArchiveFile::parse(rlib)?.members() {
        // One member contains the compiler's metadata, not code.
        let Ok(object) = object::File::parse(member?.data(rlib)?) else { continue };
        for symbol in object.symbols() {
            let symbols = if symbol.is_undefined() { &mut *undefined } else { &mut *defined };
            symbols.insert(symbol.name()?.to_owned());
        }
    }
    Ok(())
}
