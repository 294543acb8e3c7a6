//! The form of the tables that macOS gives as `net.inet.tcp.pcblist_n` and `net.inet.udp.pcblist_n`.
//!
//! A table is a row of records. Each begins with its length and its kind, and is filled up to a
//! multiple of eight bytes; a socket is one of kind `INPCB` and others that follow it, for TCP at
//! last one of kind `TCPCB`. A shorter record, without a kind, stands at the begin and at the end.
//! The records are the structures `xinpgen`, `xinpcb_n` and `xtcpcb_n` in the kernel's sources
//! (`bsd/netinet/in_pcb.h`, `tcp_var.h`), whose members are packed to multiples of four bytes.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::listener::{Protocol, Socket};

/// The length of the record at the begin and at the end.
const GENERATION: usize = 24;

mod kind {
    pub(super) const INPCB: u32 = 0x10;
    pub(super) const TCPCB: u32 = 0x20;
}

/// Where the members of a record of kind `INPCB` are.
mod inpcb {
    pub(super) const LOCAL_PORT: usize = 18;
    pub(super) const VERSION: usize = 44;
    pub(super) const LOCAL_ADDRESS: usize = 64;
    /// The flag in `VERSION` for IPv6. Without it the address is an IPv4 one, in the last four bytes.
    pub(super) const IS_IPV6: u8 = 2;
}

/// Where the members of a record of kind `TCPCB` are.
mod tcpcb {
    pub(super) const STATE: usize = 36;
    pub(super) const LISTEN: u32 = 1;
}

/// The sockets in a table that hold ports; nothing if it does not look like one.
pub(super) fn parse(table: &[u8], protocol: Protocol) -> Option<BTreeSet<Socket>> {
    let announced = number(table, 4)?;
    let mut sockets = BTreeSet::new();
    let mut seen = 0;
    let mut current = None;
    let mut rest = table.get(GENERATION..)?;
    while !rest.is_empty() {
        let length = usize::try_from(number(rest, 0)?).ok()?;
        if length <= GENERATION {
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
    // Fewer than announced is usual; none at all is another form of table.
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

/// The kernel's own numbers are in the CPU's order.
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

    /// A record with its length, its kind and some members, as long as it is on macOS 15.
    fn record(length: usize, kind: u32, members: &[(usize, &[u8])]) -> Vec<u8> {
        let mut record = vec![0; length.next_multiple_of(8)];
        let length = u32::try_from(length).expect("a small number").to_ne_bytes();
        let header: [(usize, &[u8]); 2] = [(0, &length), (4, &kind.to_ne_bytes())];
        for (at, bytes) in header.iter().chain(members) {
            record[*at..at + bytes.len()].copy_from_slice(bytes);
        }
        record
    }

    fn generation(count: u32) -> Vec<u8> {
        record(GENERATION, count, &[])
    }

    fn inpcb(port: u16, version: u8, address: [u8; 16]) -> Vec<u8> {
        record(104, kind::INPCB, &[(18, &port.to_be_bytes()), (44, &[version]), (64, &address)])
    }

    /// The buffers and statistics of a socket, which say nothing of its port.
    fn others() -> Vec<u8> {
        [record(80, 1, &[]), record(32, 2, &[]), record(32, 4, &[]), record(136, 8, &[])].concat()
    }

    fn tcpcb(state: u32) -> Vec<u8> {
        record(204, kind::TCPCB, &[(36, &state.to_ne_bytes())])
    }

    const LOOPBACK: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 127, 0, 0, 1];

    fn tcp_table() -> Vec<u8> {
        [
            generation(3),
            inpcb(631, IPV4, LOOPBACK),
            others(),
            tcpcb(tcpcb::LISTEN),
            inpcb(55555, IPV4, LOOPBACK),
            others(),
            tcpcb(ESTABLISHED),
            inpcb(5000, DUAL, [0; 16]),
            others(),
            tcpcb(tcpcb::LISTEN),
            generation(3),
        ]
        .concat()
    }

    #[test]
    fn tcp_sockets_are_those_that_listen() {
        assert_eq!(
            parse(&tcp_table(), Protocol::Tcp),
            Some(BTreeSet::from([tcp("127.0.0.1:631"), tcp("[::]:5000")]))
        );
    }

    #[test]
    fn udp_sockets_are_those_that_are_bound() {
        let table =
            [generation(2), inpcb(0, IPV4, [0; 16]), others(), inpcb(53, IPV4, LOOPBACK), others()];
        assert_eq!(
            parse(&table.concat(), Protocol::Udp),
            Some(BTreeSet::from([udp("127.0.0.1:53")]))
        );
    }

    #[test]
    fn a_computer_may_have_no_sockets() {
        assert_eq!(parse(&generation(0), Protocol::Udp), Some(BTreeSet::new()));
    }

    #[test]
    fn a_table_of_another_form_is_refused_wherever_it_ends() {
        let table = tcp_table();
        let whole = parse(&table, Protocol::Tcp);
        for end in 0..table.len() {
            // A panic would fail this test, too.
            let cut = parse(&table[..end], Protocol::Tcp);
            assert!(cut.is_none() || cut.as_ref().is_some_and(|it| it.len() <= 2), "{end}");
            assert!(cut != whole || end > table.len() - 32, "{end}");
        }
        assert_eq!(parse(&[1; 1000], Protocol::Tcp), None);
        let other = [generation(2), others(), generation(2)].concat();
        assert_eq!(parse(&other, Protocol::Tcp), None);
    }
}
