//! Memory, clocks, random numbers, and system configuration.

use std::ffi::{CStr, c_char, c_int, c_long, c_void};
use std::ptr;

use super::{flags, unsupported};

pub fn find(name: &str) -> Option<*const ()> {
    Some(match name {
        "CCRandomGenerateBytes" => random as *const (),
        "clock_gettime" => clock_gettime as *const (),
        "confstr" => confstr as *const (),
        "mmap" => mmap as *const (),
        "sysconf" => sysconf as *const (),
        _ => return None,
    })
}

unsafe extern "C" fn random(bytes: *mut c_void, count: usize) -> c_int {
    // SAFETY: `bytes` has room for `count` bytes, as the caller guarantees.
    let got = unsafe { libc::getrandom(bytes, count, 0) };
    if got != count as isize {
        unsupported("CCRandomGenerateBytes", count);
    }
    0
}

unsafe extern "C" fn clock_gettime(clock: c_int, time: *mut libc::timespec) -> c_int {
    let clock = match clock {
        0 => libc::CLOCK_REALTIME,
        4 => libc::CLOCK_MONOTONIC_RAW,
        6 => libc::CLOCK_BOOTTIME,
        8 => libc::CLOCK_MONOTONIC,
        other => unsupported("clock_gettime", other),
    };
    // SAFETY: `time` is valid for writes; the structure is the same on both systems.
    unsafe { libc::clock_gettime(clock, time) }
}

const DARWIN_USER_TEMP_DIR: c_int = 65537;

/// Returns the directory of temporary files, and the length of its path.
unsafe extern "C" fn confstr(name: c_int, buffer: *mut c_char, size: usize) -> usize {
    const DIRECTORY: &CStr = c"/tmp/";
    if name != DARWIN_USER_TEMP_DIR {
        unsupported("confstr", name);
    }
    let length = DIRECTORY.to_bytes_with_nul().len();
    if length <= size {
        // SAFETY: the buffer has this size, as the caller guarantees.
        unsafe { ptr::copy_nonoverlapping(DIRECTORY.as_ptr(), buffer, length) };
    }
    length
}

unsafe extern "C" fn mmap(
    start: *mut c_void,
    length: usize,
    rights: c_int,
    how: c_int,
    file: c_int,
    offset: i64,
) -> *mut c_void {
    let pairs = [
        (0x1, libc::MAP_SHARED),
        (0x2, libc::MAP_PRIVATE),
        (0x10, libc::MAP_FIXED),
        (0x1000, libc::MAP_ANONYMOUS),
    ];
    // SAFETY: the caller's guarantees are those of the called function; protections have the same values.
    unsafe { libc::mmap(start, length, rights, flags("mmap", how, &pairs), file, offset) }
}

extern "C" fn sysconf(name: c_int) -> c_long {
    let name = match name {
        29 => libc::_SC_PAGESIZE,
        58 => libc::_SC_NPROCESSORS_ONLN,
        71 => libc::_SC_GETPW_R_SIZE_MAX,
        other => unsupported("sysconf", other),
    };
    // SAFETY: every name is allowed.
    unsafe { libc::sysconf(name) }
}
