//! zig as linker and C compiler, through the `cargo-zigbuild` crate, with xtask as its wrapper.
//!
//! The crate reads and writes the environment of its process, so it runs in a process of its own: a
//! hidden command of xtask prints the variables that cargo needs. They name wrapper scripts that
//! call xtask's hidden command `zig`, or links to xtask under the names of tools.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use cargo_zigbuild::{Build, Zig as Wrapper};

use super::zig::Zig;
use super::{Error, cache};
use crate::platform::HostPlatform;
use crate::process;
use crate::project::config::MacOsVersion;

/// The hidden command that prints the variables.
pub const ENVIRONMENT_COMMAND: &str = "zig-environment";

/// The variable that tells `cargo-zigbuild` where to keep its files.
const CACHE_VARIABLE: &str = "CARGO_ZIGBUILD_CACHE_DIR";

/// The variables that make cargo link with zig.
pub type Environment = BTreeMap<String, String>;

/// The environment in which cargo links `platforms` with `zig`, and compiles C for them.
///
/// # Errors
/// It can't be prepared: the cache folder is not writable, or zig doesn't run.
pub fn environment(
    zig: &Zig,
    platforms: &[HostPlatform],
    minimum_macos: MacOsVersion,
) -> Result<Environment, Error> {
    let own = std::env::current_exe()
        .map_err(|source| process::ProcessError::Start { program: "xtask".to_owned(), source })
        .map_err(Error::Zigbuild)?;
    let cache = cache::folder()?;
    let mut command = std::process::Command::new(own);
    command
        .arg(ENVIRONMENT_COMMAND)
        .args(["--minimum-macos", &minimum_macos.to_string()])
        .args(platforms.iter().map(|platform| platform.triple().to_string()))
        .envs(zig.variables())
        .env(CACHE_VARIABLE, &cache);
    let answer = process::read(command).map_err(Error::Zigbuild)?;
    let mut environment: Environment =
        serde_json::from_str(&answer).map_err(Error::ZigbuildAnswer)?;
    // The wrapper scripts know which zig it is, the links to xtask don't.
    environment.extend(zig.variables());
    environment.insert(CACHE_VARIABLE.to_owned(), cache.to_string());
    Ok(environment)
}

/// The work of the hidden command: everything that `cargo-zigbuild` sets for these targets, on the
/// command that it would run or in its own process, as JSON.
///
/// # Errors
/// What `cargo-zigbuild` says.
pub fn describe_environment(targets: Vec<String>, minimum_macos: String) -> Result<String, String> {
    let before: BTreeMap<OsString, OsString> = std::env::vars_os().collect();
    let mut build = Build::new(None);
    build.target = targets;
    build.enable_zig_ar = true;
    build.macosx_deployment_target = Some(minimum_macos);
    let command = build.build_command().map_err(|error| format!("{error:#}"))?;

    let set_here = std::env::vars_os().filter(|(name, value)| before.get(name) != Some(value));
    let set_there =
        command.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
    let as_text = |text: &OsStr| text.to_string_lossy().into_owned();
    let environment: Environment =
        set_here.chain(set_there).map(|(name, value)| (as_text(&name), as_text(&value))).collect();
    serde_json::to_string(&environment).map_err(|error| error.to_string())
}

/// The tool that xtask is to be when it was started under another name, as `cargo-zigbuild` links
/// to it: `ar`, `x86_64-w64-mingw32-dlltool`, …
pub fn tool_from_name(program: &OsStr, args: Vec<String>) -> Option<Wrapper> {
    let name = Path::new(program).file_stem()?.to_str()?;
    match name {
        "ar" => Some(Wrapper::Ar { args }),
        "lib" => Some(Wrapper::Lib { args }),
        _ if name == "dlltool" || name.ends_with("-dlltool") => Some(Wrapper::Dlltool { args }),
        _ => None,
    }
}
