//! The zig that `cargo-zigbuild` calls: it runs the real one, and makes it keep the directories of this machine
//! out of the objects that it compiles from C.
//!
//! A program in between reaches every build system, and works with paths that contain spaces, which variables
//! such as `CFLAGS` can't express.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use camino::Utf8PathBuf;
use sha2::{Digest, Sha256};

use super::remap::RemappedPath;
use super::zig::Zig;
use super::{cache, own_tool};
use crate::error::{Error, Result};
use crate::files::IoContext;
use crate::text;

/// The name that makes xtask act as this tool.
const NAME: &str = "xtask-zig";
/// The variable that contains a [`ZigWrapper`].
const VARIABLE: &str = "DOCKER_EXTENSION_ZIG";

/// The real zig, and the paths to replace.
#[derive(Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct ZigWrapper {
    program: PathBuf,
    args: Vec<String>,
    paths: Vec<RemappedPath>,
}

/// The directory for the wrapper and for the files that `cargo-zigbuild` writes. These contain the path of the
/// wrapper, so each program that acts as the wrapper has a directory of its own.
///
/// The directory is in the cache, because the path of a project may contain a space, which the C build systems
/// of some crates can't handle in the compiler's path.
fn directory() -> Result<Utf8PathBuf> {
    let own = std::env::current_exe().doing("find", "this program")?;
    let hash = Sha256::digest(own.as_os_str().as_encoded_bytes());
    Ok(cache::directory()?.join(format!("zig-cc-{}", text::hex(&hash[..8]))))
}

/// The variables that make `cargo-zigbuild` use the wrapper.
///
/// # Errors
/// The cache directory can't be written.
pub(super) fn variables(zig: &Zig, paths: Vec<RemappedPath>) -> Result<Vec<(String, String)>> {
    let directory = directory()?;
    let wrapper = own_tool::install(&directory, NAME)?;
    let args = zig.args.iter().map(|&arg| arg.to_owned()).collect();
    let real = ZigWrapper { program: zig.program.clone(), args, paths };
    let variable = |name: &str, value: String| (name.to_owned(), value);
    Ok(vec![
        variable("CARGO_ZIGBUILD_CACHE_DIR", directory.into()),
        variable("CARGO_ZIGBUILD_ZIG_COMMAND", wrapper.into()),
        // One that the user has set is for another zig.
        variable("CARGO_ZIGBUILD_ZIG_COMMAND_ARGS", String::new()),
        variable("CARGO_ZIGBUILD_ZIG_VERSION", zig.version.clone()),
        variable(VARIABLE, text::json(&real)),
    ])
}

/// Runs zig, if this process was started under the wrapper's name.
pub fn run_as(program: &OsStr, args: impl Iterator<Item = OsString>) -> Option<Result<ExitCode>> {
    (Path::new(program).file_stem()? == NAME).then(|| {
        let wrapper = std::env::var(VARIABLE).ok().and_then(|it| serde_json::from_str(&it).ok());
        let wrapper: ZigWrapper = wrapper.ok_or_else(|| {
            Error::new(format!("{NAME}: the environment variable {VARIABLE} is missing"))
                .help("build with `cargo xtask dist`")
        })?;
        run(wrapper.command(args)).map_err(|error| {
            Error::new(format!("can't run `{}`", wrapper.program.display()))
                .because(error)
                .help("run `cargo xtask dist` again")
        })
    })
}

impl ZigWrapper {
    fn command(&self, args: impl Iterator<Item = OsString>) -> Command {
        let args: Vec<OsString> = args.collect();
        let (compiler, rest) = match args.split_first() {
            Some((first, rest)) if first == "cc" || first == "c++" => (Some(first), rest),
            _ => (None, &args[..]),
        };
        let mut command = Command::new(&self.program);
        command.args(&self.args).args(compiler);
        if compiler.is_some() && rest.iter().any(|arg| is_for_source(arg)) {
            command.args(self.paths.iter().map(RemappedPath::c_flag));
        }
        command.args(rest);
        command
    }
}

/// Whether an argument means that the call compiles, and not only links.
fn is_for_source(arg: &OsStr) -> bool {
    const EXTENSIONS: [&str; 8] = ["c", "cc", "cpp", "cxx", "m", "mm", "s", "S"];
    let extension = Path::new(arg).extension();
    ["-c", "-S", "-E"].iter().any(|option| arg == *option)
        || EXTENSIONS.iter().any(|it| extension.is_some_and(|extension| extension == *it))
}

#[cfg(unix)]
fn run(mut command: Command) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(command.exec())
}

#[cfg(not(unix))]
fn run(mut command: Command) -> io::Result<ExitCode> {
    let code = command.status()?.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(args: &[&str]) -> Vec<String> {
        let path = RemappedPath { from: "/a b".to_owned(), to: "/workspace".to_owned() };
        let args_of_python = ["-m", "ziglang"].map(str::to_owned);
        let wrapper = ZigWrapper {
            program: "python3".into(),
            args: args_of_python.into(),
            paths: vec![path],
        };
        // As it is read from the variable.
        let wrapper: ZigWrapper = serde_json::from_str(&text::json(&wrapper)).unwrap();
        let command = wrapper.command(args.iter().map(OsString::from));
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        words.map(|word| word.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn only_calls_that_compile_c_get_the_paths() {
        let python = ["python3", "-m", "ziglang"];
        let flag = "-ffile-prefix-map=/a b=/workspace";
        for (args, expected) in [
            (&["cc", "-c", "a"][..], &["cc", flag, "-c", "a"][..]),
            (&["c++", "/x/a.cpp", "-o", "a"], &["c++", flag, "/x/a.cpp", "-o", "a"]),
            (&["cc", "a.o", "-o", "a"], &["cc", "a.o", "-o", "a"]),
            (&["ar", "-c", "a.a"], &["ar", "-c", "a.a"]),
            (&[], &[]),
        ] {
            assert_eq!(command(args), [&python, expected].concat());
        }
    }

    #[test]
    fn a_process_with_another_name_is_not_the_wrapper() {
        assert!(run_as("/bin/xtask".as_ref(), std::iter::empty()).is_none());
    }
}
