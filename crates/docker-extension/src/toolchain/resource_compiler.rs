//! The programs that build scripts call for Windows resources: `windres`, and `ar`.
//!
//! The crates `winresource`, `winres`, `embed-resource` and `tauri-winres` find them on PATH, by the names in
//! [`NAMES`]. `embed-resource` makes no resources, and reports no error, if it finds none. The variables
//! `WINDRES`, `RC` and `AR` of the user take precedence in these crates.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::{import_library, own_tool};
use crate::error::{Error, Result};
use crate::files::{self, IoContext};
use crate::resources::object_file::{self, CoffMachine};
use crate::resources::rc::{self, RcOptions};

/// The names of the resource compiler, then those of the archiver. `winresource` and `embed-resource` derive
/// them from the target, each in its own way.
const NAMES: [&str; 7] = [
    "windres",
    "llvm-windres",
    "x86_64-w64-mingw32-windres",
    "aarch64-w64-mingw32-windres",
    "ar",
    "llvm-ar",
    "x86_64-w64-mingw32-ar",
];

/// Links xtask under the names of the programs into `directory`, which only contains such links. Returns
/// the value of PATH with which build scripts find them.
///
/// # Errors
/// The directory can't be written.
pub(super) fn install(directory: &Utf8Path) -> Result<String> {
    for name in NAMES {
        own_tool::install(directory, name)?;
    }
    import_library::install_for_others(directory)?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    // A variable of a setup is Unicode, and so are nearly all directories on PATH.
    let others = std::env::split_paths(&path)
        .filter(|other| other != directory.as_std_path() && other.to_str().is_some());
    let all = [directory.as_std_path().to_owned()].into_iter().chain(others);
    let all = std::env::join_paths(all)
        .map_err(|error| Error::new(format!("can't add `{directory}` to PATH")).because(error))?;
    Ok(all.to_string_lossy().into_owned())
}

/// One call of a program that xtask acts as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceTool {
    Windres(Windres),
    Archiver(Archiver),
    /// Print the program's name and version.
    Version,
}

/// The call, if this process was started under one of the names.
pub fn from_name(program: &OsStr, args: &[String]) -> Option<Result<ResourceTool>> {
    let name = Path::new(program).file_stem()?.to_str()?;
    let name = *NAMES.iter().find(|it| **it == name)?;
    if name.ends_with("ar") {
        return Some(Ok(ResourceTool::Archiver(Archiver { name, args: args.to_vec() })));
    }
    let target = std::env::var("TARGET").ok();
    Some(Windres::parse(name, args, target.as_deref()))
}

impl ResourceTool {
    /// # Errors
    /// The input is invalid, or a file can't be read or written.
    pub fn run(&self) -> Result<()> {
        match self {
            ResourceTool::Windres(windres) => windres.run(),
            ResourceTool::Archiver(archiver) => archiver.run(),
            // `embed-resource` recognizes the words "GNU windres" at the start.
            ResourceTool::Version => crate::output::print(&format!(
                "GNU windres (compatible; docker-extension {})\n",
                env!("CARGO_PKG_VERSION")
            )),
        }
    }
}

/// The arguments of `windres`: those of GNU's that don't concern a preprocessor of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Windres {
    input: Utf8PathBuf,
    output: Utf8PathBuf,
    machine: CoffMachine,
    options: RcOptions,
}

/// The options with a value, by their long and their short names.
const WITH_VALUE: [(&str, &str); 13] = [
    ("--input", "-i"),
    ("--output", "-o"),
    ("--input-format", "-J"),
    ("--output-format", "-O"),
    ("--target", "-F"),
    ("--include-dir", "-I"),
    ("--define", "-D"),
    ("--undefine", "-U"),
    ("--codepage", "-c"),
    ("--language", "-l"),
    ("--preprocessor", "--preprocessor"),
    ("--preprocessor-arg", "--preprocessor-arg"),
    ("--yydebug", "--yydebug"),
];

impl Windres {
    /// `target`: the triple of a build script.
    fn parse(name: &str, args: &[String], target: Option<&str>) -> Result<ResourceTool> {
        let invalid = |what: String| Error::new(format!("windres: {what}"));
        let mut options = RcOptions::default();
        let mut files: Vec<Utf8PathBuf> = Vec::new();
        let (mut input, mut output, mut bfd_target) = (None, None, None);
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            if matches!(&**arg, "-V" | "--version") {
                return Ok(ResourceTool::Version);
            }
            if matches!(
                &**arg,
                "-v" | "-r" | "--verbose" | "--use-temp-file" | "--no-use-temp-file"
            ) {
                continue;
            }
            let Some((option, value)) = option(arg) else {
                if arg.starts_with('-') {
                    return Err(invalid(format!("the option `{arg}` is unknown")));
                }
                files.push(arg.into());
                continue;
            };
            let value = match value {
                Some(value) => value.to_owned(),
                None => args
                    .next()
                    .cloned()
                    .ok_or_else(|| invalid(format!("the option `{arg}` has no value")))?,
            };
            match option {
                "--input" => input = Some(Utf8PathBuf::from(value)),
                "--output" => output = Some(Utf8PathBuf::from(value)),
                "--target" => bfd_target = Some(value),
                "--include-dir" => options.include_directories.push(value.into()),
                "--define" => options.definitions.push(value),
                "--undefine" => options.undefined.push(value),
                "--codepage" => options.code_page = Some(value.parse().map_err(invalid)?),
                "--language" => {
                    // Hexadecimal, as in GNU's program.
                    let digits = value.trim_start_matches("0x");
                    let language = u16::from_str_radix(digits, 16);
                    let language = language.map_err(|error| {
                        invalid(format!("the language `{value}` is invalid")).because(error)
                    })?;
                    options.language = Some(language);
                }
                "--input-format" if value != "rc" => {
                    return Err(invalid(format!("the input format `{value}` is not supported")));
                }
                "--output-format" if value != "coff" => {
                    return Err(invalid(format!("the output format `{value}` is not supported"))
                        .help("use the output format `coff`, which rustc's linkers accept"));
                }
                _ => {}
            }
        }
        let mut files = files.into_iter();
        let input = input.or_else(|| files.next());
        let output = output.or_else(|| files.next());
        let input = input.ok_or_else(|| invalid("no input file".to_owned()))?;
        let output = output.ok_or_else(|| invalid("no output file".to_owned()))?;
        let machine = machine(name, bfd_target.as_deref(), target)?;
        Ok(ResourceTool::Windres(Windres { input, output, machine, options }))
    }

    fn run(&self) -> Result<()> {
        let resources = rc::compile(&self.input, &self.options, &read)?;
        files::write(&self.output, object_file::write(&resources, self.machine)?)
    }
}

/// Splits `--name=value`, `-Nvalue`, and names whose value is the next argument.
fn option(arg: &str) -> Option<(&'static str, Option<&str>)> {
    WITH_VALUE.iter().find_map(|(long, short)| {
        if arg == *long || arg == *short {
            return Some((*long, None));
        }
        if let Some(value) = arg.strip_prefix(long).and_then(|rest| rest.strip_prefix('=')) {
            return Some((*long, Some(value)));
        }
        let is_short = short.len() == 2 && !arg.starts_with("--");
        let value = arg.strip_prefix(short).filter(|_| is_short)?;
        Some((*long, Some(value)))
    })
}

/// From the option `--target` (a BFD name or a triple), the program's name, or the build script's target.
fn machine(name: &str, bfd_target: Option<&str>, target: Option<&str>) -> Result<CoffMachine> {
    let of_name = |name: &str| match name {
        _ if name.starts_with("pe-x86-64") || name.starts_with("x86_64") => {
            Some(CoffMachine::Amd64)
        }
        _ if name.starts_with("pe-aarch64") || name.starts_with("aarch64") => {
            Some(CoffMachine::Arm64)
        }
        _ if name.starts_with("pe-i386")
            || name.starts_with("i686")
            || name.starts_with("i386") =>
        {
            Some(CoffMachine::I386)
        }
        _ => None,
    };
    let found = match bfd_target {
        Some(bfd_target) => of_name(bfd_target),
        None => of_name(name).or_else(|| of_name(target?)),
    };
    found.ok_or_else(|| {
        let target = bfd_target.or(target).unwrap_or("none");
        Error::new(format!("windres: the target `{target}` is not supported"))
            .help("use the option `--target=pe-x86-64` or `--target=pe-aarch64-little`")
    })
}

/// The maximum size of a file, in bytes.
const MAX_SIZE: u64 = 64 << 20;

fn read(path: &Utf8Path) -> Result<Option<Vec<u8>>> {
    match path.metadata() {
        Ok(metadata) if metadata.is_file() => {
            if metadata.len() > MAX_SIZE {
                return Err(Error::new(format!("`{path}` is larger than 64 MiB")));
            }
            std::fs::read(path).map(Some).doing("read", path)
        }
        _ => Ok(None),
    }
}

/// A call of an archiver.
///
/// Only an archive that has nothing but resources is made here. A linker ignores such archives, because nothing
/// refers to their symbols; so the "archive" is the object file itself. The crate `winres` needs that.
/// The archiver of the machine does everything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archiver {
    name: &'static str,
    args: Vec<String>,
}

impl Archiver {
    fn run(&self) -> Result<()> {
        if let [operation, archive, object] = &*self.args
            && operation.trim_start_matches('-').contains('r')
            && let Some(object) = read(object.as_str().into())?
            && object_file::has_only_resources(&object)
        {
            return files::write(archive.as_str().into(), object);
        }
        let program = self.of_this_machine().ok_or_else(|| {
            Error::new(format!("the program `{}` is missing", self.name))
                .help("install GNU's binutils or LLVM, and add it to PATH")
        })?;
        let status = Command::new(&program).args(&self.args).status();
        let status = status.map_err(|error| {
            Error::new(format!("can't run `{}`", program.display())).because(error)
        })?;
        // The archiver has printed the reason.
        if status.success() { Ok(()) } else { std::process::exit(status.code().unwrap_or(1)) }
    }

    /// The program with this name, or another archiver, without the links to xtask.
    fn of_this_machine(&self) -> Option<PathBuf> {
        let link = std::env::current_exe().ok()?;
        let own = link.canonicalize().ok()?;
        let is_other = |path: &PathBuf| {
            // On Windows, the links are hard ones.
            path.parent() != link.parent() && path.canonicalize().is_ok_and(|path| path != own)
        };
        // `cargo-zigbuild` sets the variable to zig's archiver.
        let target = std::env::var("TARGET").unwrap_or_default().replace('-', "_");
        let variable = std::env::var_os(format!("AR_{target}")).unwrap_or_default();
        let names: [OsString; 4] = [self.name.into(), variable, "llvm-ar".into(), "ar".into()];
        let mut names = names.iter().filter(|name| !name.is_empty());
        names.find_map(|name| which::which_all(name).ok()?.find(is_other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str, args: &str, target: Option<&str>) -> Result<ResourceTool> {
        let args: Vec<String> = args.split(' ').map(str::to_owned).collect();
        Windres::parse(name, &args, target)
    }

    fn windres(name: &str, args: &str, target: Option<&str>) -> Windres {
        match parse(name, args, target).unwrap() {
            ResourceTool::Windres(windres) => windres,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_arguments_of_each_crate_are_accepted() {
        let winresource = "-I/w/tool --target pe-x86-64 /out/main_res.rc /out/main_res.o";
        let winresource = windres("x86_64-w64-mingw32-windres", winresource, None);
        assert_eq!(winresource.options.include_directories, ["/w/tool"]);
        assert_eq!(
            (&*winresource.input, &*winresource.output),
            ("/out/main_res.rc".into(), "/out/main_res.o".into())
        );

        let embed_resource = "--input app.rc --output /out/app.lib --include-dir /out \
                              --output-format=coff -D A=1 -I res";
        let embed_resource = windres("aarch64-w64-mingw32-windres", embed_resource, None);
        assert_eq!(embed_resource.machine, CoffMachine::Arm64);
        assert_eq!(embed_resource.options.definitions, ["A=1"]);
        assert_eq!(embed_resource.options.include_directories, ["/out", "res"]);

        let on_windows = "--input app.rc --output /out/libapp.a --include-dir /out \
                          --output-format=coff --target pe-aarch64-little -c 65001";
        assert_eq!(windres("windres", on_windows, None).machine, CoffMachine::Arm64);

        let winres = "-I/w/tool /out/resource.rc /out/resource.o";
        let winres = windres("windres", winres, Some("x86_64-pc-windows-gnu"));
        assert_eq!(winres.machine, CoffMachine::Amd64);
    }

    #[test]
    fn on_arm_the_machine_is_that_of_the_build_script() {
        let args = "-I/w/tool /out/main_res.rc /out/main_res.o";
        let target = Some("aarch64-pc-windows-gnullvm");
        assert_eq!(windres("llvm-windres", args, target).machine, CoffMachine::Arm64);
        assert!(parse("llvm-windres", args, None).is_err());
    }

    #[test]
    fn an_argument_that_is_not_supported_is_named_in_the_error() {
        let error = |args: &str| parse("windres", args, None).unwrap_err().to_string();
        assert!(error("-O res a.rc a.res").contains("`res`"));
        assert!(error("--what a.rc a.o").contains("`--what`"));
        assert!(error("-c 932 a.rc a.o").contains("932"));
        assert!(error("a.rc").contains("output"));
        assert_eq!(parse("windres", "-V /?", None).unwrap(), ResourceTool::Version);
    }
}
