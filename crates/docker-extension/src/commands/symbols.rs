//! `cargo xtask symbols`: writes the names in `data/macos` anew, from the crates that declare them
//! and from Rust's own standard library. For those who maintain xtask.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::{Metadata, MetadataCommand, Package};
use object::read::archive::ArchiveFile;
use object::{Object, ObjectSymbol};
use xshell::Shell;

use crate::files::{self, IoContext};
use crate::foreign;
use crate::platform::Arch;
use crate::process;
use crate::progress::Progress;
use crate::toolchain::macos::{self, List, Symbol};
use crate::toolchain::{self, Toolchain};

/// The library that has whatever the standard library calls.
const SYSTEM: &str = "System";

/// Crates of other libraries declare some of these libraries' names too, for their own use. They are
/// here and nowhere else: the linker would take the first library that has them.
const BASIC: [&str; 2] = [SYSTEM, "CoreFoundation"];

/// Why the lists can't be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `crates.txt` is not as it should be.
    #[error("`crates.txt` has the line `{0}`, and not a crate, its version and its library")]
    Line(String),
    /// There is no list for what `crates.txt` names.
    #[error("`crates.txt` names the library `{0}`, for which there is no list")]
    NoList(String),
    /// The crates can't be had.
    #[error("can't get the crates")]
    Crates(#[source] cargo_metadata::Error),
    /// The standard library is not there, or can't be read.
    #[error("can't read the standard library of {0}")]
    StandardLibrary(String),
    /// Cargo can't be run.
    #[error(transparent)]
    Process(#[from] process::ProcessError),
    /// The compiler can't be asked.
    #[error(transparent)]
    Toolchain(#[from] toolchain::Error),
    /// A file can't be read or written.
    #[error(transparent)]
    Files(#[from] files::Error),
}

impl Error {
    /// What the person can do.
    pub fn help(&self) -> Option<String> {
        match self {
            Error::Line(_) | Error::NoList(_) => {
                Some("mend `xtask/data/macos/crates.txt`; docs/linking.md explains it".to_owned())
            }
            Error::Crates(_) => Some("connect to the network".to_owned()),
            Error::StandardLibrary(triple) => Some(format!("`rustup target add {triple}`")),
            Error::Process(_) => None,
            Error::Toolchain(error) => error.help(),
            Error::Files(error) => error.advice().map(str::to_owned),
        }
    }
}

/// Writes the lists of the workspace that `xtask` was compiled from.
///
/// # Errors
/// A crate can't be had, or a file can't be written. The lists are then as they were.
pub fn run(progress: &Progress) -> Result<(), Error> {
    let step = progress.step("Find the names of macOS's libraries");
    let folder = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("data/macos");
    let sources = sources(&files::read_text(&folder.join("crates.txt"))?)?;
    let toolchain = Toolchain::detect(&Shell::new().map_err(shell_error)?)?;

    let mut names = Names { lists: macos::lists().collect(), ..Names::default() };
    for (cpu, arch) in [("x86_64", Arch::ALL[0]), ("arm64", Arch::ALL[1])] {
        let triple = crate::platform::HostPlatform::new(crate::platform::Os::Darwin, arch).triple();
        for name in standard_library(&toolchain, triple)? {
            names.add(SYSTEM, name, cpu)?;
        }
    }
    let metadata = fetch(&sources)?;
    for source in &sources {
        let package = metadata.packages.iter().find(|package| {
            *package.name == source.name && package.version.to_string().starts_with(&source.version)
        });
        if let Some(root) = package.and_then(root_of) {
            step.at(&source.name);
            names.add_crate(source, &root, progress)?;
        }
    }
    let count = names.write(&folder)?;
    step.done(format_args!("{count} names"));
    Ok(())
}

fn shell_error(error: xshell::Error) -> Error {
    let error = std::io::Error::other(error);
    files::error("work in", ".", error).into()
}

/// A line of `crates.txt`.
#[derive(Debug, PartialEq, Eq)]
struct Source {
    name: String,
    version: String,
    /// The library of blocks that name none.
    library: Option<String>,
}

fn sources(text: &str) -> Result<Vec<Source>, Error> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| match line.split(' ').collect::<Vec<_>>()[..] {
            [name, version, library] => Ok(Source {
                name: name.to_owned(),
                version: version.to_owned(),
                library: Some(library.to_owned()).filter(|library| library != "-"),
            }),
            _ => Err(Error::Line(line.to_owned())),
        })
        .collect()
}

/// Lets cargo download the crates: a project that depends on all of them, for nothing but to be
/// looked at.
fn fetch(sources: &[Source]) -> Result<Metadata, Error> {
    let project = tempfile::tempdir().doing("make", "a temporary folder")?;
    let root = Utf8PathBuf::from_path_buf(project.path().to_owned()).unwrap_or_default();
    files::create_dir(&root.join("src"))?;
    files::write(&root.join("src/lib.rs"), "")?;
    let mut manifest =
        "[package]\nname = \"names\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n".to_owned();
    for Source { name, version, .. } in sources {
        manifest += &format!("{name} = {{ version = \"={version}\", default-features = false }}\n");
    }
    files::write(&root.join("Cargo.toml"), manifest)?;
    let metadata = MetadataCommand::new().current_dir(&root).exec().map_err(Error::Crates)?;
    let mut fetch = Command::new("cargo");
    fetch.args(["fetch", "--locked"]).current_dir(&root);
    process::read(fetch)?;
    Ok(metadata)
}

fn root_of(package: &Package) -> Option<Utf8PathBuf> {
    let library = package.targets.iter().find(|target| target.is_lib() || target.is_rlib())?;
    Some(library.src_path.clone())
}

/// Everything that the standard library of a target leaves to the system.
fn standard_library(toolchain: &Toolchain, triple: &str) -> Result<BTreeSet<String>, Error> {
    let folder = toolchain.sysroot.join("lib/rustlib").join(triple).join("lib");
    let unreadable = || Error::StandardLibrary(triple.to_owned());
    let (mut wanted, mut defined) = (BTreeSet::new(), BTreeSet::new());
    for entry in files::entries(&folder).map_err(|_| unreadable())? {
        // What measures a program's test coverage is in no program that is shipped.
        let is_profiler = entry.file_name().starts_with("libprofiler");
        if entry.path().extension() == Some("rlib") && !is_profiler {
            let rlib = files::read(entry.path())?;
            read_symbols(&rlib, &mut wanted, &mut defined).map_err(|_| unreadable())?;
        }
    }
    wanted.retain(|name| !defined.contains(name));
    // Left are names of C, and some of Rust that the compiler defines for each program.
    wanted.retain(|name| {
        !["__R", "__ZN", "___rust", "_rust_", "___dso_handle"]
            .iter()
            .any(|rust| name.starts_with(rust))
    });
    if wanted.is_empty() { Err(unreadable()) } else { Ok(wanted) }
}

fn read_symbols(
    rlib: &[u8],
    wanted: &mut BTreeSet<String>,
    defined: &mut BTreeSet<String>,
) -> object::read::Result<()> {
    for member in ArchiveFile::parse(rlib)?.members() {
        let Ok(object) = object::File::parse(member?.data(rlib)?) else { continue };
        for symbol in object.symbols() {
            let names = if symbol.is_undefined() { &mut *wanted } else { &mut *defined };
            names.insert(symbol.name()?.to_owned());
        }
    }
    Ok(())
}

/// The names as they are found.
#[derive(Default)]
struct Names {
    lists: Vec<List>,
    /// The CPUs that have a name, by the library's list and the name.
    found: BTreeMap<(usize, String), BTreeSet<&'static str>>,
}

impl Names {
    fn add(&mut self, library: &str, name: String, cpu: &'static str) -> Result<(), Error> {
        // What a person has put elsewhere is there and nowhere else.
        let list = self
            .lists
            .iter()
            .position(|list| list.has_by_hand(&name))
            .or_else(|| self.lists.iter().position(|list| list.name == library))
            .ok_or_else(|| Error::NoList(library.to_owned()))?;
        self.found.entry((list, name)).or_default().insert(cpu);
        Ok(())
    }

    fn add_crate(
        &mut self,
        source: &Source,
        root: &Utf8Path,
        progress: &Progress,
    ) -> Result<(), Error> {
        for (cpu, arch) in [("x86_64", Arch::ALL[0]), ("arm64", Arch::ALL[1])] {
            for item in foreign::declarations(root, arch).items {
                let named = item.library.as_ref().and_then(|library| {
                    let list = self
                        .lists
                        .iter()
                        .find(|list| list.is_called(&library.name, library.is_framework));
                    list.map(|list| list.name.clone())
                });
                match named.or_else(|| source.library.clone()) {
                    Some(library) => self.add(&library, item.symbol, cpu)?,
                    None => progress.detail(format_args!(
                        "{}: no list for `{}` of {:?}",
                        source.name, item.symbol, item.library
                    )),
                }
            }
        }
        Ok(())
    }

    /// Writes every list, and returns how many names there are.
    fn write(self, folder: &Utf8Path) -> Result<usize, Error> {
        let mut count = 0;
        let is_elsewhere = |index: usize, name: &str| {
            let mut basic = self
                .lists
                .iter()
                .enumerate()
                .filter(|(other, list)| *other != index && BASIC.contains(&list.name.as_str()));
            basic.any(|(other, _)| self.found.contains_key(&(other, name.to_owned())))
        };
        let doubles: BTreeSet<(usize, String)> =
            self.found.keys().filter(|(index, name)| is_elsewhere(*index, name)).cloned().collect();
        for (index, mut list) in self.lists.into_iter().enumerate() {
            let own =
                self.found.iter().filter(|(key, _)| key.0 == index && !doubles.contains(*key));
            let symbol = |((_, name), cpus): (&(usize, String), &BTreeSet<&'static str>)| Symbol {
                name: name.clone(),
                only: if cpus.len() == 1 { cpus.first().copied() } else { None },
            };
            list.set_from_crates(own.map(symbol).collect());
            count += list.symbols().count();
            files::write(&folder.join(format!("{}.txt", list.name)), list.text())?;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crates_that_are_read_are_known_by_version_and_library() {
        let text = files::read_text(
            &Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("data/macos/crates.txt"),
        );
        let sources = sources(&text.unwrap()).unwrap();
        let libc = sources.iter().find(|source| source.name == "libc").unwrap();
        assert_eq!(libc.library.as_deref(), Some(SYSTEM));
        let known: Vec<String> = macos::lists().map(|list| list.name).collect();
        for library in sources.iter().filter_map(|source| source.library.as_ref()) {
            assert!(known.contains(library), "{library}");
        }
    }

    #[test]
    fn a_line_that_is_cut_off_is_named() {
        let error = sources("# libc\nlibc 0.2.1\n").unwrap_err();
        assert!(error.to_string().contains("`libc 0.2.1`"), "{error}");
    }
}
