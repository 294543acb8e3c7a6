//! Chooses the linker for each target.
//!
//! `rust-lld`, which comes with the Rust toolchain, is enough for pure Rust programs: see
//! [`super::lld`]. C code needs a C compiler with the target's headers, which zig provides.

use std::fmt;

use super::mingw::{self, MingwState};
use super::rust::Toolchain;
use super::{c_code, lld};
use crate::error::{Error, Result};
use crate::platform::{Arch, HostPlatform, Os};
use crate::project::Project;
use crate::project::config::LinkerRequest;

/// The program that links a target and compiles its C code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Linker {
    /// The `rust-lld` of the toolchain.
    Lld,
    /// zig, which includes the C libraries of every target.
    Zig,
    /// The machine's own linker for the target: Apple's on a Mac, rustc's default elsewhere.
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

/// A linker and the reason for choosing it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LinkerChoice {
    pub linker: Linker,
    pub reason: String,
}

impl LinkerChoice {
    pub fn new(linker: Linker, reason: impl Into<String>) -> Self {
        Self { linker, reason: reason.into() }
    }
}

/// The linker of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkerPlan {
    pub choice: LinkerChoice,
    /// `rust-lld` is chosen and needs `rust-mingw`, which is not installed yet.
    pub downloads_mingw: bool,
    /// The linker to use if the download of `rust-mingw` fails.
    pub otherwise: Option<LinkerChoice>,
}

/// The facts about the machine and the host binaries' crates that decide the linker for a platform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Situation {
    pub is_on_macos: bool,
    /// Whether the toolchain has the platform's standard library.
    pub has_standard_library: bool,
    pub has_lld: bool,
    /// A crate whose build script compiles C for the platform.
    pub compiles_c: Option<String>,
    /// Whether the GNU compiler for the platform is installed and works in the project's directory.
    pub has_gcc: bool,
    /// The libraries that `rust-lld` needs for Windows.
    pub mingw: MingwState,
}

impl Situation {
    /// Inspects the machine and the crates; changes nothing.
    ///
    /// # Errors
    /// Cargo can't list the crates.
    pub fn find(toolchain: &Toolchain, project: &Project, platform: HostPlatform) -> Result<Self> {
        Ok(Self {
            is_on_macos: toolchain.is_on_macos(),
            has_standard_library: toolchain.has_standard_library(platform),
            has_lld: lld::program(toolchain).is_some(),
            compiles_c: c_code::compiled_by(project, platform)?,
            has_gcc: platform == WINDOWS
                && which::which("x86_64-w64-mingw32-gcc").is_ok()
                // Its `dlltool` fails if the path contains a space.
                && !project.target_dir.as_str().contains(' '),
            mingw: mingw::state(toolchain, platform),
        })
    }

    /// Why `rust-lld` can't link for `platform`. `is_prebuilt`: the standard library is Rust's prebuilt one.
    fn no_lld(&self, platform: HostPlatform, is_prebuilt: bool) -> Option<&'static str> {
        if !self.has_lld {
            Some("the Rust toolchain has no `rust-lld`")
        } else if platform.os != Os::Darwin && !is_prebuilt {
            Some("a standard library built from source lacks the startup files")
        } else if platform == WINDOWS_ON_ARM {
            Some("`rust-lld` is untested for Windows on Arm")
        } else if self.mingw == MingwState::Unknown {
            Some("the Rust toolchain does not list `rust-mingw`")
        } else {
            None
        }
    }
}

const WINDOWS: HostPlatform = HostPlatform::new(Os::Windows, Arch::Amd64);
/// The toolchain's manifest lists a `rust-mingw` for it, but Rust's server did not have one in 2026.
const WINDOWS_ON_ARM: HostPlatform = HostPlatform::new(Os::Windows, Arch::Arm64);

/// Chooses the linker for `platform`. `is_prebuilt`: the standard library is Rust's prebuilt one,
/// which includes the startup files of programs.
///
/// # Errors
/// The requested linker can't link for `platform` on this machine.
pub fn plan(
    platform: HostPlatform,
    request: LinkerRequest,
    situation: &Situation,
    is_prebuilt: bool,
) -> Result<LinkerPlan> {
    let is_apple_on_apple = platform.os == Os::Darwin && situation.is_on_macos;
    let no_lld = situation.no_lld(platform, is_prebuilt);
    let (choice, otherwise) = match request {
        LinkerRequest::Auto if is_apple_on_apple => (
            LinkerChoice::new(Linker::System, "Apple's linker, because this machine is a Mac"),
            None,
        ),
        LinkerRequest::Auto => best(situation, no_lld),
        LinkerRequest::Zig => (LinkerChoice::new(Linker::Zig, AS_REQUESTED), None),
        LinkerRequest::System if platform.os == Os::Darwin && !is_apple_on_apple => {
            return Err(unsupported("system", platform, "only a Mac has Apple's linker"));
        }
        LinkerRequest::System => (LinkerChoice::new(Linker::System, AS_REQUESTED), None),
        LinkerRequest::Lld => match no_lld {
            Some(reason) => return Err(unsupported("lld", platform, reason)),
            None => (LinkerChoice::new(Linker::Lld, AS_REQUESTED), None),
        },
    };
    let downloads_mingw = choice.linker == Linker::Lld && situation.mingw == MingwState::Download;
    Ok(LinkerPlan { choice, downloads_mingw, otherwise })
}

const AS_REQUESTED: &str = "requested";

fn unsupported(linker: &str, platform: HostPlatform, reason: &str) -> Error {
    Error::new(format!("`linker = \"{linker}\"` can't link for {platform}: {reason}"))
        .help(format!("set `linker = \"auto\"`, or remove `{platform}` from `platforms`"))
        .usage()
}

fn best(situation: &Situation, no_lld: Option<&str>) -> (LinkerChoice, Option<LinkerChoice>) {
    let c_code = situation.compiles_c.as_ref();
    let c_code = c_code.map(|package| format!("the crate `{package}` compiles C"));
    match c_code.or_else(|| no_lld.map(str::to_owned)) {
        Some(why_not) => (without_lld(situation, &why_not), None),
        None if situation.mingw == MingwState::Download => (
            LinkerChoice::new(
                Linker::Lld,
                "the Rust toolchain's own, with `rust-mingw`, which will be downloaded",
            ),
            Some(without_lld(situation, "`rust-mingw` can't be downloaded")),
        ),
        None => (LinkerChoice::new(Linker::Lld, "the Rust toolchain's own"), None),
    }
}

fn without_lld(situation: &Situation, why_not: &str) -> LinkerChoice {
    if situation.has_gcc {
        let reason = format!("{why_not}, and the GNU compiler is installed");
        LinkerChoice::new(Linker::System, reason)
    } else {
        LinkerChoice::new(Linker::Zig, why_not)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: HostPlatform = HostPlatform::new(Os::Darwin, Arch::Arm64);

    fn situation() -> Situation {
        Situation { has_standard_library: true, has_lld: true, ..Situation::default() }
    }

    fn auto(platform: HostPlatform, situation: &Situation) -> (Linker, String) {
        let choice = plan(platform, LinkerRequest::Auto, situation, true).unwrap().choice;
        (choice.linker, choice.reason)
    }

    #[test]
    fn pure_rust_is_linked_by_the_toolchain_alone() {
        for platform in HostPlatform::ALL {
            let expected = if platform == WINDOWS_ON_ARM { Linker::Zig } else { Linker::Lld };
            assert_eq!(auto(platform, &situation()).0, expected, "{platform}");
        }
    }

    #[test]
    fn on_a_mac_apples_linker_links_for_macos() {
        let situation = Situation { is_on_macos: true, ..situation() };
        assert_eq!(auto(MAC, &situation).0, Linker::System);
        assert_eq!(auto(WINDOWS, &situation).0, Linker::Lld);
    }

    #[test]
    fn c_code_is_linked_by_zig_unless_the_gnu_compiler_is_installed() {
        let situation = Situation { compiles_c: Some("ring".to_owned()), ..situation() };
        let reason = "the crate `ring` compiles C".to_owned();
        assert_eq!(auto(MAC, &situation), (Linker::Zig, reason));
        let situation = Situation { has_gcc: true, ..situation };
        assert_eq!(auto(WINDOWS, &situation).0, Linker::System);
    }

    #[test]
    fn without_lld_zig_links_and_the_reason_says_why() {
        let situation = Situation { has_lld: false, ..situation() };
        let reason = "the Rust toolchain has no `rust-lld`";
        assert_eq!(auto(WINDOWS, &situation), (Linker::Zig, reason.to_owned()));
        let error = plan(WINDOWS, LinkerRequest::Lld, &situation, true).unwrap_err();
        assert!(error.to_string().ends_with(reason), "{error}");
    }

    #[test]
    fn another_linker_is_planned_in_case_the_rust_mingw_download_fails() {
        let situation = Situation { mingw: MingwState::Download, ..situation() };
        let plan = |request| plan(WINDOWS, request, &situation, true).unwrap();
        let auto = plan(LinkerRequest::Auto);
        assert_eq!(auto.choice.linker, Linker::Lld);
        assert_eq!(auto.otherwise.map(|choice| choice.linker), Some(Linker::Zig));
        assert_eq!(plan(LinkerRequest::Lld).otherwise, None);
    }

    #[test]
    fn with_a_standard_library_from_source_lld_links_only_for_macos() {
        let linker = |platform| {
            plan(platform, LinkerRequest::Auto, &situation(), false).unwrap().choice.linker
        };
        assert_eq!((linker(MAC), linker(WINDOWS)), (Linker::Lld, Linker::Zig));
    }

    #[test]
    fn the_system_linker_is_rejected_for_macos_on_other_systems() {
        let system = |platform| plan(platform, LinkerRequest::System, &situation(), true);
        assert!(system(MAC).is_err());
        assert!(system(WINDOWS).is_ok());
    }
}
