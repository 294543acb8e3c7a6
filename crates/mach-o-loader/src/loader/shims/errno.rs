//! Error numbers, most of which differ between macOS and Linux.

use std::cell::Cell;
use std::ffi::{c_char, c_int};

use super::unsupported;

pub fn find(name: &str) -> Option<*const ()> {
    Some(match name {
        "__error" => error as *const (),
        "strerror" => strerror as *const (),
        "strerror_r" => strerror_r as *const (),
        _ => return None,
    })
}

/// The numbers of macOS and Linux that differ: all others up to 34 are the same.
const NUMBERS: &[(c_int, c_int)] = &[
    (11, libc::EDEADLK),
    (35, libc::EAGAIN),
    (36, libc::EINPROGRESS),
    (37, libc::EALREADY),
    (38, libc::ENOTSOCK),
    (39, libc::EDESTADDRREQ),
    (40, libc::EMSGSIZE),
    (41, libc::EPROTOTYPE),
    (42, libc::ENOPROTOOPT),
    (43, libc::EPROTONOSUPPORT),
    (45, libc::ENOTSUP),
    (47, libc::EAFNOSUPPORT),
    (48, libc::EADDRINUSE),
    (49, libc::EADDRNOTAVAIL),
    (50, libc::ENETDOWN),
    (51, libc::ENETUNREACH),
    (53, libc::ECONNABORTED),
    (54, libc::ECONNRESET),
    (55, libc::ENOBUFS),
    (56, libc::EISCONN),
    (57, libc::ENOTCONN),
    (58, libc::ESHUTDOWN),
    (60, libc::ETIMEDOUT),
    (61, libc::ECONNREFUSED),
    (62, libc::ELOOP),
    (63, libc::ENAMETOOLONG),
    (64, libc::EHOSTDOWN),
    (65, libc::EHOSTUNREACH),
    (66, libc::ENOTEMPTY),
    (77, libc::ENOLCK),
    (78, libc::ENOSYS),
    (84, libc::EOVERFLOW),
    (89, libc::ECANCELED),
    (92, libc::EILSEQ),
];

const LAST_COMMON: c_int = 34;

pub fn to_apple(linux: c_int) -> c_int {
    match NUMBERS.iter().find(|(_, number)| *number == linux) {
        Some((apple, _)) => *apple,
        None if linux <= LAST_COMMON => linux,
        None => unsupported("__error", linux),
    }
}

fn to_linux(apple: c_int) -> c_int {
    match NUMBERS.iter().find(|(number, _)| *number == apple) {
        Some((_, linux)) => *linux,
        None if apple <= LAST_COMMON => apple,
        None => unsupported("strerror_r", apple),
    }
}

thread_local! {
    static ERROR: Cell<c_int> = const { Cell::new(0) };
}

/// The address of the program's error number. glibc's number is copied to it at this call.
extern "C" fn error() -> *mut c_int {
    // SAFETY: the number belongs to this thread.
    let linux = unsafe { libc::__errno_location().replace(0) };
    ERROR.with(|error| {
        if linux != 0 {
            error.set(to_apple(linux));
        }
        error.as_ptr()
    })
}

unsafe extern "C" fn strerror_r(number: c_int, buffer: *mut c_char, size: usize) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    to_apple(unsafe { libc::strerror_r(to_linux(number), buffer, size) })
}

extern "C" fn strerror(number: c_int) -> *const c_char {
    // SAFETY: it takes any number.
    unsafe { libc::strerror(to_linux(number)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_one_meaning() {
        for number in (1..=LAST_COMMON).chain(NUMBERS.iter().map(|(apple, _)| *apple)) {
            assert_eq!(to_apple(to_linux(number)), number);
        }
    }
}
