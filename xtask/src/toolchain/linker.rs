//! What links each target.

use std::fmt;

use super::{Error, Toolchain};
use crate::platform::{HostPlatform, Os};
use crate::project::config::LinkerChoice;

/// What links a target, and compiles its C.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Linker {
    /// zig, which brings the C libraries of every target with it.
    Zig,
    /// What this machine has for the target: on a Mac Apple's own, elsewhere rustc's choice.
    System,
}

impl fmt::Display for Linker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Linker::Zig => "zig",
            Linker::System => "system",
        })
    }
}

/// A linker, with the reason for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Chosen {
    /// What links.
    pub linker: Linker,
    /// Why.
    pub reason: &'static str,
}

/// Decides what links `platform`.
///
/// # Errors
/// What was asked for can't link it on this machine.
pub fn choose(
    toolchain: &Toolchain,
    platform: HostPlatform,
    choice: LinkerChoice,
) -> Result<Chosen, Error> {
    let is_apple_on_apple = platform.os == Os::Darwin && toolchain.is_on_macos();
    let refuse = |linker, reason| Err(Error::Linker { linker, platform, reason });
    match choice {
        LinkerChoice::Auto if is_apple_on_apple => {
            Ok(Chosen { linker: Linker::System, reason: "Apple's own linker, as this is a Mac" })
        }
        LinkerChoice::Auto => {
            Ok(Chosen { linker: Linker::Zig, reason: "links every platform from any machine" })
        }
        LinkerChoice::Zig => Ok(Chosen { linker: Linker::Zig, reason: "asked for" }),
        LinkerChoice::System if platform.os == Os::Darwin && !is_apple_on_apple => {
            refuse("system", "only a Mac has Apple's linker")
        }
        LinkerChoice::System => Ok(Chosen { linker: Linker::System, reason: "asked for" }),
        LinkerChoice::Lld => refuse("lld", "this version of xtask can't link with rust-lld yet"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::Arch;

    const MAC: HostPlatform = HostPlatform::new(Os::Darwin, Arch::Arm64);
    const WINDOWS: HostPlatform = HostPlatform::new(Os::Windows, Arch::Amd64);

    fn toolchain(host: &str) -> Toolchain {
        Toolchain {
            version: "1.95.0".to_owned(),
            commit: None,
            host: host.to_owned(),
            sysroot: "/rust".into(),
            rustup_name: None,
        }
    }

    #[test]
    fn a_mac_links_for_macs_itself_and_zig_does_the_rest() {
        let linker = |host, platform| {
            choose(&toolchain(host), platform, LinkerChoice::Auto).map(|chosen| chosen.linker).ok()
        };
        assert_eq!(linker("aarch64-apple-darwin", MAC), Some(Linker::System));
        assert_eq!(linker("aarch64-apple-darwin", WINDOWS), Some(Linker::Zig));
        assert_eq!(linker("x86_64-unknown-linux-gnu", MAC), Some(Linker::Zig));
    }

    #[test]
    fn the_system_linker_is_refused_for_macs_elsewhere() {
        let linux = toolchain("x86_64-unknown-linux-gnu");
        assert!(choose(&linux, MAC, LinkerChoice::System).is_err());
        assert!(choose(&linux, WINDOWS, LinkerChoice::System).is_ok());
    }
}
