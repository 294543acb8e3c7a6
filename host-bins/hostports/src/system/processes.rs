//! Lists the sockets of the processes that this user may see, with the crate `listeners`.

use std::collections::BTreeSet;

use listeners::SocketState;

use super::Error;
use crate::listener::{Listener, Process, Protocol, Socket};

pub(super) fn listeners() -> Result<BTreeSet<Listener>, Error> {
    let found = listeners::get_all().map_err(Error::Processes)?;
    Ok(found.into_iter().filter_map(attribute).collect())
}

/// Converts a socket to a listener. `None` if it does not use a port.
fn attribute(found: listeners::Listener) -> Option<Listener> {
    let protocol = match (found.protocol, found.state) {
        (listeners::Protocol::TCP, SocketState::Listen) => Protocol::Tcp,
        (listeners::Protocol::TCP, _) => return None,
        (listeners::Protocol::UDP, _) => Protocol::Udp,
    };
    let listeners::Process { pid, name, path } = found.process;
    let socket = Socket::new(protocol, found.socket.ip(), found.socket.port());
    // macOS also lists sockets that are not bound yet, with port 0.
    (socket.port != 0).then(|| Listener { socket, process: Some(Process::new(pid, name, path)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listener::testing::*;

    fn found(
        address: &str,
        protocol: listeners::Protocol,
        state: SocketState,
    ) -> listeners::Listener {
        let process = listeners::Process {
            pid: 812,
            name: "postgres".to_owned(),
            path: "/usr/bin/postgres".to_owned(),
        };
        let socket = address.parse().expect("a socket address");
        listeners::Listener { process, socket, protocol, state }
    }

    #[test]
    fn tcp_sockets_use_a_port_if_they_listen() {
        let tcp_in = |state| attribute(found("127.0.0.1:5432", listeners::Protocol::TCP, state));
        let listener = held(tcp("127.0.0.1:5432"), 812, "postgres");
        assert_eq!(tcp_in(SocketState::Listen), Some(listener));
        assert_eq!(tcp_in(SocketState::Established), None);
    }

    #[test]
    fn udp_sockets_use_a_port_if_they_are_bound() {
        let udp_at =
            |address| attribute(found(address, listeners::Protocol::UDP, SocketState::Unknown));
        assert_eq!(udp_at("[::]:53"), Some(held(udp("[::]:53"), 812, "postgres")));
        assert_eq!(udp_at("0.0.0.0:0"), None);
    }
}
