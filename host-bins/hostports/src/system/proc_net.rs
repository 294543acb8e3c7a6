//! Parses the tables in `/proc/net` of Linux (`man 5 proc_pid_net`).

use std::net::IpAddr;

use crate::listener::{Protocol, Socket};

/// The state of a listening socket in the TCP tables.
const LISTEN: &str = "0A";

/// The sockets in a table that use ports, with their inodes.
pub(super) fn parse(text: &str, protocol: Protocol) -> impl Iterator<Item = (Socket, u64)> {
    // The first line has the titles of the columns.
    text.lines().skip(1).filter_map(move |line| parse_line(line, protocol))
}

/// `  0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 1000 0 26417 …`: number, local and remote address,
/// state, queues, timer, retransmissions, user, timeout, inode.
fn parse_line(line: &str, protocol: Protocol) -> Option<(Socket, u64)> {
    let mut columns = line.split_ascii_whitespace().skip(1);
    let (local, _remote, state) = (columns.next()?, columns.next()?, columns.next()?);
    let inode = columns.nth(5)?.parse().ok()?;
    let (address, port) = local.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let holds_port = protocol == Protocol::Udp || state == LISTEN;
    let socket = Socket::new(protocol, parse_address(address)?, port);
    (holds_port && port != 0).then_some((socket, inode))
}

/// The inode in the target of a link in `/proc/<pid>/fd`: `socket:[26417]`.
pub(super) fn inode(link: &[u8]) -> Option<u64> {
    let inode = link.strip_prefix(b"socket:[")?.strip_suffix(b"]")?;
    std::str::from_utf8(inode).ok()?.parse().ok()
}

/// Addresses are printed as 32-bit numbers in the CPU's byte order.
fn parse_address(hex: &str) -> Option<IpAddr> {
    let word = |at: usize| {
        let number = u32::from_str_radix(hex.get(at..at + 8)?, 16).ok()?;
        Some(number.to_ne_bytes())
    };
    match hex.len() {
        8 => Some(IpAddr::from(word(0)?)),
        32 => {
            let words = [word(0)?, word(8)?, word(16)?, word(24)?];
            Some(IpAddr::from(<[u8; 16]>::try_from(words.as_flattened()).ok()?))
        }
        _ => None,
    }
}

#[cfg(all(test, target_endian = "little"))]
mod tests {
    use super::*;
    use crate::listener::testing::*;

    const TCP: &str = "  \
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   110        0 26417 1
   1: 0202000A:A1B2 0100007F:1538 01 00000000:00000000 02:0000A1B2 00000000     0        0 26418 2
";

    const UDP6: &str = "  \
  sl  local_address                         remote_address                        st \
      tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  10: 00000000000000000000000000000000:14E9 00000000000000000000000000000000:0000 07 \
      00000000:00000000 00:00000000 00000000   104        0 11 2 0000000000000000 0
  11: 0000000000000000FFFF00000100007F:0035 00000000000000000000000000000000:0000 07 \
      00000000:00000000 00:00000000 00000000   104        0 12 2 0000000000000000 0
  12: 000080FE00000000FF005450B6AD1DFE:0222 00000000000000000000000000000000:0000 07 \
      00000000:00000000 00:00000000 00000000   104        0 13 2 0000000000000000 0
";

    fn sockets(text: &str, protocol: Protocol) -> Vec<(Socket, u64)> {
        parse(text, protocol).collect()
    }

    #[test]
    fn tcp_sockets_use_a_port_if_they_listen() {
        assert_eq!(sockets(TCP, Protocol::Tcp), [(tcp("127.0.0.1:5432"), 26417)]);
    }

    #[test]
    fn udp_sockets_use_a_port_if_they_are_bound() {
        assert_eq!(
            sockets(UDP6, Protocol::Udp),
            [
                (udp("[::]:5353"), 11),
                (udp("127.0.0.1:53"), 12),
                (udp("[fe80::5054:ff:fe1d:adb6]:546"), 13)
            ]
        );
    }

    #[test]
    fn invalid_lines_are_ignored() {
        for local in ["", "0100007F", "0100007F:0000", "01:0050", "é100007F:0050", "0100007F:10050"]
        {
            let line = format!("0: {local} 00000000:0000 0A 0:0 0:0 0 110 0 26417");
            assert_eq!(parse_line(&line, Protocol::Tcp), None, "{line}");
        }
        assert_eq!(parse_line("0: 0100007F:0050 00000000:0000 0A", Protocol::Tcp), None);
    }

    #[test]
    fn links_to_sockets_contain_inodes() {
        assert_eq!(inode(b"socket:[26417]"), Some(26417));
        for other in
            [&b"pipe:[26417]"[..], b"/dev/null", b"socket:[]", b"socket:[1", b"socket:[\xff]"]
        {
            assert_eq!(inode(other), None);
        }
    }
}
