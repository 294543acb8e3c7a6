//! Tries to bind a port. This detects ports that are taken but not listed: by a connection, or reserved
//! by the operating system.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, SockAddr, Socket, Type};

use crate::Error;
use crate::listener::Protocol;

/// Why a port can't be bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// A socket uses it.
    InUse,
    /// The operating system denies it.
    Forbidden,
}

/// A port must be free on each of these. Some systems allow binding the unspecified address although a
/// specific one is bound, so each is tried.
const ADDRESSES: [IpAddr; 4] = [
    IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    IpAddr::V4(Ipv4Addr::LOCALHOST),
    IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    IpAddr::V6(Ipv6Addr::LOCALHOST),
];

/// Binds and releases `port` for each protocol and address. Returns `None` if all of them are free.
pub(crate) fn bind(port: u16, protocols: &[Protocol]) -> Result<Option<Obstacle>, Error> {
    for &protocol in protocols {
        for address in ADDRESSES.into_iter().filter(|address| is_quiet(protocol, *address)) {
            match bind_one(protocol, SocketAddr::new(address, port)) {
                Ok(()) => {}
                Err(error) if is_missing(&error, address) => {}
                Err(error) if error.kind() == ErrorKind::AddrInUse => {
                    return Ok(Some(Obstacle::InUse));
                }
                Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                    return Ok(Some(Obstacle::Forbidden));
                }
                Err(source) => return Err(Error::Bind { port, source }),
            }
        }
    }
    Ok(None)
}

/// Whether the firewall of Windows does not ask the user for permission. For TCP it asks when a program
/// listens, which this one does not; for UDP it may ask when a program binds an external address.
fn is_quiet(protocol: Protocol, address: IpAddr) -> bool {
    !cfg!(windows) || protocol == Protocol::Tcp || address.is_loopback()
}

/// Whether the computer does not have the address, or has no IPv6.
fn is_missing(error: &io::Error, address: IpAddr) -> bool {
    match error.kind() {
        ErrorKind::AddrNotAvailable => true,
        ErrorKind::AddrInUse | ErrorKind::PermissionDenied => false,
        _ => address.is_ipv6(),
    }
}

fn bind_one(protocol: Protocol, address: SocketAddr) -> io::Result<()> {
    let kind = match protocol {
        Protocol::Tcp => Type::STREAM,
        Protocol::Udp => Type::DGRAM,
    };
    let socket = Socket::new(Domain::for_address(address), kind, None)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // Servers set this option: without it, a port is taken for minutes after its last connection. On
    // Windows it means something else, to share a port that is in use.
    if cfg!(unix) && protocol == Protocol::Tcp {
        socket.set_reuse_address(true)?;
    }
    socket.bind(&SockAddr::from(address))
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(unix)]
    use std::net::TcpStream;
    use std::net::{TcpListener, UdpSocket};

    /// Windows allows binding such a port to all addresses.
    #[cfg(unix)]
    #[test]
    fn a_port_that_a_connection_uses_can_not_be_bound() {
        let server = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let client = TcpStream::connect(server.local_addr().expect("bound")).expect("connects");
        let port = client.local_addr().expect("bound").port();
        assert_eq!(bind(port, &[Protocol::Tcp]).expect("tries"), Some(Obstacle::InUse));
    }

    #[test]
    fn both_protocols_can_use_the_same_port() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            // Some computers have no IPv6.
            let Ok(socket) = UdpSocket::bind(address) else { continue };
            let port = socket.local_addr().expect("bound").port();
            assert_eq!(bind(port, &[Protocol::Udp]).expect("tries"), Some(Obstacle::InUse));
            // Another program may use the TCP port at this moment.
            if TcpListener::bind(("0.0.0.0", port)).is_ok() {
                assert_eq!(bind(port, &[Protocol::Tcp]).expect("tries"), None, "{address}");
            }
        }
    }
}
