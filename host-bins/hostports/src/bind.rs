//! Tries whether a port can be bound, which alone tells what no list has: a port that a connection
//! holds, or that the operating system keeps for itself.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, SockAddr, Socket, Type};

use crate::Error;
use crate::listener::Protocol;

/// What keeps a port from being bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// A socket has it.
    InUse,
    /// The operating system doesn't give it.
    Forbidden,
}

/// Where a port must be free. Each by itself: some systems let "all" be bound beside one address.
const ADDRESSES: [IpAddr; 4] = [
    IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    IpAddr::V4(Ipv4Addr::LOCALHOST),
    IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    IpAddr::V6(Ipv6Addr::LOCALHOST),
];

/// Binds `port` for each of the protocols and of the addresses, and lets go of it.
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

/// Whether nobody is asked. The firewall of Windows asks people whether a program may receive from
/// outside: of TCP when it listens, which is not done here, of UDP maybe before.
fn is_quiet(protocol: Protocol, address: IpAddr) -> bool {
    !cfg!(windows) || protocol == Protocol::Tcp || address.is_loopback()
}

/// Whether the computer doesn't have the address, or no IPv6 at all.
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
    // As servers do: else a port would be taken for minutes after its last connection. On Windows
    // it would mean to share the port with whoever has it.
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

    /// Windows gives such a port to whoever asks for all addresses.
    #[cfg(unix)]
    #[test]
    fn a_port_that_a_connection_holds_can_not_be_bound() {
        let server = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let client = TcpStream::connect(server.local_addr().expect("bound")).expect("connects");
        let port = client.local_addr().expect("bound").port();
        assert_eq!(bind(port, &[Protocol::Tcp]).expect("tries"), Some(Obstacle::InUse));
    }

    #[test]
    fn one_protocol_does_not_keep_the_other_from_a_port() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            // Some computers have no IPv6.
            let Ok(socket) = UdpSocket::bind(address) else { continue };
            let port = socket.local_addr().expect("bound").port();
            assert_eq!(bind(port, &[Protocol::Udp]).expect("tries"), Some(Obstacle::InUse));
            // Unless another program has it there, in this moment.
            if TcpListener::bind(("0.0.0.0", port)).is_ok() {
                assert_eq!(bind(port, &[Protocol::Tcp]).expect("tries"), None, "{address}");
            }
        }
    }
}
