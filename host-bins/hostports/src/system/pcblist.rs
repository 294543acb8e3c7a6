//! Parses the tables `net.inet.tcp.pcblist_n` and `net.inet.udp.pcblist_n` of macOS.
//!
//! A table is a sequence of records. Each begins with its length and kind, and is padded to a multiple of
//! eight bytes. A socket consists of a record of kind `INPCB` and further records; for TCP, the last one
//! has the kind `TCPCB`. The table begins and ends with a shorter record without a kind.
//! The records are the structures `xinpgen`, `xinpcb_n` and `xtcpcb_n` in the kernel's sources
//! (`bsd/netinet/in_pcb.h`, `tcp_var.h`), with their members aligned to four bytes.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::listener::{Protocol, Socket};

/// The length of the first and the last record.
const HEADER_LENGTH: usize = 24;

mod kind {
    pub(super) const INPCB: u32 = 0x10;
    pub(super) const TCPCB: u32 = 0x20;
}

/// The offsets of members in a record of kind `INPCB`.
mod inpcb {
    pub(super) const LOCAL_PORT: usize = 18;
    pub(super) const VERSION: usize = 44;
    pub(super) const LOCAL_ADDRESS: usize = 64;
    /// The flag for IPv6 in `VERSION`. Without it, the last four bytes of the address are an IPv4 address.
    pub(super) const IS_IPV6: u8 = 2;
}

/// The offset of a member in a record of kind `TCPCB`, and one of its values.
mod tcpcb {
    pub(super) const STATE: usize = 36;
    pub(super) const LISTEN: u32 = 1;
}

/// The sockets in a table that use ports. `None` if the format is unknown.
pub(super) fn parse(table: &[u8], protocol: Protocol) -> Option<BTreeSet<Socket>> {
    let announced = number(table, 4)?;
    let mut sockets = BTreeSet::new();
    let mut seen = 0;
    let mut current = None;
    let mut rest = table.get(HEADER_LENGTH..)?;
    while !rest.is_empty() {
        let length = usize::try_from(number(rest, 0)?).ok()?;
        if length <= HEADER_LENGTH {
            break;
        }
        let record = rest.get(..length)?;
        match number(record, 4)? {
            kind::INPCB => {
                seen += 1;
                current = Some(socket(record, protocol)?);
                if protocol == Protocol::Udp {
                    sockets.extend(current);
                }
            }
            kind::TCPCB if number(record, tcpcb::STATE)? == tcpcb::LISTEN => {
                sockets.extend(current);
            }
            _ => {}
        }
        rest = rest.get(length.next_multiple_of(8)..).unwrap_or_default();
    }
    sockets.retain(|socket| socket.port != 0);
    // Fewer sockets than announced are normal, but no socket at all means that the format is unknown.
    (seen > 0 || announced == 0).then_some(sockets)
}

fn socket(record: &[u8], protocol: Protocol) -> Option<Socket> {
    let port = u16::from_be_bytes(bytes(record, inpcb::LOCAL_PORT)?);
    let address: [u8; 16] = bytes(record, inpcb::LOCAL_ADDRESS)?;
    let [version] = bytes(record, inpcb::VERSION)?;
    let address = if version & inpcb::IS_IPV6 != 0 {
        IpAddr::V6(Ipv6Addr::from(address))
    } else {
        IpAddr::V4(Ipv4Addr::from(bytes::<4>(&address, 12)?))
    };
    Some(Socket::new(protocol, address, port))
}

/// A number in the CPU's byte order.
fn number(record: &[u8], at: usize) -> Option<u32> {
    bytes(record, at).map(u32::from_ne_bytes)
}

fn bytes<const N: usize>(record: &[u8], at: usize) -> Option<[u8; N]> {
    record.get(at..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listener::testing::*;

    const IPV4: u8 = 1;
    const DUAL: u8 = 3;
    const ESTABLISHED: u32 = 4;

    /// A record with its length, its kind and some members. The lengths are those of macOS 15.
    fn record(length: usize, kind: u32, members: &[(usize, &[u8])]) -> Vec<u8> {
        let mut record = vec![0; length.next_multiple_of(8)];
        let length = u32::try_from(length).expect("a small number").to_ne_bytes();
        let header: [(usize, &[u8]); 2] = [(0, &length), (4, &kind.to_ne_bytes())];
        for (at, bytes) in header.iter().chain(members) {
            record[*at..at + bytes.len()].copy_from_slice(bytes);
        }
        record
    }

    fn header(count: u32) -> Vec<u8> {
        record(HEADER_LENGTH, count, &[])
    }

    fn inpcb(port: u16, version: u8, address: [u8; 16]) -> Vec<u8> {
        record(104, kind::INPCB, &[(18, &port.to_be_bytes()), (44, &[version]), (64, &address)])
    }

    /// The buffers and statistics of a socket, which don't contain its port.
    fn others() -> Vec<u8> {
        [record(80, 1, &[]), record(32, 2, &[]), record(32, 4, &[]), record(136, 8, &[])].concat()
    }

    fn tcpcb(state: u32) -> Vec<u8> {
        record(204, kind::TCPCB, &[(36, &state.to_ne_bytes())])
    }

    const LOOPBACK: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 127, 0, 0, 1];

    fn tcp_table() -> Vec<u8> {
        [
            header(3),
            inpcb(631, IPV4, LOOPBACK),
            others(),
            tcpcb(tcpcb::LISTEN),
            inpcb(55555, IPV4, LOOPBACK),
            others(),
            tcpcb(ESTABLISHED),
            inpcb(5000, DUAL, [0; 16]),
            others(),
            tcpcb(tcpcb::LISTEN),
            header(3),
        ]
        .concat()
    }

    #[test]
    fn tcp_sockets_use_a_port_if_they_listen() {
        assert_eq!(
            parse(&tcp_table(), Protocol::Tcp),
            Some(BTreeSet::from([tcp("127.0.0.1:631"), tcp("[::]:5000")]))
        );
    }

    #[test]
    fn udp_sockets_use_a_port_if_they_are_bound() {
        let table =
            [header(2), inpcb(0, IPV4, [0; 16]), others(), inpcb(53, IPV4, LOOPBACK), others()];
        assert_eq!(
            parse(&table.concat(), Protocol::Udp),
            Some(BTreeSet::from([udp("127.0.0.1:53")]))
        );
    }

    #[test]
    fn a_table_without_sockets_is_valid() {
        assert_eq!(parse(&header(0), Protocol::Udp), Some(BTreeSet::new()));
    }

    #[test]
    fn truncated_tables_and_other_formats_are_rejected() {
        let table = tcp_table();
        let whole = parse(&table, Protocol::Tcp);
        for end in 0..table.len() {
            let cut = parse(&table[..end], Protocol::Tcp);
            assert!(cut.is_none() || cut.as_ref().is_some_and(|it| it.len() <= 2), "{end}");
            assert!(cut != whole || end > table.len() - 32, "{end}");
        }
        assert_eq!(parse(&[1; 1000], Protocol::Tcp), None);
        let other = [header(2), others(), header(2)].concat();
        assert_eq!(parse(&other, Protocol::Tcp), None);
    }
}
