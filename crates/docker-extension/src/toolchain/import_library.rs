//! The part of `dlltool` that rustc uses: it writes an import library for the functions of a DLL that a
//! crate declares (`#[link(kind = "raw-dylib")]`).
//!
//! The library is an archive with one record per function, in the PE format's "Import Library Format".
//! `rust-lld` generates everything else itself; other linkers need more than these records.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use camino::{Utf8Path, Utf8PathBuf};

use super::own_tool;
use crate::error::{Error, Result};
use crate::files;

/// The name that makes xtask act as this tool.
const NAME: &str = "xtask-dlltool";
/// The names that others give it.
const OTHER_NAMES: [&str; 2] = ["x86_64-w64-mingw32-dlltool", "aarch64-w64-mingw32-dlltool"];

/// The arguments from rustc: a subset of those of GNU's `dlltool`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dlltool {
    definition: Utf8PathBuf,
    library: Utf8PathBuf,
    dll: String,
    machine: u16,
}

/// Links xtask under the tool's name into `directory`, and returns the path.
///
/// # Errors
/// The directory can't be written.
pub(super) fn install(directory: &Utf8Path) -> Result<Utf8PathBuf> {
    own_tool::install(directory, NAME)
}

/// Links xtask into `directory` under the names that others give the tool, unless the machine has one.
/// `cargo-zigbuild` would put its own programs in front of PATH if there was none.
///
/// # Errors
/// The directory can't be written.
pub(super) fn install_for_others(directory: &Utf8Path) -> Result<()> {
    let is_other = |path: PathBuf| path.parent() != Some(directory.as_std_path());
    for name in OTHER_NAMES {
        if !which::which_all(name).is_ok_and(|mut paths| paths.any(is_other)) {
            own_tool::install(directory, name)?;
        }
    }
    Ok(())
}

/// The arguments, if this process was started under one of the tool's names.
pub fn from_name(program: &OsStr, args: &[String]) -> Option<Result<Dlltool>> {
    let name = Path::new(program).file_stem()?;
    let is_named = name == NAME || OTHER_NAMES.iter().any(|other| name == *other);
    is_named.then(|| Dlltool::parse(args))
}

impl Dlltool {
    fn parse(args: &[String]) -> Result<Self> {
        let unknown =
            |arg: &str| Error::new(format!("dlltool: the argument `{arg}` is missing or invalid"));
        let value = |option: &str| {
            let position = args.iter().position(|arg| arg == option);
            let value = position.and_then(|position| args.get(position + 1));
            value.map(String::as_str).ok_or_else(|| unknown(option))
        };
        let machine = match value("-m")? {
            "i386:x86-64" => object::pe::IMAGE_FILE_MACHINE_AMD64,
            "arm64" => object::pe::IMAGE_FILE_MACHINE_ARM64,
            other => return Err(unknown(other)),
        };
        Ok(Self {
            definition: value("-d")?.into(),
            library: value("-l")?.into(),
            dll: value("-D")?.to_owned(),
            machine: machine.0,
        })
    }

    /// # Errors
    /// The list of functions can't be read or is invalid, or the library can't be written.
    pub fn run(&self) -> Result<()> {
        let functions = functions(&files::read_text(&self.definition)?)?;
        let archive = self.archive(&functions);
        let archive = archive.ok_or_else(|| Error::new("dlltool: too many functions"))?;
        files::write(&self.library, archive)
    }

    /// A record: a header, the function's name, the DLL's name.
    fn record(&self, function: &Function) -> Vec<u8> {
        const BY_ORDINAL: u16 = 0;
        const BY_NAME: u16 = 1;
        let (number, by) = match function.ordinal {
            Some(ordinal) => (ordinal, BY_ORDINAL),
            None => (0, BY_NAME),
        };
        let names = format!("{}\0{}\0", function.name, self.dll);
        let size = names.len() as u32;
        let mut record = Vec::new();
        for half in [0, 0xffff, 0, self.machine, 0, 0] {
            record.extend(u16::to_le_bytes(half));
        }
        record.extend(size.to_le_bytes());
        record.extend(number.to_le_bytes());
        record.extend((by << 2).to_le_bytes());
        record.extend(names.into_bytes());
        record
    }

    /// A GNU `ar` archive: the symbol index, the DLL's name if it is long, and the records. `None` if it
    /// is larger than 4 GiB.
    fn archive(&self, functions: &[Function]) -> Option<Vec<u8>> {
        const MAGIC: &[u8] = b"!<arch>\n";
        let records: Vec<Vec<u8>> = functions
            .iter()
            .map(|function| member(&self.member_name(), &self.record(function)))
            .collect();
        let long_names = match self.member_name().strip_prefix('/') {
            Some(_) => member("//", format!("{}/\n", self.dll).as_bytes()),
            None => Vec::new(),
        };
        // Each function has two symbols: the function, and the pointer to it.
        let names: String =
            functions.iter().map(|function| format!("__imp_{0}\0{0}\0", function.name)).collect();
        let count = u32::try_from(2 * functions.len()).ok()?;
        let index_size = 4 + 4 * count as usize + names.len();
        let mut offset = MAGIC.len() + HEAD + index_size.next_multiple_of(2) + long_names.len();
        let mut index = count.to_be_bytes().to_vec();
        for record in &records {
            let position = u32::try_from(offset).ok()?.to_be_bytes();
            index.extend([position, position].concat());
            offset += record.len();
        }
        index.extend(names.into_bytes());
        Some([MAGIC, &member("/", &index), &long_names, &records.concat()].concat())
    }

    /// Names of more than 15 characters are in a table; this one is at its start.
    fn member_name(&self) -> String {
        if self.dll.len() <= 15 { format!("{}/", self.dll) } else { "/0".to_owned() }
    }
}

/// The size of the header of an archive member, in bytes.
const HEAD: usize = 60;

fn member(name: &str, content: &[u8]) -> Vec<u8> {
    let size = content.len();
    let mut member =
        format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 644).into_bytes();
    member.extend(content);
    if size % 2 == 1 {
        member.push(b'\n');
    }
    member
}

/// A function of a DLL.
#[derive(Debug, PartialEq, Eq)]
struct Function {
    name: String,
    /// The ordinal that identifies the function in the DLL, instead of the name.
    ordinal: Option<u16>,
}

/// Parses the module definition file that rustc writes: `EXPORTS`, then one line per function, `name`
/// or `name @ordinal NONAME`.
fn functions(definition: &str) -> Result<Vec<Function>> {
    let lines = definition.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && *line != "EXPORTS");
    lines
        .map(|line| {
            let unknown = || Error::new(format!("dlltool: the line `{line}` is invalid"));
            let words: Vec<&str> = line.split_whitespace().collect();
            let (name, ordinal) = match words[..] {
                [name] => (name, None),
                [name, number, "NONAME"] => {
                    let number = number.strip_prefix('@').ok_or_else(unknown)?;
                    (name, Some(number.parse().map_err(|_| unknown())?))
                }
                _ => return Err(unknown()),
            };
            Ok(Function { name: name.trim_matches('"').to_owned(), ordinal })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::read::archive::ArchiveFile;
    use object::read::coff::ImportFile;

    fn tool(dll: &str) -> Dlltool {
        Dlltool {
            definition: Utf8PathBuf::new(),
            library: Utf8PathBuf::new(),
            dll: dll.to_owned(),
            machine: object::pe::IMAGE_FILE_MACHINE_AMD64.0,
        }
    }

    #[test]
    fn an_independent_parser_finds_every_function_in_its_dll() {
        let functions = functions("EXPORTS\nBeep\nSleepEx\nold @7 NONAME\n").unwrap();
        for dll in ["kernel32.dll", "api-ms-win-core-synch-l1-2-0.dll"] {
            let library = tool(dll).archive(&functions).unwrap();
            let archive = ArchiveFile::parse(&*library).unwrap();
            let mut found = Vec::new();
            for symbol in archive.symbols().unwrap().unwrap() {
                let symbol = symbol.unwrap();
                let member = archive.member(symbol.offset()).unwrap();
                assert_eq!(member.name(), dll.as_bytes());
                let import = ImportFile::parse(member.data(&*library).unwrap()).unwrap();
                assert_eq!(import.dll(), dll.as_bytes());
                let name = String::from_utf8_lossy(symbol.name());
                found.push(format!("{name}: {:?}", import.import()));
            }
            assert_eq!(found.len(), 6, "{found:?}");
            assert!(found[0].starts_with("__imp_Beep: Name"), "{found:?}");
            assert!(found[3].starts_with("SleepEx: Name"), "{found:?}");
            assert_eq!(found[5], "old: Ordinal(7)");
        }
    }

    #[test]
    fn the_arguments_that_rustc_passes_are_accepted() {
        let args = "-d a.def -D ntdll.dll -l a.lib -m i386:x86-64 -f --64 --no-leading-underscore";
        let args: Vec<String> = args.split(' ').map(str::to_owned).collect();
        let parsed = from_name("/bin/xtask-dlltool".as_ref(), &args).unwrap().unwrap();
        let expected =
            Dlltool { definition: "a.def".into(), library: "a.lib".into(), ..tool("ntdll.dll") };
        assert_eq!(parsed, expected);
        assert!(from_name("/bin/dlltool".as_ref(), &args).is_none());
        assert!(from_name("xtask-dlltool".as_ref(), &args[2..]).unwrap().is_err());
    }

    #[test]
    fn an_invalid_line_is_named_in_the_error() {
        let error = functions("EXPORTS\na @b NONAME\n").unwrap_err();
        assert!(error.to_string().contains("`a @b NONAME`"), "{error}");
    }
}
