//! Sockets that use a port, and their processes.

use std::cmp::Ordering;
use std::net::IpAddr;

use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Protocol {
    Tcp,
    Udp,
}

impl Protocol {
    pub(crate) const ALL: &'static [Self] = &[Self::Tcp, Self::Udp];
}

/// A socket that uses a port: a listening TCP socket or a bound UDP socket.
///
/// Sockets are ordered by port, then by address (IPv4 before IPv6), then by protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Socket {
    pub protocol: Protocol,
    /// Without brackets or zone. `0.0.0.0` and `::` mean all addresses.
    pub address: IpAddr,
    pub port: u16,
}

impl Socket {
    pub(crate) fn new(protocol: Protocol, address: impl Into<IpAddr>, port: u16) -> Self {
        // Java binds `::ffff:127.0.0.1`, which clients reach as `127.0.0.1`.
        Self { protocol, address: address.into().to_canonical(), port }
    }
}

impl Ord for Socket {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |socket: &Self| (socket.port, socket.address, socket.protocol);
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Socket {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Process {
    pub pid: u32,
    /// The operating system's name: `postgres`, `postgres.exe`.
    #[serde(rename = "process")]
    pub name: String,
    /// The path of its program, if the user may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

impl Process {
    pub(crate) fn new(pid: u32, name: String, path: String) -> Self {
        // Linux appends this if the file was replaced while the program was running, for example by an
        // update.
        let path = path.strip_suffix(" (deleted)").map(str::to_owned).unwrap_or(path);
        let path = Some(path).filter(|path| !path.is_empty());
        let name = path.as_deref().and_then(|path| full_name(&name, path)).unwrap_or(name);
        Self { pid, name, path }
    }
}

/// The name from the path, if the operating system has truncated it: Linux to 15 bytes, macOS to 32.
fn full_name(name: &str, path: &str) -> Option<String> {
    let file = path.rsplit(['/', '\\']).next()?;
    (name.len() >= 15 && file.starts_with(name)).then(|| file.to_owned())
}

/// A socket that uses a port, and its process, if the user may see it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Listener {
    #[serde(flatten)]
    pub socket: Socket,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub process: Option<Process>,
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use std::net::SocketAddr;

    pub(crate) fn socket(protocol: Protocol, address: &str) -> Socket {
        let address: SocketAddr = address.parse().expect("a socket address");
        Socket::new(protocol, address.ip(), address.port())
    }

    pub(crate) fn tcp(address: &str) -> Socket {
        socket(Protocol::Tcp, address)
    }

    pub(crate) fn udp(address: &str) -> Socket {
        socket(Protocol::Udp, address)
    }

    pub(crate) fn held(socket: Socket, pid: u32, name: &str) -> Listener {
        let process = Process::new(pid, name.to_owned(), format!("/usr/bin/{name}"));
        Listener { socket, process: Some(process) }
    }

    pub(crate) fn unattributed(socket: Socket) -> Listener {
        Listener { socket, process: None }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::*;
    use super::*;

    fn name(name: &str, path: &str) -> String {
        Process::new(1, name.to_owned(), path.to_owned()).name
    }

    #[test]
    fn unknown_facts_about_the_process_are_omitted() {
        let json = |listener: &Listener| serde_json::to_string(listener).expect("JSON");
        let mut listener = held(tcp("127.0.0.1:5432"), 812, "postgres");
        assert_eq!(
            json(&listener),
            r#"{"protocol":"tcp","address":"127.0.0.1","port":5432,"pid":812,"process":"postgres","path":"/usr/bin/postgres"}"#
        );
        listener.process = Some(Process::new(4, "System".to_owned(), String::new()));
        assert_eq!(
            json(&listener),
            r#"{"protocol":"tcp","address":"127.0.0.1","port":5432,"pid":4,"process":"System"}"#
        );
        assert_eq!(
            json(&unattributed(udp("[::]:53"))),
            r#"{"protocol":"udp","address":"::","port":53}"#
        );
    }

    #[test]
    fn an_ipv4_mapped_ipv6_address_is_an_ipv4_address() {
        assert_eq!(tcp("[::ffff:127.0.0.1]:80"), tcp("127.0.0.1:80"));
    }

    #[test]
    fn a_truncated_name_is_completed_from_the_path() {
        let program = "/opt/a/language-server-of-x";
        assert_eq!(name("language-server", program), "language-server-of-x");
        assert_eq!(name("language-server", "/usr/bin/node"), "language-server");
        assert_eq!(name("python3", "/usr/bin/python3.13"), "python3");
    }

    #[test]
    fn a_program_that_was_replaced_while_running_keeps_its_path() {
        let process = Process::new(1, "nginx".to_owned(), "/usr/sbin/nginx (deleted)".to_owned());
        assert_eq!(process.path.as_deref(), Some("/usr/sbin/nginx"));
    }
}
