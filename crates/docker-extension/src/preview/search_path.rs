//! The PATH of host binaries. Docker Desktop is a desktop application, and its programs inherit its PATH, which
//! is shorter than a terminal's: without the directories that a user's shell adds.

use std::ffi::OsString;

/// Which PATH host binaries get.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SearchPath {
    /// The one of a desktop application.
    #[default]
    Desktop,
    /// The one of this terminal.
    Terminal,
}

/// The directories that launchd gives to applications: `launchctl getenv PATH` is unset, and
/// `path_helper` runs only in shells.
const MACOS: &str = "/usr/bin:/bin:/usr/sbin:/sbin";
/// The directories that systemd gives to the services of a user, of which Docker Desktop is one.
const LINUX: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

impl SearchPath {
    /// `None` if host binaries inherit the PATH of this process. On Windows, applications and terminals have
    /// the same.
    pub fn value(self) -> Option<OsString> {
        match self {
            SearchPath::Desktop if cfg!(target_os = "macos") => Some(MACOS.into()),
            SearchPath::Desktop if cfg!(unix) => Some(LINUX.into()),
            SearchPath::Desktop | SearchPath::Terminal => None,
        }
    }
}
