//! What links each target.
//!
//! The Rust toolchain brings a linker, `rust-lld`, and it is enough for programs in pure Rust: see
//! [`super::lld`]. C code needs a C compiler with the target's headers, which is what zig is.

use std::fmt;

use super::standard_library::{self, Expected};
use super::{Error, Toolchain, c_code, lld, mingw};
use crate::platform::{Arch, HostPlatform, Os};
use crate::project::Project;
use crate::project::config::LinkerRequest;

/// What links a target, and compiles its C.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Linker {
    /// The toolchain's own `rust-lld`.
    Lld,
    /// zig, which brings the C libraries of every target with it.
    Zig,
    /// What this machine has for the target: on a Mac Apple's own, elsewhere rustc's choice.
    System,
}

impl fmt::Display for Linker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Linker::Lld => "lld",
            Linker::Zig => "zig",
            Linker::System => "system",
        })
    }
}

/// A linker, with the reason for it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LinkerChoice {
    /// What links.
    pub linker: Linker,
    /// Why.
    pub reason: String,
}

impl LinkerChoice {
    /// This linker, for this reason.
    pub fn new(linker: Linker, reason: impl Into<String>) -> Self {
        Self { linker, reason: reason.into() }
    }
}

/// What decides which linker is best for a platform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Situation {
    /// This machine is a Mac.
    pub is_on_macos: bool,
    /// A crate whose build script compiles C for the platform.
    pub compiles_c: Option<String>,
    /// This machine has the GNU compiler for the platform, and it can work in the project's folder.
    pub has_gcc: bool,
    /// Why `rust-lld` can't link for the platform.
    pub no_lld: Option<&'static str>,
    /// `rust-lld` needs `rust-mingw`, which is not on this machine yet.
    pub downloads_mingw: bool,
}

impl Situation {
    /// What a run will find, with the standard library that it is expected to take: for those who
    /// tell what it will do, without doing it.
    pub fn before_a_run(
        toolchain: &Toolchain,
        project: &Project,
        platform: HostPlatform,
    ) -> (Expected, Self) {
        let expected = standard_library::expected(toolchain, platform);
        let is_prebuilt = expected != Expected::Source;
        (expected, Self::find(toolchain, project, platform, is_prebuilt))
    }

    /// Looks at the machine, and at the crates that the host binaries are made of.
    /// `has_prebuilt_library` tells whether the standard library is Rust's own build, which comes
    /// with the files that a program begins and ends with.
    pub fn find(
        toolchain: &Toolchain,
        project: &Project,
        platform: HostPlatform,
        has_prebuilt_library: bool,
    ) -> Self {
        let mingw = mingw::source(toolchain, platform).filter(|_| platform.os == Os::Windows);
        let no_lld = if lld::program(toolchain).is_none() {
            Some("the Rust toolchain has no `rust-lld`")
        } else if platform.os != Os::Darwin && !has_prebuilt_library {
            Some("a standard library that is built from source lacks the files to link with")
        } else if platform == WINDOWS_ON_ARM {
            Some("nobody has seen `rust-lld` link for Windows on Arm yet")
        } else if platform.os == Os::Windows && mingw.is_none() {
            Some("the Rust toolchain does not tell where its `rust-mingw` is")
        } else {
            None
        };
        Self {
            is_on_macos: toolchain.is_on_macos(),
            compiles_c: c_code::compiled_by(project, platform),
            has_gcc: platform == WINDOWS
                && which::which("x86_64-w64-mingw32-gcc").is_ok()
                // Its `dlltool` can't do with one.
                && !project.target_dir.as_str().contains(' '),
            no_lld,
            downloads_mingw: mingw
                .is_some_and(|source| mingw::is_to_be_downloaded(&source, platform)),
        }
    }
}

const WINDOWS: HostPlatform = HostPlatform::new(Os::Windows, Arch::Amd64);
/// Rust's server had no `rust-mingw` for it when this was written, though the manifest names one.
const WINDOWS_ON_ARM: HostPlatform = HostPlatform::new(Os::Windows, Arch::Arm64);

/// Refuses at once what this machine will never link `platform` with.
///
/// # Errors
/// What was asked for can't link it on this machine.
pub(super) fn check(
    platform: HostPlatform,
    choice: LinkerRequest,
    toolchain: &Toolchain,
) -> Result<(), Error> {
    let is_on_macos = toolchain.is_on_macos();
    choose(platform, choice, &Situation { is_on_macos, ..Situation::default() }).map(drop)
}

/// Decides what links `platform`.
///
/// # Errors
/// What was asked for can't link it on this machine.
pub fn choose(
    platform: HostPlatform,
    choice: LinkerRequest,
    situation: &Situation,
) -> Result<LinkerChoice, Error> {
    let is_apple_on_apple = platform.os == Os::Darwin && situation.is_on_macos;
    let refuse = |linker, reason| Err(Error::Linker { linker, platform, reason });
    match choice {
        LinkerRequest::Auto => Ok(best(is_apple_on_apple, situation)),
        LinkerRequest::Zig => Ok(LinkerChoice::new(Linker::Zig, "asked for")),
        LinkerRequest::System if platform.os == Os::Darwin && !is_apple_on_apple => {
            refuse("system", "only a Mac has Apple's linker")
        }
        LinkerRequest::System => Ok(LinkerChoice::new(Linker::System, "asked for")),
        LinkerRequest::Lld => match situation.no_lld {
            Some(reason) => refuse("lld", reason),
            None => Ok(LinkerChoice::new(Linker::Lld, "asked for")),
        },
    }
}

fn best(is_apple_on_apple: bool, situation: &Situation) -> LinkerChoice {
    if is_apple_on_apple {
        return LinkerChoice::new(Linker::System, "Apple's own, as this is a Mac");
    }
    let c_code = situation.compiles_c.as_ref();
    let why_not = c_code
        .map(|package| format!("the crate `{package}` compiles C"))
        .or_else(|| situation.no_lld.map(str::to_owned));
    match why_not {
        None if situation.downloads_mingw => LinkerChoice::new(
            Linker::Lld,
            "the Rust toolchain's own, with `rust-mingw`, which will be downloaded",
        ),
        None => LinkerChoice::new(Linker::Lld, "the Rust toolchain's own"),
        Some(why_not) if situation.has_gcc => LinkerChoice::new(
            Linker::System,
            format!("{why_not}, and the GNU compiler is installed"),
        ),
        Some(why_not) => LinkerChoice::new(Linker::Zig, why_not),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: HostPlatform = HostPlatform::new(Os::Darwin, Arch::Arm64);

    fn auto(platform: HostPlatform, situation: &Situation) -> (Linker, String) {
        let chosen = choose(platform, LinkerRequest::Auto, situation).unwrap();
        (chosen.linker, chosen.reason)
    }

    #[test]
    fn nothing_but_the_toolchain_links_pure_rust() {
        let situation = Situation { has_gcc: true, ..Situation::default() };
        for platform in HostPlatform::ALL {
            assert_eq!(auto(platform, &situation).0, Linker::Lld, "{platform}");
        }
    }

    #[test]
    fn a_mac_links_for_macs_itself() {
        let situation = Situation { is_on_macos: true, ..Situation::default() };
        assert_eq!(auto(MAC, &situation).0, Linker::System);
        assert_eq!(auto(WINDOWS, &situation).0, Linker::Lld);
    }

    #[test]
    fn zig_links_what_compiles_c_unless_the_gnu_compiler_is_there() {
        let situation = Situation { compiles_c: Some("ring".to_owned()), ..Situation::default() };
        let reason = "the crate `ring` compiles C".to_owned();
        assert_eq!(auto(MAC, &situation), (Linker::Zig, reason));
        let situation = Situation { has_gcc: true, ..situation };
        assert_eq!(auto(WINDOWS, &situation).0, Linker::System);
    }

    #[test]
    fn without_lld_zig_links_and_says_why() {
        let situation = Situation { no_lld: Some("there is none"), ..Situation::default() };
        assert_eq!(auto(WINDOWS, &situation), (Linker::Zig, "there is none".to_owned()));
        let error = choose(WINDOWS, LinkerRequest::Lld, &situation).unwrap_err();
        assert!(error.to_string().ends_with("there is none"), "{error}");
    }

    #[test]
    fn the_system_linker_is_refused_for_macs_elsewhere() {
        let situation = Situation::default();
        assert!(choose(MAC, LinkerRequest::System, &situation).is_err());
        assert!(choose(WINDOWS, LinkerRequest::System, &situation).is_ok());
    }
}
