//! Reads the kernel's tables of sockets, like `netstat`. They need no privileges.

use std::collections::BTreeSet;

use sysctl::{Ctl, CtlValue, Sysctl, SysctlError};

use super::pcblist;
use crate::listener::{Protocol, Socket};

#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("{name}: {source}")]
    Read { name: &'static str, source: SysctlError },
    #[error("{name} has an unknown format")]
    Format { name: &'static str },
}

/// All sockets of this computer.
pub(super) fn table() -> Result<BTreeSet<Socket>, Error> {
    let mut table = read("net.inet.tcp.pcblist_n", Protocol::Tcp)?;
    table.append(&mut read("net.inet.udp.pcblist_n", Protocol::Udp)?);
    Ok(table)
}

fn read(name: &'static str, protocol: Protocol) -> Result<BTreeSet<Socket>, Error> {
    let value = Ctl::new(name).and_then(|ctl| ctl.value());
    match value.map_err(|source| Error::Read { name, source })? {
        CtlValue::Struct(table) | CtlValue::Node(table) => pcblist::parse(&table, protocol),
        _ => None,
    }
    .ok_or(Error::Format { name })
}
