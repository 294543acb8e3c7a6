//! What links each target.
//!
//! The Rust toolchain brings a linker, `rust-lld`, and it is enough for programs in pure Rust: see
//! [`super::lld`]. C code needs a C compiler with the target's headers, which is what zig is.

use std::fmt;

use super::mingw::{self, MingwState};
use super::rust::Toolchain;
use super::{c_code, lld};
use crate::error::{Error, Result};
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
    pub linker: Linker,
    pub reason: String,
}

impl LinkerChoice {
    pub fn new(linker: Linker, reason: impl Into<String>) -> Self {
        Self { linker, reason: reason.into() }
    }
}

/// What links a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkerPlan {
    pub choice: LinkerChoice,
    /// The choice needs `rust-mingw`, which is not on this machine yet.
    pub downloads_mingw: bool,
    /// What links it if `rust-mingw`, which the choice needs, can't be downloaded.
    pub otherwise: Option<LinkerChoice>,
}

/// What this machine, and the crates that the host binaries are made of, tell about a platform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Situation {
    pub is_on_macos: bool,
    /// The toolchain has the platform's standard library.
    pub has_standard_library: bool,
    pub has_lld: bool,
    /// A crate whose build script compiles C for the platform.
    pub compiles_c: Option<String>,
    /// This machine has the GNU compiler for the platform, and it can work in the project's directory.
    pub has_gcc: bool,
    /// What `rust-lld` links with for Windows.
    pub mingw: MingwState,
}

impl Situation {
    /// Looks at the machine and the crates; changes nothing.
    pub fn find(toolchain: &Toolchain, project: &Project, platform: HostPlatform) -> Self {
        Self {
            is_on_macos: toolchain.is_on_macos(),
            has_standard_library: toolchain.has_standard_library(platform),
            has_lld: lld::program(toolchain).is_some(),
            compiles_c: c_code::compiled_by(project, platform),
            has_gcc: platform == WINDOWS
                && which::which("x86_64-w64-mingw32-gcc").is_ok()
                // Its `dlltool` can't work in a directory with a space in its path.
                && !project.target_dir.as_str().contains(' '),
            mingw: mingw::state(toolchain, platform),
        }
    }

    /// Why `rust-lld` can't link for `platform`, with Rust's own build of the standard library or
    /// without.
    fn no_lld(&self, platform: HostPlatform, is_prebuilt: bool) -> Option<&'static str> {
        if !self.has_lld {
            Some("the Rust toolchain has no `rust-lld`")
        } else if platform.os != Os::Darwin && !is_prebuilt {
            Some("a standard library that is built from source lacks the files to link with")
        } else if platform == WINDOWS_ON_ARM {
            Some("nobody has seen `rust-lld` link for Windows on Arm yet")
        } else if self.mingw == MingwState::Unknown {
            Some("the Rust toolchain does not tell where its `rust-mingw` is")
        } else {
            None
        }
    }
}

const WINDOWS: HostPlatform = HostPlatform::new(Os::Windows, Arch::Amd64);
/// Rust's server had no `rust-mingw` for it when this was written, though the manifest names one.
const WINDOWS_ON_ARM: HostPlatform = HostPlatform::new(Os::Windows, Arch::Arm64);

/// Decides what links `platform`; `is_prebuilt` tells whether the standard library is Rust's own
/// build, which comes with the files that a program begins and ends with.
///
/// # Errors
/// What was asked for can't link it on this machine.
pub fn plan(
    platform: HostPlatform,
    request: LinkerRequest,
    situation: &Situation,
    is_prebuilt: bool,
) -> Result<LinkerPlan> {
    let is_apple_on_apple = platform.os == Os::Darwin && situation.is_on_macos;
    let no_lld = situation.no_lld(platform, is_prebuilt);
    let (choice, otherwise) = match request {
        LinkerRequest::Auto if is_apple_on_apple => {
            (LinkerChoice::new(Linker::System, "Apple's own, as this is a Mac"), None)
        }
        LinkerRequest::Auto => best(situation, no_lld),
        LinkerRequest::Zig => (LinkerChoice::new(Linker::Zig, AS_REQUESTED), None),
        LinkerRequest::System if platform.os == Os::Darwin && !is_apple_on_apple => {
            return Err(refuse("system", platform, "only a Mac has Apple's linker"));
        }
        LinkerRequest::System => (LinkerChoice::new(Linker::System, AS_REQUESTED), None),
        LinkerRequest::Lld => match no_lld {
            Some(reason) => return Err(refuse("lld", platform, reason)),
            None => (LinkerChoice::new(Linker::Lld, AS_REQUESTED), None),
        },
    };
    let downloads_mingw = choice.linker == Linker::Lld && situation.mingw == MingwState::Download;
    Ok(LinkerPlan { choice, downloads_mingw, otherwise })
}

const AS_REQUESTED: &str = "asked for";

fn refuse(linker: &str, platform: HostPlatform, reason: &str) -> Error {
    Error::new(format!("`linker = \"{linker}\"` can't link for {platform}: {reason}"))
        .help("leave `linker` at \"auto\", or leave the platform out of `platforms`")
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
    fn nothing_but_the_toolchain_links_pure_rust() {
        for platform in HostPlatform::ALL {
            let expected = if platform == WINDOWS_ON_ARM { Linker::Zig } else { Linker::Lld };
            assert_eq!(auto(platform, &situation()).0, expected, "{platform}");
        }
    }

    #[test]
    fn a_mac_links_for_macs_itself() {
        let situation = Situation { is_on_macos: true, ..situation() };
        assert_eq!(auto(MAC, &situation).0, Linker::System);
        assert_eq!(auto(WINDOWS, &situation).0, Linker::Lld);
    }

    #[test]
    fn zig_links_what_compiles_c_unless_the_gnu_compiler_is_there() {
        let situation = Situation { compiles_c: Some("ring".to_owned()), ..situation() };
        let reason = "the crate `ring` compiles C".to_owned();
        assert_eq!(auto(MAC, &situation), (Linker::Zig, reason));
        let situation = Situation { has_gcc: true, ..situation };
        assert_eq!(auto(WINDOWS, &situation).0, Linker::System);
    }

    #[test]
    fn without_lld_zig_links_and_says_why() {
        let situation = Situation { has_lld: false, ..situation() };
        let reason = "the Rust toolchain has no `rust-lld`";
        assert_eq!(auto(WINDOWS, &situation), (Linker::Zig, reason.to_owned()));
        let error = plan(WINDOWS, LinkerRequest::Lld, &situation, true).unwrap_err();
        assert!(error.to_string().ends_with(reason), "{error}");
    }

    #[test]
    fn where_rust_mingw_has_to_be_downloaded_another_linker_stands_by() {
        let situation = Situation { mingw: MingwState::Download, ..situation() };
        let plan = |request| plan(WINDOWS, request, &situation, true).unwrap();
        let auto = plan(LinkerRequest::Auto);
        assert_eq!(auto.choice.linker, Linker::Lld);
        assert_eq!(auto.otherwise.map(|choice| choice.linker), Some(Linker::Zig));
        assert_eq!(plan(LinkerRequest::Lld).otherwise, None);
    }

    #[test]
    fn a_library_from_source_lacks_what_lld_links_with_for_all_but_macs() {
        let linker = |platform| {
            plan(platform, LinkerRequest::Auto, &situation(), false).unwrap().choice.linker
        };
        assert_eq!((linker(MAC), linker(WINDOWS)), (Linker::Lld, Linker::Zig));
    }

    #[test]
    fn the_system_linker_is_refused_for_macs_elsewhere() {
        let system = |platform| plan(platform, LinkerRequest::System, &situation(), true);
        assert!(system(MAC).is_err());
        assert!(system(WINDOWS).is_ok());
    }
}
