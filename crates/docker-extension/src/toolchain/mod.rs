//! What compiles and links host binaries, with no set-up by the person: where each target's
//! standard library comes from ([`standard_library`]), what links it ([`linker`]), and how cargo is told
//! ([`linking`]).

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use target_lexicon::{OperatingSystem, Triple};
use xshell::{Cmd, Shell, cmd};

use crate::error::{Error, Result};
use crate::files;
use crate::parallel::in_parallel;
use crate::platform::HostPlatform;
use crate::process;
use crate::progress::Step;
use crate::project::Project;
use crate::project::config::LinkerRequest;

mod c_code;
pub mod cache;
mod debian;
mod download;
pub mod import_library;
pub mod linker;
pub mod linking;
mod lld;
pub mod macos;
mod mingw;
mod pip;
pub mod route;
pub mod standard_library;
pub mod zig;
mod zigbuild;

use linker::{Linker, Situation};
use linking::Linking;
use route::{Machine, Routes};
use standard_library::StandardLibrary;
use zig::ZigPlan;

/// The Rust toolchain that runs xtask, which is the one that compiles host binaries.
#[derive(Clone, Debug)]
pub struct Toolchain {
    /// The compiler's version: `1.95.0`.
    pub version: String,
    /// The commit that the compiler was built from, as the paths in its standard library name it.
    pub commit: Option<String>,
    /// The target of this machine.
    pub host: Triple,
    /// The folder that holds compiler and standard libraries.
    pub sysroot: Utf8PathBuf,
    /// Its name in rustup, if rustup manages it.
    pub rustup_name: Option<String>,
}

impl Toolchain {
    /// Asks `rustc` about itself.
    ///
    /// # Errors
    /// `rustc` can't be run, or answers as none does.
    pub fn detect(sh: &Shell) -> Result<Self> {
        let ask = |rustc: Cmd<'_>| {
            let failed = "can't ask the Rust compiler about itself";
            process::read(rustc).map_err(|error| no_rustc(failed).because(error))
        };
        let about = ask(cmd!(sh, "rustc -vV"))?;
        let sysroot = Utf8PathBuf::from(ask(cmd!(sh, "rustc --print sysroot"))?.trim_end());
        let field = |name: &str| {
            let line = about.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            line.filter(|value| *value != "unknown").map(str::to_owned)
        };
        let missing = |name| no_rustc(&format!("`rustc -vV` does not tell its `{name}`"));
        let host = field("host").and_then(|host| host.parse().ok());
        Ok(Self {
            version: field("release").ok_or_else(|| missing("release"))?,
            commit: field("commit-hash"),
            host: host.ok_or_else(|| missing("host"))?,
            rustup_name: rustup_name(&sysroot),
            sysroot,
        })
    }

    /// Whether this machine is a Mac, which has Apple's linker.
    pub fn is_on_macos(&self) -> bool {
        matches!(self.host.operating_system, OperatingSystem::Darwin(_))
    }

    /// Whether it has the standard library of `platform`.
    fn has_standard_library(&self, platform: HostPlatform) -> bool {
        let triple = platform.triple().to_string();
        let folder = self.sysroot.join("lib/rustlib").join(triple).join("lib");
        files::entries(&folder).is_ok_and(|entries| {
            entries.iter().any(|entry| entry.file_name().starts_with("libstd-"))
        })
    }

    /// A call of rustup about this toolchain, if rustup manages it.
    fn rustup<'a>(&self, sh: &'a Shell, words: &[&str]) -> Option<Cmd<'a>> {
        let name = self.rustup_name.as_ref()?;
        Some(cmd!(sh, "rustup {words...} --toolchain {name}"))
    }
}

fn no_rustc(what: &str) -> Error {
    Error::new(what).help("install Rust with rustup, or fix PATH")
}

/// rustup keeps a toolchain at `toolchains/<name>`.
fn rustup_name(sysroot: &Utf8Path) -> Option<String> {
    let is_managed = sysroot.parent()?.file_name()? == "toolchains";
    (is_managed && which::which("rustup").is_ok())
        .then(|| sysroot.file_name().map(str::to_owned))?
}

/// Everything that cargo needs besides the project itself.
#[derive(Clone, Debug)]
pub struct Tools<'a> {
    /// The compiler.
    pub toolchain: &'a Toolchain,
    /// The standard library.
    pub standard_library: StandardLibrary,
    /// What makes cargo link with what was chosen.
    pub linking: Linking,
    /// Whether a name of a macOS framework that no list has is an error.
    pub deny_unknown_symbols: bool,
}

#[cfg(test)]
impl<'a> Tools<'a> {
    /// Tools that set no variables.
    pub(crate) fn for_test(
        toolchain: &'a Toolchain,
        standard_library: StandardLibrary,
    ) -> Tools<'a> {
        let linking = Linking::default();
        Tools { toolchain, standard_library, linking, deny_unknown_symbols: false }
    }
}

impl fmt::Display for Tools<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "standard library {}; {}", self.standard_library, self.linking.said)
    }
}

/// What a run takes to compile and link its host binaries.
#[derive(Clone, Debug)]
pub struct ToolchainPlan<'a> {
    pub toolchain: &'a Toolchain,
    pub routes: Routes,
    /// Which zig, where one of the routes may need it.
    pub zig: Option<ZigPlan>,
    /// Whether a name of a macOS framework that no list has is an error.
    pub deny_unknown_symbols: bool,
}

impl<'a> ToolchainPlan<'a> {
    /// Looks at the machine and at the crates of the host binaries, and decides. Downloads nothing.
    ///
    /// # Errors
    /// The linker that was asked for can't link a platform on this machine, or `ZIG` is set to something
    /// else.
    pub fn decide(
        toolchain: &'a Toolchain,
        project: &Project,
        platforms: &[HostPlatform],
        request: LinkerRequest,
        deny_unknown_symbols: bool,
        sh: &Shell,
    ) -> Result<Self> {
        let find = |platform: &HostPlatform| {
            Ok::<_, Error>((*platform, Situation::find(toolchain, project, *platform)))
        };
        // Each waits for cargo most of the time.
        let targets = in_parallel(platforms, platforms.len(), find)?.into_iter().collect();
        let machine = Machine { has_rustup: toolchain.rustup_name.is_some(), targets };
        let routes = Routes::decide(&machine, request)?;
        let zig = routes.may_use(Linker::Zig).then(|| ZigPlan::decide(sh)).transpose()?;
        Ok(Self { toolchain, routes, zig, deny_unknown_symbols })
    }

    /// Makes it available: finds it, else downloads it.
    ///
    /// # Errors
    /// Something is neither there nor to be had.
    pub fn prepare(&self, project: &Project, sh: &Shell, step: &Step<'_>) -> Result<Tools<'a>> {
        let (standard_library, route) =
            standard_library::provide(self.toolchain, &self.routes, sh, step)?;
        let linking = linking::prepare(self, route, project, sh, step)?;
        Ok(Tools {
            toolchain: self.toolchain,
            standard_library,
            linking,
            deny_unknown_symbols: self.deny_unknown_symbols,
        })
    }
}
