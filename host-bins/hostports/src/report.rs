//! What `hostports list` prints: the contract between this program and the extension's page
//! (`ui/src/hostports.ts`).

use std::net::IpAddr;

use listeners::SocketState;
use serde::Serialize;

/// The listening sockets of this computer.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Report {
    /// Goes up when a field changes its meaning or goes away. New fields don't raise it: readers
    /// ignore what they don't know.
    schema_version: u32,
    /// By port, then address (IPv4 before IPv6), then process id; no two are equal.
    listeners: Vec<Listener>,
}

/// A process that listens on a port.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Listener {
    /// The transport protocol.
    protocol: Protocol,
    /// The local IP address, without brackets or zone; `0.0.0.0` and `::` stand for all of them.
    address: IpAddr,
    /// The local port.
    port: u16,
    /// The id of the process that owns the socket.
    pid: u32,
    /// The name of that process, as the operating system has it: `postgres`, `postgres.exe`.
    process: String,
}

/// The transport protocols that are reported.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Protocol {
    /// Transmission Control Protocol.
    Tcp,
}

impl Report {
    /// Picks the listening sockets out of all open ones.
    pub(crate) fn new(sockets: impl IntoIterator<Item = listeners::Listener>) -> Self {
        let mut listeners: Vec<_> = sockets.into_iter().filter_map(Listener::from_socket).collect();
        listeners.sort_unstable_by_key(|l| (l.port, l.address, l.pid));
        listeners.dedup();
        Self { schema_version: 1, listeners }
    }
}

impl Listener {
    fn from_socket(socket: listeners::Listener) -> Option<Self> {
        let listens =
            socket.protocol == listeners::Protocol::TCP && socket.state == SocketState::Listen;
        listens.then(|| Self {
            protocol: Protocol::Tcp,
            // `::ffff:127.0.0.1`, which is what Java binds, is reached as `127.0.0.1`.
            address: socket.socket.ip().to_canonical(),
            port: socket.socket.port(),
            pid: socket.process.pid,
            process: socket.process.name,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(address: &str, pid: u32, name: &str) -> listeners::Listener {
        listeners::Listener {
            process: listeners::Process {
                pid,
                name: name.into(),
                path: format!("/usr/bin/{name}"),
            },
            socket: address.parse().expect("a socket address"),
            protocol: listeners::Protocol::TCP,
            state: SocketState::Listen,
        }
    }

    fn addresses(report: &Report) -> Vec<String> {
        let row = |l: &Listener| format!("{} {} {}", l.port, l.address, l.pid);
        report.listeners.iter().map(row).collect()
    }

    #[test]
    fn has_a_stable_schema() {
        let report = Report::new([socket("127.0.0.1:5432", 812, "postgres")]);
        assert_eq!(
            serde_json::to_string(&report).expect("JSON"),
            r#"{"schema_version":1,"listeners":[{"protocol":"tcp","address":"127.0.0.1","port":5432,"pid":812,"process":"postgres"}]}"#
        );
    }

    #[test]
    fn reports_only_listening_tcp_sockets() {
        let udp = listeners::Listener {
            protocol: listeners::Protocol::UDP,
            state: SocketState::Unknown,
            ..socket("0.0.0.0:5353", 1, "mdns")
        };
        let connected = listeners::Listener {
            state: SocketState::Established,
            ..socket("127.0.0.1:5432", 812, "postgres")
        };
        assert_eq!(addresses(&Report::new([udp, connected])), [""; 0]);
    }

    #[test]
    fn sorts_by_port_then_address_then_process() {
        let report = Report::new([
            socket("[::1]:80", 1, "nginx"),
            socket("127.0.0.1:8080", 1, "nginx"),
            socket("127.0.0.1:80", 20, "nginx"),
            socket("127.0.0.1:80", 3, "nginx"),
            socket("9.0.0.1:80", 40, "nginx"),
        ]);
        assert_eq!(
            addresses(&report),
            ["80 9.0.0.1 40", "80 127.0.0.1 3", "80 127.0.0.1 20", "80 ::1 1", "8080 127.0.0.1 1",]
        );
    }

    #[test]
    fn reports_each_listener_once() {
        let report = Report::new([
            socket("127.0.0.1:8080", 7, "java"),
            socket("[::ffff:127.0.0.1]:8080", 7, "java"),
            socket("127.0.0.1:8080", 7, "java"),
        ]);
        assert_eq!(addresses(&report), ["8080 127.0.0.1 7"]);
    }
}
