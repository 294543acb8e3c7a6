//! The Rust toolchain.

use camino::{Utf8Path, Utf8PathBuf};
use target_lexicon::{OperatingSystem, Triple};
use xshell::{Cmd, Shell, cmd};

use crate::error::{Error, Result};
use crate::files;
use crate::platform::HostPlatform;
use crate::process;

/// The Rust toolchain that runs xtask, and that compiles the host binaries.
#[derive(Clone, Debug)]
pub struct Toolchain {
    /// The compiler's version: `1.95.0`.
    pub version: String,
    /// The commit of the compiler, as it appears in the paths of its standard library.
    pub commit: Option<String>,
    pub host: Triple,
    /// The directory of the compiler and the standard libraries.
    pub sysroot: Utf8PathBuf,
    /// Its name in rustup, if rustup manages it.
    pub rustup_name: Option<String>,
}

impl Toolchain {
    /// Reads the toolchain from the output of `rustc`.
    ///
    /// # Errors
    /// `rustc` can't be run, or its output lacks a field.
    pub fn detect(sh: &Shell) -> Result<Self> {
        let ask = |rustc: Cmd<'_>| {
            let failed = "can't run the Rust compiler";
            process::read(rustc).map_err(|error| no_rustc(failed).because(error))
        };
        let about = ask(cmd!(sh, "rustc -vV"))?;
        let sysroot = Utf8PathBuf::from(ask(cmd!(sh, "rustc --print sysroot"))?.trim_end());
        let field = |name: &str| {
            let line = about.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            line.filter(|value| *value != "unknown").map(str::to_owned)
        };
        let missing = |name| no_rustc(&format!("`rustc -vV` does not print `{name}`"));
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

    /// Whether the toolchain has the standard library of `platform`.
    pub(super) fn has_standard_library(&self, platform: HostPlatform) -> bool {
        let triple = platform.triple().to_string();
        let directory = self.sysroot.join("lib/rustlib").join(triple).join("lib");
        files::entries(&directory).is_ok_and(|entries| {
            entries.iter().any(|entry| entry.file_name().starts_with("libstd-"))
        })
    }

    /// A rustup command for this toolchain, if rustup manages it.
    pub(super) fn rustup<'a>(&self, sh: &'a Shell, words: &[&str]) -> Option<Cmd<'a>> {
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
