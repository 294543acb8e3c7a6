//! Writes the symbols after `[generated]` in the lists of `docker-extension/data/macos`. The sources are:
//!
//! - `data/imports.tsv`: what published programs import from the system. It takes precedence.
//! - zig's list of libSystem, and the headers of the system that zig ships
//! - the symbols that Rust's standard library requires
//! - the declarations of the crates in `data/crates.txt`
//!
//! `data/places.txt` corrects the library of symbols for which the sources name another one.
//! `docs/linking.md` explains the lists. With `--verbose`, it also prints declarations without a list.

mod declaring;
mod imports;
mod libsystem;
mod list_file;
mod merge;
mod standard_library;

use std::collections::BTreeMap;
use std::error::Error;
use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use docker_extension::internals::foreign;
use docker_extension::internals::macos_symbols::{CLASS, METACLASS};
use docker_extension::internals::platform::Arch;
use xshell::{Shell, cmd};

use declaring::DeclaringCrate;
use list_file::Facts;
use merge::{Lists, SYSTEM};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// The CPUs of Macs, for cargo and in Apple's spelling.
const CPUS: [(Arch, &str, &str); 2] = [
    (Arch::Amd64, "x86_64-apple-darwin", "x86_64"),
    (Arch::Arm64, "aarch64-apple-darwin", "arm64"),
];

#[expect(clippy::print_stderr, reason = "the program reports errors to its standard error")]
fn main() -> ExitCode {
    let is_verbose = std::env::args().any(|arg| arg == "--verbose");
    match run(is_verbose) {
        Ok(count) => {
            eprintln!("{count} symbols");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns the number of symbols in the lists. The lists are written last, when only writing can still
/// fail.
fn run(is_verbose: bool) -> Result<usize> {
    let sh = Shell::new()?;
    let crates = declaring::parse(declaring::TEXT)?;
    let places = places(include_str!("../data/places.txt"));
    let mut lists = Lists::new(list_file::read_all(&sh, &directory())?, places);

    for (symbol, facts) in libsystem::symbols(&sh)? {
        lists.claim(SYSTEM, &symbol, facts);
    }
    let sysroot = Utf8PathBuf::from(cmd!(sh, "rustc --print sysroot").quiet().read()?);
    for (_, triple, cpu) in CPUS {
        for symbol in standard_library::undefined_symbols(&sh, &sysroot, triple)? {
            lists.claim(SYSTEM, &symbol, only(cpu));
        }
    }
    let metadata = declaring::fetch(&sh, &crates)?;
    for declaring in &crates {
        let unread = claim_crate(&mut lists, declaring, &declaring.root(&metadata)?);
        if is_verbose {
            report(declaring, &unread);
        }
    }
    lists.place(&imports::by_symbol()?)?;
    lists.write(&sh)
}

fn directory() -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../docker-extension/data/macos")
}

fn only(cpu: &'static str) -> Facts {
    Facts { cpus: [cpu].into(), ..Facts::default() }
}

/// Returns the declarations for which there is no list.
fn claim_crate(
    lists: &mut Lists,
    declaring: &DeclaringCrate,
    root: &Utf8Path,
) -> Vec<foreign::Declaration> {
    let mut unread = Vec::new();
    for (arch, _, cpu) in CPUS {
        for item in foreign::declarations(root, arch).items {
            let library = match &item.library {
                Some(library) => lists.called(library),
                None => declaring.library.clone(),
            };
            let Some(library) = library else {
                unread.push(item);
                continue;
            };
            if let Some(class) = item.symbol.strip_prefix(CLASS) {
                lists.claim(&library, &format!("{METACLASS}{class}"), only(cpu));
            }
            lists.claim(&library, &item.symbol, only(cpu));
        }
    }
    unread
}

#[expect(clippy::print_stdout, reason = "the output that `--verbose` requests")]
fn report(declaring: &DeclaringCrate, unread: &[foreign::Declaration]) {
    for foreign::Declaration { symbol, library } in unread {
        let library = library.as_ref().map_or("no library", |library| &library.name);
        println!("{}: no list for `{symbol}` of {library}", declaring.name);
    }
}

/// Reads lines such as `Foundation: _NSLog class NSLock`: a list, and symbols that are in it.
fn places(text: &str) -> BTreeMap<String, String> {
    let mut places = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((list, symbols)) = line.split_once(": ") else { continue };
        let mut words = symbols.split(' ');
        while let Some(word) = words.next() {
            if word != "class" {
                places.insert(word.to_owned(), list.to_owned());
            } else if let Some(class) = words.next() {
                for prefix in [CLASS, METACLASS] {
                    places.insert(format!("{prefix}{class}"), list.to_owned());
                }
            }
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_name_symbols_and_classes() {
        let places = places("# Why.\nKit: _a class B\n");
        let expected = [("_OBJC_CLASS_$_B", "Kit"), ("_OBJC_METACLASS_$_B", "Kit"), ("_a", "Kit")];
        let expected = expected.map(|(symbol, list)| (symbol.to_owned(), list.to_owned()));
        assert_eq!(places, expected.into());
    }
}
