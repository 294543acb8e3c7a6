//! Shims for the functions of libSystem that programs call.
//!
//! If the name, arguments, results and structures are the same in glibc, its function is used. Structures
//! and constants of macOS come from Apple's open-source headers (`xnu`, `Libc`).

use std::ffi::CString;

mod dispatch;
mod errno;
mod files;
pub mod program;
mod signals;
mod system;
mod threads;

/// Functions that are the same in glibc, its math library or GCC's unwinder. Structures that a program
/// initializes before use (mutexes, attributes) are larger on macOS.
#[rustfmt::skip]
const SAME: &[&str] = &[
    "_Unwind_Backtrace", "_Unwind_DeleteException", "_Unwind_GetCFA", "_Unwind_GetDataRelBase",
    "_Unwind_GetIP", "_Unwind_GetIPInfo", "_Unwind_GetLanguageSpecificData",
    "_Unwind_GetRegionStart", "_Unwind_GetTextRelBase", "_Unwind_RaiseException",
    "_Unwind_Resume", "_Unwind_SetGR", "_Unwind_SetIP", "_exit", "abort", "bcmp", "bzero",
    "calloc", "cbrt", "chdir", "close", "closedir", "dirfd", "dup", "dup2", "exit", "exp", "free",
    "getcwd", "getenv", "getpid", "log1p", "malloc", "memcmp", "memcpy", "memmove", "memset",
    "mkdir", "mprotect", "munmap", "posix_memalign", "pow", "pthread_attr_destroy",
    "pthread_attr_init", "pthread_attr_setstacksize", "pthread_create", "pthread_detach",
    "pthread_join", "pthread_mutex_destroy", "pthread_mutex_init", "pthread_mutex_lock",
    "pthread_mutex_trylock", "pthread_mutex_unlock", "pthread_mutexattr_destroy",
    "pthread_mutexattr_init", "pthread_self", "read", "readv", "realloc", "rename", "sin",
    "strlen", "tan", "unlink", "write", "writev",
];

/// The address of the implementation of a symbol.
pub fn find(symbol: &str) -> Option<u64> {
    let name = symbol.strip_prefix('_')?;
    // Suffixes of variants that don't matter here: not a cancellation point, and 64-bit inodes, which
    // are the only ones on Apple silicon.
    let name = name.trim_end_matches("$NOCANCEL").trim_end_matches("$INODE64");
    let shims = [
        dispatch::find,
        errno::find,
        files::find,
        program::find,
        signals::find,
        system::find,
        threads::find,
    ];
    shims.iter().find_map(|find| find(name)).map(|shim| shim as u64).or_else(|| same(name))
}

fn same(name: &str) -> Option<u64> {
    let name = if name == "__bzero" { "bzero" } else { name };
    if !SAME.contains(&name) {
        return None;
    }
    let name = CString::new(name).ok()?;
    // SAFETY: both arguments are C strings, and the library stays loaded.
    let address = unsafe {
        let mathematics = libc::dlopen(c"libm.so.6".as_ptr(), libc::RTLD_NOW);
        let found = libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr());
        if found.is_null() { libc::dlsym(mathematics, name.as_ptr()) } else { found }
    };
    (!address.is_null()).then_some(address as u64)
}

/// Ends the program because it calls a function with an unsupported argument.
fn unsupported(function: &str, what: impl std::fmt::Debug) -> ! {
    eprintln!(
        "mach-o-loader: the program calls {function} with {what:?}, which its shim does not support"
    );
    std::process::abort()
}

/// Converts flags to Linux's values; the pairs are macOS's and Linux's.
fn flags(function: &str, flags: i32, pairs: &[(i32, i32)]) -> i32 {
    let known = pairs.iter().fold(0, |all, (apple, _)| all | apple);
    if flags & !known != 0 {
        unsupported(function, flags);
    }
    let is_set = pairs.iter().filter(|(apple, _)| flags & apple != 0);
    is_set.fold(0, |all, (_, linux)| all | linux)
}
