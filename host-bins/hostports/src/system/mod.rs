//! What the operating system says of its sockets, and of the processes that hold them.
//!
//! | on | the processes that this user may look into | all sockets, whoever holds them |
//! | --- | --- | --- |
//! | Linux | `/proc/<pid>/fd` | `sock_diag` for TCP, `/proc/net` |
//! | macOS | `proc_pidinfo`, by the crate `listeners` | the kernel's tables that `netstat` reads |
//! | Windows | every process, by the crate `listeners` | the same |
//!
//! Windows has sockets that outlive their process. No process has them then, so they are not
//! listed; `check` and `free` find those of TCP when they try to bind.

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
use std::collections::BTreeSet;

use crate::survey::Survey;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(any(test, target_os = "macos"))]
mod pcblist;
#[cfg(any(test, target_os = "linux"))]
mod proc_net;
#[cfg(not(target_os = "linux"))]
mod processes;
#[cfg(target_os = "linux")]
mod sock_diag;

/// Why the sockets of this computer can't be listed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[cfg(target_os = "linux")]
    #[error("{path}: {source}")]
    Proc { path: String, source: std::io::Error },
    #[cfg(not(target_os = "linux"))]
    #[error("{0}")]
    Processes(Box<dyn std::error::Error>),
}

/// Looks at all sockets that hold ports.
#[cfg(target_os = "linux")]
pub(crate) fn survey() -> Result<Survey, Error> {
    linux::survey()
}

/// Looks at all sockets that hold ports.
#[cfg(target_os = "macos")]
pub(crate) fn survey() -> Result<Survey, Error> {
    // A socket that opens or closes meanwhile must not look as if its process could not be seen: it
    // is not in both tables.
    let before = macos::table();
    let attributed = processes::listeners()?;
    let table = before.and_then(|before| Ok(&before & &macos::table()?));
    Ok(Survey::new(attributed, table.map_err(|error| error.to_string())))
}

/// Looks at all sockets that hold ports.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(crate) fn survey() -> Result<Survey, Error> {
    Ok(Survey::new(processes::listeners()?, Ok(BTreeSet::new())))
}
