//! `dlltool`, as far as the compiler calls it: a library to link with for functions that a Rust
//! crate says are in a DLL (`#[link(kind = "raw-dylib")]`).
//!
//! It is an archive with a record for each function, as the PE format has it ("Import Library
//! Format"); `rust-lld` makes everything else by itself. Other linkers want more than that.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};

use crate::error::{Error, Result};
use crate::files::{self, IoContext};

/// The name under which xtask is this tool.
const NAME: &str = "xtask-dlltool";

/// What the compiler asks for: some of the arguments of GNU's `dlltool`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dlltool {
    definition: Utf8PathBuf,
    library: Utf8PathBuf,
    dll: String,
    machine: u16,
}

/// Puts xtask under the tool's name into `folder`, and returns the path.
///
/// # Errors
/// The folder can't be written.
pub(super) fn install(folder: &Utf8Path) -> Result<Utf8PathBuf> {
    files::create_dir(folder)?;
    let tool = folder.join(format!("{NAME}{}", std::env::consts::EXE_SUFFIX));
    let own = std::env::current_exe().doing("find", "xtask itself")?;
    // Renamed into its place, because the compiler of another run may be calling it.
    let new = folder.join(format!("{NAME}.{}", std::process::id()));
    link(&own, new.as_std_path()).doing("write", &new)?;
    files::rename(&new, &tool)?;
    Ok(tool)
}

#[cfg(unix)]
fn link(own: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(own, link)
}

#[cfg(not(unix))]
fn link(own: &Path, link: &Path) -> io::Result<()> {
    std::fs::hard_link(own, link).or_else(|_| std::fs::copy(own, link).map(drop))
}

/// The call of the tool, if this process was started under its name.
pub fn from_name(program: &OsStr, args: &[String]) -> Option<Result<Dlltool>> {
    (Path::new(program).file_stem()? == NAME).then(|| Dlltool::parse(args))
}

impl Dlltool {
    fn parse(args: &[String]) -> Result<Self> {
        let unknown =
            |arg: &str| Error::new(format!("dlltool: the argument `{arg}` is missing or unknown"));
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
    /// The list of functions can't be read or understood, or the library not be written.
    pub fn run(&self) -> Result<()> {
        let functions = functions(&files::read_text(&self.definition)?)?;
        let archive = self.archive(&functions);
        let archive = archive.ok_or_else(|| Error::new("dlltool: too many functions"))?;
        files::write(&self.library, archive)
    }

    /// A record: a head, the function's name, the DLL's name.
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

    /// An `ar` archive of GNU's kind: the index of symbols, the DLL's name if it is long, and the
    /// records. `None` where it grows over four gigabytes.
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
        // Two symbols for each function: itself, and the pointer to it.
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

    /// Names of more than 15 characters stand in a table, here at its beginning.
    fn member_name(&self) -> String {
        if self.dll.len() <= 15 { format!("{}/", self.dll) } else { "/0".to_owned() }
    }
}

/// The size of the head of a member of an archive.
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
    /// The number by which the DLL is asked for it, in the place of the name.
    ordinal: Option<u16>,
}

/// Reads a module definition file as the compiler writes it: `EXPORTS`, then a line for each
/// function, `name` or `name @number NONAME`.
fn functions(definition: &str) -> Result<Vec<Function>> {
    let lines = definition.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && *line != "EXPORTS");
    lines
        .map(|line| {
            let unknown = || Error::new(format!("dlltool: the line `{line}` is unknown"));
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
    fn an_independent_reader_finds_every_function_in_its_dll() {
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
    fn the_compilers_arguments_are_understood() {
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
    fn what_is_no_function_is_named() {
        let error = functions("EXPORTS\na @b NONAME\n").unwrap_err();
        assert!(error.to_string().contains("`a @b NONAME`"), "{error}");
    }
}
