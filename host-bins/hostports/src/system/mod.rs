//! Lists the sockets of the operating system, and the processes that use them.
//!
//! | system | sockets of the processes that this user may see | all sockets |
//! | --- | --- | --- |
//! | Linux | `/proc/<pid>/fd` | `sock_diag` for TCP, `/proc/net` |
//! | macOS | `proc_pidinfo`, with the crate `listeners` | the kernel's tables that `netstat` reads |
//! | Windows | every process, with the crate `listeners` | the same |
//!
//! On Windows, a socket can outlive its process. Such a socket is not listed; `check` and `free` detect
//! those of TCP when they try to bind the port.

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

/// Lists all sockets that use ports.
#[cfg(target_os = "linux")]
pub(crate) fn survey() -> Result<Survey, Error> {
    linux::survey()
}

/// Lists all sockets that use ports.
#[cfg(target_os = "macos")]
pub(crate) fn survey() -> Result<Survey, Error> {
    // A socket that opens or closes between the queries must not be listed without its process, so only
    // sockets in both tables count.
    let before = macos::table();
    let attributed = processes::listeners()?;
    let table = before.and_then(|before| Ok(&before & &macos::table()?));
    Ok(Survey::new(attributed, table.map_err(|error| error.to_string())))
}

/// Lists all sockets that use ports.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(crate) fn survey() -> Result<Survey, Error> {
    Ok(Survey::new(processes::listeners()?, Ok(BTreeSet::new())))
}
