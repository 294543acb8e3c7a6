//! The messages of `sock_diag` (`man 7 sock_diag`), to list all listening TCP sockets of Linux. Unlike
//! reading `/proc/net/tcp`, this does not scan the kernel's table of connections, whose size grows with the
//! memory of the computer.

use std::io;
use std::net::IpAddr;

use crate::listener::{Protocol, Socket};

/// A version of IP, with the number of its address family.
#[derive(Debug, Clone, Copy)]
pub(super) enum Version {
    V4 = 2,
    V6 = 10,
}

// Kinds of messages.
const ERROR: u16 = 2;
const DONE: u16 = 3;
const SOCK_DIAG_BY_FAMILY: u16 = 20;

/// The offsets of members in a message, including its header of 16 bytes.
mod at {
    pub(super) const LENGTH: usize = 0;
    pub(super) const KIND: usize = 4;
    pub(super) const ERROR: usize = 16;
    pub(super) const FAMILY: usize = 16;
    pub(super) const PORT: usize = 20;
    pub(super) const ADDRESS: usize = 24;
    pub(super) const INODE: usize = 84;
}

/// The request for all listening TCP sockets.
pub(super) fn request(version: Version) -> [u8; 72] {
    const REQUEST_AND_DUMP: u16 = 0x301;
    const TCP: u8 = 6;
    const LISTEN: u32 = 1 << 10;

    let mut request = [0; 72];
    let mut put = |at: usize, bytes: &[u8]| request[at..at + bytes.len()].copy_from_slice(bytes);
    put(at::LENGTH, &72_u32.to_ne_bytes());
    put(at::KIND, &SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    put(6, &REQUEST_AND_DUMP.to_ne_bytes());
    put(at::FAMILY, &[version as u8, TCP]);
    put(20, &LISTEN.to_ne_bytes());
    request
}

/// The contents of a datagram of the answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Sockets, with their inodes.
    pub sockets: Vec<(Socket, u64)>,
    pub is_last: bool,
}

/// Parses a datagram of the answer.
pub(super) fn parse(mut datagram: &[u8]) -> io::Result<Part> {
    let mut part = Part { sockets: Vec::new(), is_last: false };
    while !datagram.is_empty() {
        let length = bytes(datagram, at::LENGTH).map(u32::from_ne_bytes)? as usize;
        let message = datagram.get(..length).filter(|it| !it.is_empty()).ok_or_else(truncated)?;
        match u16::from_ne_bytes(bytes(message, at::KIND)?) {
            SOCK_DIAG_BY_FAMILY => part.sockets.push(socket(message)?),
            DONE => part.is_last = true,
            ERROR => {
                let negative = i32::from_ne_bytes(bytes(message, at::ERROR)?);
                return Err(io::Error::from_raw_os_error(negative.wrapping_neg()));
            }
            _ => {}
        }
        datagram = datagram.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(part)
}

fn socket(message: &[u8]) -> io::Result<(Socket, u64)> {
    let [family] = bytes(message, at::FAMILY)?;
    let port = u16::from_be_bytes(bytes(message, at::PORT)?);
    let address = if family == Version::V4 as u8 {
        IpAddr::from(bytes::<4>(message, at::ADDRESS)?)
    } else {
        IpAddr::from(bytes::<16>(message, at::ADDRESS)?)
    };
    let inode = u32::from_ne_bytes(bytes(message, at::INODE)?);
    Ok((Socket::new(Protocol::Tcp, address, port), inode.into()))
}

fn bytes<const N: usize>(message: &[u8], at: usize) -> io::Result<[u8; N]> {
    message.get(at..).and_then(<[u8]>::first_chunk).copied().ok_or_else(truncated)
}

fn truncated() -> io::Error {
    io::ErrorKind::UnexpectedEof.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listener::testing::*;

    fn message(kind: u16, length: usize, members: &[(usize, &[u8])]) -> Vec<u8> {
        let mut message = vec![0; length];
        let length = u32::try_from(length).expect("a small number").to_ne_bytes();
        let header: [(usize, &[u8]); 2] = [(at::LENGTH, &length), (at::KIND, &kind.to_ne_bytes())];
        for (at, bytes) in header.iter().chain(members) {
            message[*at..at + bytes.len()].copy_from_slice(bytes);
        }
        message
    }

    fn answer(version: Version, port: u16, address: &[u8], inode: u32) -> Vec<u8> {
        let members: [(usize, &[u8]); 4] = [
            (at::FAMILY, &[version as u8]),
            (at::PORT, &port.to_be_bytes()),
            (at::ADDRESS, address),
            (at::INODE, &inode.to_ne_bytes()),
        ];
        message(SOCK_DIAG_BY_FAMILY, 88, &members)
    }

    #[test]
    fn datagrams_contain_sockets_until_the_last_message() {
        let v4 = answer(Version::V4, 80, &[127, 0, 0, 1], 7);
        let v6 = answer(Version::V6, 443, &[0; 16], 8);
        let sockets = vec![(tcp("127.0.0.1:80"), 7), (tcp("[::]:443"), 8)];
        let datagram = [v4, v6].concat();
        let part = parse(&datagram).expect("an answer");
        assert_eq!(part, Part { sockets, is_last: false });
        let last = Part { sockets: Vec::new(), is_last: true };
        assert_eq!(parse(&message(DONE, 20, &[])).expect("an answer"), last);
    }

    #[test]
    fn the_kernels_error_is_returned() {
        let error = message(ERROR, 36, &[(at::ERROR, &(-2_i32).to_ne_bytes())]);
        assert_eq!(parse(&error).expect_err("an error").kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn truncated_answers_are_rejected() {
        let whole = answer(Version::V4, 80, &[127, 0, 0, 1], 7);
        for end in 1..whole.len() {
            assert!(parse(&whole[..end]).is_err(), "{end}");
        }
        assert!(parse(&message(DONE, 16, &[(at::LENGTH, &[0; 4])])).is_err());
    }
}
