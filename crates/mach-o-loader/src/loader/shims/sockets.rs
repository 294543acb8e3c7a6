//! Sockets. On macOS an address begins with its length, and most constants have other values.

use std::ffi::{c_char, c_int, c_void};
use std::mem::{self, offset_of};
use std::ptr;

use super::{errno, flags, unsupported};

pub fn find(name: &str) -> Option<*const ()> {
    Some(match name {
        "accept" => accept as *const (),
        "bind" => bind as *const (),
        "connect" => connect as *const (),
        "freeaddrinfo" => free_addresses as *const (),
        "gai_strerror" => address_error as *const (),
        "getaddrinfo" => get_addresses as *const (),
        "getpeername" => peer_name as *const (),
        "getsockname" => socket_name as *const (),
        "getsockopt" => get_option as *const (),
        "recv" => receive as *const (),
        "recvfrom" => receive_from as *const (),
        "send" => send as *const (),
        "sendto" => send_to as *const (),
        "setsockopt" => set_option as *const (),
        "socket" => socket as *const (),
        "socketpair" => socket_pair as *const (),
        _ => return None,
    })
}

const AF_INET6: u8 = 30;

fn family_to_linux(apple: c_int) -> c_int {
    match apple {
        0..=2 => apple,
        _ if apple == c_int::from(AF_INET6) => libc::AF_INET6,
        other => unsupported("socket", other),
    }
}

fn family_to_apple(linux: c_int) -> u8 {
    match linux {
        0..=2 => linux as u8,
        libc::AF_INET6 => AF_INET6,
        other => unsupported("getsockname", other),
    }
}

extern "C" fn socket(family: c_int, kind: c_int, protocol: c_int) -> c_int {
    // SAFETY: it takes any numbers. The types of sockets are the same.
    unsafe { libc::socket(family_to_linux(family), kind, protocol) }
}

unsafe extern "C" fn socket_pair(
    family: c_int,
    kind: c_int,
    protocol: c_int,
    to: *mut c_int,
) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::socketpair(family_to_linux(family), kind, protocol, to) }
}

/// An address. All kinds are the same from the third byte on.
struct Address {
    bytes: [u8; size_of::<libc::sockaddr_storage>()],
    length: u32,
}

impl Address {
    /// An address of macOS.
    unsafe fn new(from: *const u8, length: u32) -> Self {
        let mut bytes = [0; size_of::<libc::sockaddr_storage>()];
        let length = length.min(bytes.len() as u32);
        // SAFETY: the caller provides an address of this length.
        unsafe { ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), length as usize) };
        let family = family_to_linux(bytes[1].into()) as u16;
        bytes[..2].copy_from_slice(&family.to_ne_bytes());
        Self { bytes, length }
    }

    /// Room for an address of Linux.
    fn empty() -> Self {
        let bytes = [0; size_of::<libc::sockaddr_storage>()];
        Self { length: bytes.len() as u32, bytes }
    }

    fn as_ptr(&self) -> *const libc::sockaddr {
        self.bytes.as_ptr().cast()
    }

    fn as_mut_ptr(&mut self) -> *mut libc::sockaddr {
        self.bytes.as_mut_ptr().cast()
    }

    /// Writes an address of Linux as one of macOS, as far as there is room.
    unsafe fn write(mut self, to: *mut u8, length: *mut u32) {
        if to.is_null() {
            return;
        }
        let family = u16::from_ne_bytes([self.bytes[0], self.bytes[1]]);
        self.bytes[0] = self.length as u8;
        self.bytes[1] = family_to_apple(family.into());
        // SAFETY: the caller provides room of `length` bytes.
        unsafe {
            let copied = self.length.min(*length);
            ptr::copy_nonoverlapping(self.bytes.as_ptr(), to, copied as usize);
            *length = self.length;
        }
    }
}

unsafe extern "C" fn connect(socket: c_int, address: *const u8, length: u32) -> c_int {
    // SAFETY: the caller provides an address of this length.
    unsafe {
        let address = Address::new(address, length);
        libc::connect(socket, address.as_ptr(), address.length)
    }
}

unsafe extern "C" fn bind(socket: c_int, address: *const u8, length: u32) -> c_int {
    // SAFETY: the caller provides an address of this length.
    unsafe {
        let address = Address::new(address, length);
        libc::bind(socket, address.as_ptr(), address.length)
    }
}

/// Calls a function of Linux that writes an address, and writes it for the program if it succeeds.
unsafe fn with_address<T: Into<i64> + Copy>(
    to: *mut u8,
    length: *mut u32,
    call: impl FnOnce(*mut libc::sockaddr, *mut u32) -> T,
) -> T {
    let mut address = Address::empty();
    let mut got = address.length;
    let result = call(address.as_mut_ptr(), &raw mut got);
    if result.into() >= 0 {
        address.length = got;
        // SAFETY: the caller provides room, or null.
        unsafe { address.write(to, length) };
    }
    result
}

unsafe extern "C" fn accept(socket: c_int, to: *mut u8, length: *mut u32) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { with_address(to, length, |address, length| libc::accept(socket, address, length)) }
}

unsafe extern "C" fn socket_name(socket: c_int, to: *mut u8, length: *mut u32) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe {
        with_address(to, length, |address, length| libc::getsockname(socket, address, length))
    }
}

unsafe extern "C" fn peer_name(socket: c_int, to: *mut u8, length: *mut u32) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe {
        with_address(to, length, |address, length| libc::getpeername(socket, address, length))
    }
}

const MESSAGE_FLAGS: [(c_int, c_int); 4] = [
    (0x2, libc::MSG_PEEK),
    (0x40, libc::MSG_WAITALL),
    (0x80, libc::MSG_DONTWAIT),
    (0x8_0000, libc::MSG_NOSIGNAL),
];

unsafe extern "C" fn send(socket: c_int, bytes: *const c_void, count: usize, how: c_int) -> isize {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::send(socket, bytes, count, flags("send", how, &MESSAGE_FLAGS)) }
}

unsafe extern "C" fn send_to(
    socket: c_int,
    bytes: *const c_void,
    count: usize,
    how: c_int,
    address: *const u8,
    length: u32,
) -> isize {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe {
        if address.is_null() {
            return send(socket, bytes, count, how);
        }
        let address = Address::new(address, length);
        let how = flags("sendto", how, &MESSAGE_FLAGS);
        libc::sendto(socket, bytes, count, how, address.as_ptr(), address.length)
    }
}

unsafe extern "C" fn receive(socket: c_int, to: *mut c_void, count: usize, how: c_int) -> isize {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::recv(socket, to, count, flags("recv", how, &MESSAGE_FLAGS)) }
}

unsafe extern "C" fn receive_from(
    socket: c_int,
    bytes: *mut c_void,
    count: usize,
    how: c_int,
    to: *mut u8,
    length: *mut u32,
) -> isize {
    let how = flags("recvfrom", how, &MESSAGE_FLAGS);
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe {
        let call =
            |address, length| libc::recvfrom(socket, bytes, count, how, address, length) as i64;
        with_address(to, length, call) as isize
    }
}

const SOL_SOCKET: c_int = 0xffff;
const SO_ERROR: c_int = 0x1007;
/// No SIGPIPE for this socket. Linux has that for each call only, so it has no effect here.
const SO_NOSIGPIPE: c_int = 0x1022;
const IPV6_V6ONLY: c_int = 27;

const SOCKET_OPTIONS: [(c_int, c_int); 11] = [
    (0x4, libc::SO_REUSEADDR),
    (0x8, libc::SO_KEEPALIVE),
    (0x20, libc::SO_BROADCAST),
    (0x80, libc::SO_LINGER),
    (0x200, libc::SO_REUSEPORT),
    (0x1001, libc::SO_SNDBUF),
    (0x1002, libc::SO_RCVBUF),
    (0x1005, libc::SO_SNDTIMEO),
    (0x1006, libc::SO_RCVTIMEO),
    (SO_ERROR, libc::SO_ERROR),
    (0x1008, libc::SO_TYPE),
];

/// Linux's level and option.
fn option(level: c_int, option: c_int) -> (c_int, c_int) {
    match (level, option) {
        (SOL_SOCKET, _) => match SOCKET_OPTIONS.iter().find(|(apple, _)| *apple == option) {
            Some((_, linux)) => (libc::SOL_SOCKET, *linux),
            None => unsupported("setsockopt", (level, option)),
        },
        (libc::IPPROTO_TCP, libc::TCP_NODELAY) => (level, option),
        (libc::IPPROTO_IPV6, IPV6_V6ONLY) => (level, libc::IPV6_V6ONLY),
        other => unsupported("setsockopt", other),
    }
}

unsafe extern "C" fn set_option(
    socket: c_int,
    level: c_int,
    name: c_int,
    value: *const c_void,
    length: u32,
) -> c_int {
    if (level, name) == (SOL_SOCKET, SO_NOSIGPIPE) {
        return 0;
    }
    let (level, name) = option(level, name);
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::setsockopt(socket, level, name, value, length) }
}

unsafe extern "C" fn get_option(
    socket: c_int,
    level: c_int,
    name: c_int,
    value: *mut c_void,
    length: *mut u32,
) -> c_int {
    let is_error = (level, name) == (SOL_SOCKET, SO_ERROR);
    let (level, name) = option(level, name);
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe {
        let result = libc::getsockopt(socket, level, name, value, length);
        if result == 0 && is_error {
            let value = value.cast::<c_int>();
            value.write(errno::to_apple(*value));
        }
        result
    }
}

/// macOS's `struct addrinfo`: name and address are in the other order.
#[repr(C)]
struct AddressInfo {
    flags: c_int,
    family: c_int,
    kind: c_int,
    protocol: c_int,
    length: u32,
    name: *mut c_char,
    address: *mut u8,
    next: *mut AddressInfo,
}

const _: () = assert!(offset_of!(AddressInfo, next) == 40);

unsafe extern "C" fn get_addresses(
    host: *const c_char,
    service: *const c_char,
    hints: *const AddressInfo,
    to: *mut *mut AddressInfo,
) -> c_int {
    // SAFETY: strings and hints are null or valid, as the caller guarantees. The list of glibc ends with a
    // null pointer.
    unsafe {
        let hints = hints.as_ref().map(|hints| libc::addrinfo {
            // AI_PASSIVE, AI_CANONNAME and AI_NUMERICHOST have the same values.
            ai_flags: flags("getaddrinfo", hints.flags, &[(1, 1), (2, 2), (4, 4)]),
            ai_family: family_to_linux(hints.family),
            ai_socktype: hints.kind,
            ai_protocol: hints.protocol,
            ..mem::zeroed()
        });
        let hints = hints.as_ref().map_or(ptr::null(), ptr::from_ref);
        let mut found = ptr::null_mut();
        let result = libc::getaddrinfo(host, service, hints, &raw mut found);
        let mut next = to;
        let mut entry = found;
        while let Some(linux) = entry.as_ref() {
            let mut address = Address::empty();
            address.length = linux.ai_addrlen;
            ptr::copy_nonoverlapping(
                linux.ai_addr.cast(),
                address.bytes.as_mut_ptr(),
                linux.ai_addrlen as usize,
            );
            let bytes = Box::into_raw(Box::new([0_u8; size_of::<libc::sockaddr_storage>()])).cast();
            let mut length = address.length;
            address.write(bytes, &raw mut length);
            *next = Box::into_raw(Box::new(AddressInfo {
                flags: linux.ai_flags,
                family: family_to_apple(linux.ai_family).into(),
                kind: linux.ai_socktype,
                protocol: linux.ai_protocol,
                length,
                name: ptr::null_mut(),
                address: bytes,
                next: ptr::null_mut(),
            }));
            next = &raw mut (**next).next;
            entry = linux.ai_next;
        }
        if !found.is_null() {
            libc::freeaddrinfo(found);
        }
        // macOS's error numbers are positive, and in the same order.
        result.abs()
    }
}

unsafe extern "C" fn free_addresses(mut list: *mut AddressInfo) {
    while !list.is_null() {
        // SAFETY: the list was made by `get_addresses`.
        unsafe {
            let entry = Box::from_raw(list);
            drop(Box::from_raw(entry.address.cast::<[u8; size_of::<libc::sockaddr_storage>()]>()));
            list = entry.next;
        }
    }
}

extern "C" fn address_error(number: c_int) -> *const c_char {
    // SAFETY: it takes any number.
    unsafe { libc::gai_strerror(-number) }
}
