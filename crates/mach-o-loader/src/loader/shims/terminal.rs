//! Terminals, and other devices.

use std::ffi::{c_int, c_ulong, c_void};

use super::unsupported;

pub fn find(name: &str) -> Option<*const ()> {
    Some(match name {
        "ioctl" => ioctl as *const (),
        "tcgetattr" => get_attributes as *const (),
        _ => return None,
    })
}

/// The requests of macOS and Linux; the structures are the same.
const REQUESTS: [(c_ulong, c_ulong); 5] = [
    (0x2000_6601, libc::FIOCLEX),
    (0x2000_6602, libc::FIONCLEX),
    (0x4004_667f, libc::FIONREAD),
    (0x4008_7468, libc::TIOCGWINSZ),
    (0x8004_667e, libc::FIONBIO),
];

unsafe extern "C" fn ioctl(file: c_int, request: c_ulong, argument: *mut c_void) -> c_int {
    let Some((_, request)) = REQUESTS.iter().find(|(apple, _)| *apple == request) else {
        unsupported("ioctl", request);
    };
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::ioctl(file, *request, argument) }
}

/// Fails for what is not a terminal; the settings of a terminal are not converted.
extern "C" fn get_attributes(file: c_int, _to: *mut c_void) -> c_int {
    // SAFETY: it takes any number, and sets the error number.
    if unsafe { libc::isatty(file) } == 1 {
        unsupported("tcgetattr", "a terminal");
    }
    -1
}
