//! Lists all sockets with the kernel's help, and finds their processes in `/proc`, as far as this user may
//! read it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::net::{self, AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

use super::sock_diag::{self, Version};
use super::{Error, proc_net};
use crate::listener::{Listener, Process, Protocol, Socket};
use crate::survey::Survey;

/// One of the kernel's tables of the sockets in this network namespace.
#[derive(Clone, Copy)]
enum Source {
    Tcp(Version),
    Udp(Version),
}

const SOURCES: [Source; 4] = [
    Source::Tcp(Version::V4),
    Source::Tcp(Version::V6),
    Source::Udp(Version::V4),
    Source::Udp(Version::V6),
];

/// Sockets, with their inodes.
type Table = BTreeSet<(Socket, u64)>;

pub(super) fn survey() -> Result<Survey, Error> {
    let tables = SOURCES.map(|source| source.read().map(|sockets| (source, sockets)));
    let tables = tables.into_iter().collect::<Result<Vec<_>, Error>>()?;
    let inodes = tables.iter().flat_map(|(_, sockets)| sockets).map(|(_, inode)| *inode).collect();
    let holders = holders(&inodes)?;

    let mut attributed = BTreeSet::new();
    let mut others = BTreeSet::new();
    for (source, sockets) in tables {
        let (held, mut rest): (Table, Table) =
            sockets.into_iter().partition(|(_, inode)| holders.contains_key(inode));
        for (socket, inode) in held {
            let processes = holders.get(&inode).into_iter().flatten().cloned();
            attributed.extend(processes.map(|it| Listener { socket, process: Some(it) }));
        }
        if !rest.is_empty() {
            // Some may have closed before their processes were listed.
            rest = &rest & &source.read()?;
        }
        others.extend(rest.into_iter().map(|(socket, _)| socket));
    }
    Ok(Survey::new(attributed, Ok(others)))
}

impl Source {
    fn read(self) -> Result<Table, Error> {
        match self {
            // Some sandboxes block netlink sockets.
            Self::Tcp(version) => match query(version) {
                Ok(table) => Ok(table),
                Err(_) => read(self.file(), Protocol::Tcp),
            },
            Self::Udp(_) => read(self.file(), Protocol::Udp),
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Tcp(Version::V4) => "tcp",
            Self::Tcp(Version::V6) => "tcp6",
            Self::Udp(Version::V4) => "udp",
            Self::Udp(Version::V6) => "udp6",
        }
    }
}

/// Queries the kernel for all listening TCP sockets.
fn query(version: Version) -> io::Result<Table> {
    let kind = (AddressFamily::NETLINK, SocketType::DGRAM, SocketFlags::CLOEXEC);
    let kernel = net::socket_with(kind.0, kind.1, kind.2, Some(net::netlink::SOCK_DIAG))?;
    net::send(&kernel, &sock_diag::request(version), SendFlags::empty())?;
    let mut table = Table::new();
    // The kernel sends no larger datagrams.
    let mut buffer = vec![0; 1 << 15];
    loop {
        let (length, _) = net::recv(&kernel, &mut buffer[..], RecvFlags::empty())?;
        let part = sock_diag::parse(buffer.get(..length).unwrap_or_default())?;
        table.extend(part.sockets);
        if part.is_last {
            return Ok(table);
        }
    }
}

fn read(name: &str, protocol: Protocol) -> Result<Table, Error> {
    let path = format!("/proc/net/{name}");
    match fs::read_to_string(&path) {
        Ok(text) => Ok(proc_net::parse(&text, protocol).collect()),
        // The kernel has no IPv6.
        Err(error) if error.kind() == ErrorKind::NotFound && name.ends_with('6') => {
            Ok(Table::new())
        }
        Err(source) => Err(Error::Proc { path, source }),
    }
}

/// The processes that have sockets with these inodes open, as far as this user may see them.
fn holders(inodes: &BTreeSet<u64>) -> Result<BTreeMap<u64, Vec<Process>>, Error> {
    let failed = |source| Error::Proc { path: "/proc".to_owned(), source };
    let mut holders: BTreeMap<u64, Vec<Process>> = BTreeMap::new();
    for entry in fs::read_dir("/proc").map_err(failed)? {
        let directory = entry.map_err(failed)?.path();
        let Some(pid) = pid(&directory) else { continue };
        // The process belongs to another user, or has ended.
        let Ok(open) = open_sockets(&directory) else { continue };
        let mut open = open.intersection(inodes).peekable();
        if open.peek().is_none() {
            continue;
        }
        let Ok(process) = process(pid, &directory) else { continue };
        for &inode in open {
            holders.entry(inode).or_default().push(process.clone());
        }
    }
    Ok(holders)
}

fn pid(directory: &Path) -> Option<u32> {
    directory.file_name()?.to_str()?.parse().ok()
}

/// The inodes of the sockets that a process has open.
fn open_sockets(directory: &Path) -> io::Result<BTreeSet<u64>> {
    let files = fs::read_dir(directory.join("fd"))?;
    let links = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
    Ok(links.filter_map(|link| proc_net::inode(link.as_os_str().as_bytes())).collect())
}

fn process(pid: u32, directory: &Path) -> io::Result<Process> {
    let name = fs::read(directory.join("comm"))?;
    let name = String::from_utf8_lossy(name.trim_ascii_end()).into_owned();
    let path = fs::read_link(directory.join("exe")).unwrap_or_default();
    Ok(Process::new(pid, name, path.to_string_lossy().into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    /// The files are the fallback if the query fails.
    #[test]
    fn the_kernels_answer_equals_the_files_in_proc() {
        for (version, address) in [(Version::V4, "127.0.0.1:0"), (Version::V6, "[::1]:0")] {
            // Some computers have no IPv6.
            let Ok(listener) = TcpListener::bind(address) else { continue };
            let port = listener.local_addr().expect("it is bound").port();
            let mut answer = query(version).expect("an answer");
            let mut file = read(Source::Tcp(version).file(), Protocol::Tcp).expect("a table");
            // Other programs may open and close sockets.
            for table in [&mut answer, &mut file] {
                table.retain(|(socket, _)| socket.port == port);
                assert_eq!(table.len(), 1, "{table:?}");
            }
            assert_eq!(answer, file);
        }
    }
}
