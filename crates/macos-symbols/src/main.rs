//! Writes the symbols after `[from crates]` in the lists of `docker-extension/data/macos`: the
//! declarations of the crates in `crates.txt`, and the symbols that Rust's standard library requires.
//! `docs/linking.md` explains the lists.
//!
//! With `--verbose`, it also prints declarations for which there is no list.

mod list_file;
mod standard_library;

use std::error::Error;
use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::{Metadata, MetadataCommand, Package};
use docker_extension::internals::foreign::{self, LinkedLibrary};
use docker_extension::internals::platform::Arch;
use xshell::{Shell, cmd};

use list_file::ListFile;

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// The CPUs of Macs, for cargo and in Apple's spelling.
const CPUS: [(Arch, &str, &str); 2] = [
    (Arch::Amd64, "x86_64-apple-darwin", "x86_64"),
    (Arch::Arm64, "aarch64-apple-darwin", "arm64"),
];

/// The library of all symbols that the standard library requires.
const SYSTEM: &str = "System";

/// Crates for other libraries declare some symbols of these libraries too. Such a symbol is only in the
/// first of these lists, because a linker uses the first library that has a symbol.
const BASIC: [&str; 2] = [SYSTEM, "CoreFoundation"];

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
    let directory = directory();
    let crates = declaring_crates(&sh.read_file(directory.join("crates.txt"))?)?;
    let mut lists = Lists(list_file::read_all(&sh, &directory)?);

    let sysroot = Utf8PathBuf::from(cmd!(sh, "rustc --print sysroot").quiet().read()?);
    for (_, triple, cpu) in CPUS {
        for symbol in standard_library::undefined_symbols(&sh, &sysroot, triple)? {
            lists.add(SYSTEM, symbol, cpu)?;
        }
    }
    let metadata = fetch(&sh, &crates)?;
    for declaring in &crates {
        let unread = lists.add_crate(declaring, &root_of(declaring, &metadata)?)?;
        if is_verbose {
            report(declaring, &unread);
        }
    }
    lists.write(&sh)
}

fn directory() -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../docker-extension/data/macos")
}

#[expect(clippy::print_stdout, reason = "the output that `--verbose` requests")]
fn report(declaring: &DeclaringCrate, unread: &[foreign::Declaration]) {
    for foreign::Declaration { symbol, library } in unread {
        let library = library.as_ref().map_or("no library", |library| &library.name);
        println!("{}: no list for `{symbol}` of {library}", declaring.name);
    }
}

/// A line of `crates.txt`.
#[derive(Debug, PartialEq, Eq)]
struct DeclaringCrate {
    name: String,
    version: String,
    /// The library of external blocks without a name.
    library: Option<String>,
}

fn declaring_crates(text: &str) -> Result<Vec<DeclaringCrate>> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let crates = lines.map(|line| match line.split(' ').collect::<Vec<_>>()[..] {
        [name, version, library] => Ok(DeclaringCrate {
            name: name.to_owned(),
            version: version.to_owned(),
            library: Some(library.to_owned()).filter(|library| library != "-"),
        }),
        _ => {
            let expected = "a crate, its version, and its library or `-`";
            Err(format!("`crates.txt` contains the line `{line}`, expected {expected}").into())
        }
    });
    crates.collect()
}

/// Downloads the crates with cargo, as dependencies of a project that is never built.
fn fetch(sh: &Shell, crates: &[DeclaringCrate]) -> Result<Metadata> {
    let project = sh.create_temp_dir()?;
    let _in_project = sh.push_dir(project.path());
    let mut manifest =
        "[package]\nname = \"symbols\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n"
            .to_owned();
    for DeclaringCrate { name, version, .. } in crates {
        manifest += &format!("{name} = {{ version = \"={version}\", default-features = false }}\n");
    }
    sh.write_file("Cargo.toml", manifest)?;
    sh.write_file("src/lib.rs", "")?;
    let metadata = MetadataCommand::new().current_dir(project.path()).exec()?;
    cmd!(sh, "cargo fetch --locked").quiet().run()?;
    Ok(metadata)
}

/// The path of the crate's `lib.rs`.
fn root_of(declaring: &DeclaringCrate, metadata: &Metadata) -> Result<Utf8PathBuf> {
    let DeclaringCrate { name, version, .. } = declaring;
    let is_it = |package: &&Package| {
        *package.name == *name && package.version.to_string().starts_with(version)
    };
    let package = metadata.packages.iter().find(is_it);
    let library = package.and_then(|package| {
        package.targets.iter().find(|target| target.is_lib() || target.is_rlib())
    });
    let library = library.ok_or_else(|| format!("`{name}` {version} is not a library crate"))?;
    Ok(library.src_path.clone())
}

/// The lists, with the symbols that were found so far.
struct Lists(Vec<ListFile>);

impl Lists {
    fn add(&mut self, library: &str, symbol: String, cpu: &'static str) -> Result<()> {
        // A symbol that was added by hand is in that list only.
        let index = self
            .0
            .iter()
            .position(|list| list.has_by_hand(&symbol))
            .or_else(|| self.0.iter().position(|list| list.name() == library))
            .ok_or_else(|| format!("no list for the library `{library}`"))?;
        self.0[index].found.entry(symbol).or_default().insert(cpu);
        Ok(())
    }

    /// Returns the declarations for which there is no list.
    fn add_crate(
        &mut self,
        declaring: &DeclaringCrate,
        root: &Utf8Path,
    ) -> Result<Vec<foreign::Declaration>> {
        let mut unread = Vec::new();
        for (arch, _, cpu) in CPUS {
            for item in foreign::declarations(root, arch).items {
                let named = item.library.as_ref().and_then(|library| self.called(library));
                match named.or_else(|| declaring.library.clone()) {
                    Some(library) => self.add(&library, item.symbol, cpu)?,
                    None => unread.push(item),
                }
            }
        }
        Ok(unread)
    }

    fn called(&self, library: &LinkedLibrary) -> Option<String> {
        let list = self.0.iter().find(|list| list.is_called(library))?;
        Some(list.name().to_owned())
    }

    /// Returns the number of symbols.
    fn write(&self, sh: &Shell) -> Result<usize> {
        let mut count = 0;
        for list in &self.0 {
            let symbols = list.symbols_from_crates(|symbol| {
                self.basic_library_of(symbol).is_none_or(|library| library == list.name())
            });
            count += symbols.len() + list.by_hand_count();
            sh.write_file(list.path(), list.text(&symbols))?;
        }
        Ok(count)
    }

    fn basic_library_of(&self, symbol: &str) -> Option<&'static str> {
        BASIC.into_iter().find(|library| {
            self.0.iter().any(|list| list.name() == *library && list.found.contains_key(symbol))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_are_listed_with_version_and_library() {
        let sh = Shell::new().unwrap();
        let crates = sh.read_file(directory().join("crates.txt")).unwrap();
        let crates = declaring_crates(&crates).unwrap();
        let libc = crates.iter().find(|declaring| declaring.name == "libc").unwrap();
        assert_eq!(libc.library.as_deref(), Some(SYSTEM));
        let lists = list_file::read_all(&sh, &directory()).unwrap();
        for library in crates.iter().filter_map(|declaring| declaring.library.as_ref()) {
            assert!(lists.iter().any(|list| list.name() == library), "{library}");
        }
    }

    #[test]
    fn an_incomplete_line_is_named_in_the_error() {
        let error = declaring_crates("# libc\nlibc 0.2.1\n").unwrap_err();
        assert!(error.to_string().contains("`libc 0.2.1`"), "{error}");
    }

    #[test]
    fn a_symbol_of_a_basic_library_is_in_no_other_list() {
        let list =
            |name: &str| ListFile::parse(Utf8Path::new(name), "[by hand]\n\n[from crates]\n");
        let mut lists = Lists(vec![list("Security.txt"), list("System.txt")]);
        lists.add("Security", "_SecA".to_owned(), "arm64").unwrap();
        lists.add("Security", "_read".to_owned(), "arm64").unwrap();
        assert_eq!(lists.basic_library_of("_read"), None);
        lists.add("System", "_read".to_owned(), "arm64").unwrap();
        assert_eq!(lists.basic_library_of("_read"), Some("System"));
        assert_eq!(lists.basic_library_of("_SecA"), None);
        assert!(lists.add("Metal", "_a".to_owned(), "arm64").is_err());
    }
}
