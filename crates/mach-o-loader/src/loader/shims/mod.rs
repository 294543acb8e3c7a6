//! Shims for the functions of libSystem that programs call.
//!
//! If the name, arguments, results and structures are the same in glibc, its function is used. Structures
//! and constants of macOS come from Apple's open-source headers (`xnu`, `Libc`).

mod accounts;
mod characters;
mod data;
mod dispatch;
mod errno;
mod events;
mod files;
mod locks;
mod processes;
pub mod program;
mod same;
mod signals;
mod sockets;
mod system;
mod terminal;
mod threads;
mod zones;

/// The address of the implementation of a symbol.
pub fn find(symbol: &str) -> Option<u64> {
    let name = symbol.strip_prefix('_')?;
    // Suffixes of variants that don't matter here: not a cancellation point; 64-bit inodes, which are the
    // only ones on Apple silicon; behaviour as POSIX specifies it.
    let name = name.split_once('$').map_or(name, |(name, variant)| match variant {
        "DARWIN_EXTSN" | "INODE64" | "NOCANCEL" | "UNIX2003" | "NOCANCEL$UNIX2003" => name,
        _ => symbol,
    });
    let shims = [
        accounts::find,
        characters::find,
        data::find,
        dispatch::find,
        errno::find,
        events::find,
        files::find,
        locks::find,
        processes::find,
        program::find,
        signals::find,
        sockets::find,
        system::find,
        terminal::find,
        threads::find,
        zones::find,
    ];
    shims.iter().find_map(|find| find(name)).map(|shim| shim as u64).or_else(|| same::find(name))
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
