//! Memory, clocks, random numbers, and system configuration.

use std::ffi::{CStr, c_char, c_int, c_long, c_void};
use std::ptr;

use super::{flags, unsupported};

pub fn find(name: &str) -> Option<*const ()> {
    Some(match name {
        "CCRandomGenerateBytes" => random as *const (),
        "__assert_rtn" => assert_failed as *const (),
        "__cxa_atexit" => at_exit as *const (),
        "arc4random" => random_number as *const (),
        "arc4random_buf" => random_bytes as *const (),
        "atexit" => libc::atexit as *const (),
        "clock_gettime" => clock_gettime as *const (),
        "clock_gettime_nsec_np" => nanoseconds as *const (),
        "confstr" => confstr as *const (),
        "mach_absolute_time" => absolute_time as *const (),
        "mach_timebase_info" => timebase as *const (),
        "mmap" => mmap as *const (),
        "msync" => msync as *const (),
        "sysconf" => sysconf as *const (),
        "sysctlbyname" => system_value as *const (),
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

/// The time of a clock in nanoseconds; 0 if there is no such clock.
extern "C" fn nanoseconds(clock: c_int) -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is valid for writes.
    match unsafe { clock_gettime(clock, &raw mut time) } {
        0 => time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64,
        _ => 0,
    }
}

pub extern "C" fn absolute_time() -> u64 {
    const CLOCK_UPTIME_RAW: c_int = 8;
    nanoseconds(CLOCK_UPTIME_RAW)
}

/// A unit of `mach_absolute_time` is a nanosecond on Intel.
unsafe extern "C" fn timebase(to: *mut [u32; 2]) -> c_int {
    // SAFETY: `to` is valid for writes, as the caller guarantees.
    unsafe { to.write([1, 1]) };
    0
}

unsafe extern "C" fn random_bytes(bytes: *mut c_void, count: usize) {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { random(bytes, count) };
}

extern "C" fn random_number() -> u32 {
    let mut number = 0_u32;
    // SAFETY: the number is 4 bytes long.
    unsafe { random((&raw mut number).cast(), size_of::<u32>()) };
    number
}

unsafe extern "C" fn assert_failed(
    function: *const c_char,
    file: *const c_char,
    line: c_int,
    expression: *const c_char,
) -> ! {
    // SAFETY: each is null or a C string, as the caller guarantees.
    let [function, file, expression] = [function, file, expression].map(|text| unsafe {
        if text.is_null() { "" } else { CStr::from_ptr(text).to_str().unwrap_or("?") }
    });
    eprintln!("Assertion failed: ({expression}), function {function}, file {file}, line {line}.");
    std::process::abort()
}

unsafe extern "C" fn at_exit(
    function: extern "C" fn(*mut c_void),
    value: *mut c_void,
    _library: *mut c_void,
) -> c_int {
    unsafe extern "C" {
        fn __cxa_atexit(
            function: extern "C" fn(*mut c_void),
            value: *mut c_void,
            library: *mut c_void,
        ) -> c_int;
    }
    // SAFETY: without a library, glibc calls the function when the process ends.
    unsafe { __cxa_atexit(function, value, ptr::null_mut()) }
}

unsafe extern "C" fn msync(start: *mut c_void, length: usize, how: c_int) -> c_int {
    let pairs = [(0x1, libc::MS_ASYNC), (0x2, libc::MS_INVALIDATE), (0x10, libc::MS_SYNC)];
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::msync(start, length, flags("msync", how, &pairs)) }
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

/// Reads a number of the kernel: only those about the hardware.
unsafe extern "C" fn system_value(
    name: *const c_char,
    to: *mut c_void,
    size: *mut usize,
    new: *const c_void,
    _new_size: usize,
) -> c_int {
    // SAFETY: the name is a C string, as the caller guarantees.
    let name = unsafe { CStr::from_ptr(name) }.to_string_lossy();
    // SAFETY: every name is allowed.
    let value = |name| unsafe { libc::sysconf(name) };
    let number: i64 = match &*name {
        "hw.activecpu" | "hw.logicalcpu" | "hw.logicalcpu_max" | "hw.ncpu" | "hw.physicalcpu" => {
            value(libc::_SC_NPROCESSORS_ONLN)
        }
        "hw.memsize" => value(libc::_SC_PHYS_PAGES) * value(libc::_SC_PAGESIZE),
        "hw.pagesize" => value(libc::_SC_PAGESIZE),
        _ => unsupported("sysctlbyname", name),
    };
    if !new.is_null() || to.is_null() || size.is_null() {
        unsupported("sysctlbyname", name);
    }
    // SAFETY: the caller provides room of this size.
    unsafe {
        match *size {
            4 => to.cast::<i32>().write_unaligned(number as i32),
            8 => to.cast::<i64>().write_unaligned(number),
            other => unsupported("sysctlbyname", (name, other)),
        }
    }
    0
}

extern "C" fn sysconf(name: c_int) -> c_long {
    let name = match name {
        1 => libc::_SC_ARG_MAX,
        2 => libc::_SC_CHILD_MAX,
        3 => libc::_SC_CLK_TCK,
        4 => libc::_SC_NGROUPS_MAX,
        5 => libc::_SC_OPEN_MAX,
        29 => libc::_SC_PAGESIZE,
        56 => libc::_SC_IOV_MAX,
        57 => libc::_SC_NPROCESSORS_CONF,
        58 => libc::_SC_NPROCESSORS_ONLN,
        70 => libc::_SC_GETGR_R_SIZE_MAX,
        71 => libc::_SC_GETPW_R_SIZE_MAX,
        72 => libc::_SC_HOST_NAME_MAX,
        73 => libc::_SC_LOGIN_NAME_MAX,
        200 => libc::_SC_PHYS_PAGES,
        other => unsupported("sysconf", other),
    };
    // SAFETY: every name is allowed.
    unsafe { libc::sysconf(name) }
}
