//! Files and directories.

use std::ffi::{c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;

use super::{events, flags, unsupported};

pub fn find(name: &str) -> Option<*const ()> {
    Some(match name {
        "dup" => dup as *const (),
        "dup2" => dup2 as *const (),
        "faccessat" => faccessat as *const (),
        "fchmodat" => fchmodat as *const (),
        "fcntl" => fcntl as *const (),
        "fdopendir" => libc::fdopendir as *const (),
        "fsetattrlist" => fsetattrlist as *const (),
        "fstat" => fstat as *const (),
        "fstatat" => fstatat as *const (),
        "linkat" => linkat as *const (),
        "lstat" => lstat as *const (),
        "open" => open as *const (),
        "openat" => openat as *const (),
        "mkdirat" => mkdirat as *const (),
        "opendir" => libc::opendir as *const (),
        "readdir" => readdir as *const (),
        "readdir_r" => readdir_r as *const (),
        "readlinkat" => readlinkat as *const (),
        "renameat" => renameat as *const (),
        "stat" => stat as *const (),
        "unlinkat" => unlinkat as *const (),
        _ => return None,
    })
}

const AT_FDCWD: c_int = -2;
const AT_REMOVEDIR: c_int = 0x80;
const AT_FLAGS: [(c_int, c_int); 3] =
    [(0x10, libc::AT_EACCESS), (0x20, libc::AT_SYMLINK_NOFOLLOW), (0x40, libc::AT_SYMLINK_FOLLOW)];

const OPEN_FLAGS: [(c_int, c_int); 12] = [
    (0x1, libc::O_WRONLY),
    (0x2, libc::O_RDWR),
    (0x4, libc::O_NONBLOCK),
    (0x8, libc::O_APPEND),
    (0x80, libc::O_SYNC),
    (0x100, libc::O_NOFOLLOW),
    (0x200, libc::O_CREAT),
    (0x400, libc::O_TRUNC),
    (0x800, libc::O_EXCL),
    (0x0002_0000, libc::O_NOCTTY),
    (0x0010_0000, libc::O_DIRECTORY),
    (0x0100_0000, libc::O_CLOEXEC),
];

/// On x86-64, variadic functions get their arguments like other functions, on both systems.
unsafe extern "C" fn open(path: *const c_char, how: c_int, mode: c_int) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::open(path, flags("open", how, &OPEN_FLAGS), mode) }
}

unsafe extern "C" fn openat(
    directory: c_int,
    path: *const c_char,
    how: c_int,
    mode: c_int,
) -> c_int {
    let how = flags("openat", how, &OPEN_FLAGS);
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::openat(directory_number(directory), path, how, mode) }
}

unsafe extern "C" fn unlinkat(directory: c_int, path: *const c_char, how: c_int) -> c_int {
    let how = flags("unlinkat", how, &[(AT_REMOVEDIR, libc::AT_REMOVEDIR)]);
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::unlinkat(directory_number(directory), path, how) }
}

fn directory_number(directory: c_int) -> c_int {
    if directory == AT_FDCWD { libc::AT_FDCWD } else { directory }
}

unsafe extern "C" fn faccessat(
    directory: c_int,
    path: *const c_char,
    mode: c_int,
    how: c_int,
) -> c_int {
    let how = flags("faccessat", how, &AT_FLAGS);
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::faccessat(directory_number(directory), path, mode, how) }
}

unsafe extern "C" fn fchmodat(
    directory: c_int,
    path: *const c_char,
    mode: libc::mode_t,
    how: c_int,
) -> c_int {
    let how = flags("fchmodat", how, &AT_FLAGS);
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::fchmodat(directory_number(directory), path, mode, how) }
}

unsafe extern "C" fn linkat(
    from: c_int,
    old: *const c_char,
    to: c_int,
    new: *const c_char,
    how: c_int,
) -> c_int {
    let how = flags("linkat", how, &AT_FLAGS);
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::linkat(directory_number(from), old, directory_number(to), new, how) }
}

unsafe extern "C" fn renameat(
    from: c_int,
    old: *const c_char,
    to: c_int,
    new: *const c_char,
) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::renameat(directory_number(from), old, directory_number(to), new) }
}

unsafe extern "C" fn mkdirat(directory: c_int, path: *const c_char, mode: libc::mode_t) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::mkdirat(directory_number(directory), path, mode) }
}

unsafe extern "C" fn readlinkat(
    directory: c_int,
    path: *const c_char,
    to: *mut c_char,
    size: usize,
) -> isize {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::readlinkat(directory_number(directory), path, to, size) }
}

extern "C" fn dup(file: c_int) -> c_int {
    // SAFETY: it takes any number.
    let new = unsafe { libc::dup(file) };
    events::duplicated(file, new);
    new
}

extern "C" fn dup2(file: c_int, new: c_int) -> c_int {
    // SAFETY: it takes any numbers.
    let new = unsafe { libc::dup2(file, new) };
    events::duplicated(file, new);
    new
}

const F_DUPFD: c_int = 0;
const F_GETFL: c_int = 3;
const F_SETFL: c_int = 4;
const F_GETPATH: c_int = 50;
const F_FULLFSYNC: c_int = 51;
const F_DUPFD_CLOEXEC: c_int = 67;
/// No SIGPIPE for this file; Linux has nothing like it.
const F_SETNOSIGPIPE: c_int = 73;
/// The flags of an open file that can be read and set; access modes have the same values.
const STATUS_FLAGS: [(c_int, c_int); 5] = [
    (0x1, libc::O_WRONLY),
    (0x2, libc::O_RDWR),
    (0x4, libc::O_NONBLOCK),
    (0x8, libc::O_APPEND),
    (0x80, libc::O_SYNC),
];

unsafe extern "C" fn fcntl(file: c_int, command: c_int, argument: u64) -> c_int {
    let number = argument as c_int;
    // SAFETY: only F_GETPATH takes a pointer: the caller provides macOS's longest path, 1024 bytes.
    unsafe {
        match command {
            F_DUPFD | F_DUPFD_CLOEXEC => {
                let is_kept = command == F_DUPFD;
                let command = if is_kept { libc::F_DUPFD } else { libc::F_DUPFD_CLOEXEC };
                let new = libc::fcntl(file, command, number);
                events::duplicated(file, new);
                new
            }
            1 => libc::fcntl(file, libc::F_GETFD),
            2 => libc::fcntl(file, libc::F_SETFD, number),
            F_GETFL => match libc::fcntl(file, libc::F_GETFL) {
                -1 => -1,
                linux => {
                    let is_set = STATUS_FLAGS.iter().filter(|(_, flag)| linux & flag == *flag);
                    is_set.fold(0, |all, (apple, _)| all | apple)
                }
            },
            F_SETFL => libc::fcntl(file, libc::F_SETFL, flags("fcntl", number, &STATUS_FLAGS)),
            F_GETPATH => path_of(file, argument as *mut c_char),
            F_FULLFSYNC => libc::fsync(file),
            F_SETNOSIGPIPE => 0,
            other => unsupported("fcntl", other),
        }
    }
}

/// Writes the path of an open file, with a zero at its end.
unsafe fn path_of(file: c_int, to: *mut c_char) -> c_int {
    const LONGEST: usize = 1024;
    let Ok(link) = std::ffi::CString::new(format!("/proc/self/fd/{file}")) else { return -1 };
    // SAFETY: the caller provides room for the longest path.
    unsafe {
        match libc::readlink(link.as_ptr(), to, LONGEST - 1) {
            -1 => -1,
            length => {
                to.add(length as usize).write(0);
                0
            }
        }
    }
}

/// macOS's `struct stat` with 64-bit inodes.
#[repr(C)]
struct Stat {
    device: i32,
    mode: u16,
    links: u16,
    inode: u64,
    user: u32,
    group: u32,
    special_device: i32,
    accessed: libc::timespec,
    modified: libc::timespec,
    changed: libc::timespec,
    created: libc::timespec,
    size: i64,
    blocks: i64,
    block_size: i32,
    flags: u32,
    generation: u32,
    spare: [u32; 5],
}

const _: () = assert!(size_of::<Stat>() == 144);

unsafe extern "C" fn stat(path: *const c_char, to: *mut Stat) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { converted(to, |stat| libc::stat(path, stat)) }
}

unsafe extern "C" fn lstat(path: *const c_char, to: *mut Stat) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { converted(to, |stat| libc::lstat(path, stat)) }
}

unsafe extern "C" fn fstat(file: c_int, to: *mut Stat) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { converted(to, |stat| libc::fstat(file, stat)) }
}

unsafe extern "C" fn fstatat(
    directory: c_int,
    path: *const c_char,
    to: *mut Stat,
    how: c_int,
) -> c_int {
    let how = flags("fstatat", how, &AT_FLAGS);
    let directory = directory_number(directory);
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { converted(to, |stat| libc::fstatat(directory, path, stat, how)) }
}

/// Converts the result of `ask`, and writes it to `to`, which must be valid for writes.
unsafe fn converted(to: *mut Stat, ask: impl FnOnce(*mut libc::stat) -> c_int) -> c_int {
    let mut stat = MaybeUninit::uninit();
    let result = ask(stat.as_mut_ptr());
    if result != 0 {
        return result;
    }
    // SAFETY: the result says that it was filled.
    let stat: libc::stat = unsafe { stat.assume_init() };
    let time = |tv_sec, tv_nsec| libc::timespec { tv_sec, tv_nsec };
    let changed = time(stat.st_ctime, stat.st_ctime_nsec);
    let converted = Stat {
        device: stat.st_dev as i32,
        mode: stat.st_mode as u16,
        links: stat.st_nlink as u16,
        inode: stat.st_ino,
        user: stat.st_uid,
        group: stat.st_gid,
        special_device: stat.st_rdev as i32,
        accessed: time(stat.st_atime, stat.st_atime_nsec),
        modified: time(stat.st_mtime, stat.st_mtime_nsec),
        changed,
        // Linux does not report these.
        created: changed,
        size: stat.st_size,
        blocks: stat.st_blocks,
        block_size: stat.st_blksize as i32,
        flags: 0,
        generation: 0,
        spare: [0; 5],
    };
    // SAFETY: `to` is valid for writes, as the caller guarantees.
    unsafe { to.write(converted) };
    0
}

/// macOS's `struct dirent` with 64-bit inodes.
#[repr(C)]
struct Entry {
    inode: u64,
    offset: u64,
    length: u16,
    name_length: u16,
    kind: u8,
    name: [c_char; 1024],
}

unsafe extern "C" fn readdir_r(
    directory: *mut libc::DIR,
    to: *mut Entry,
    result: *mut *mut Entry,
) -> c_int {
    // SAFETY: the caller provides an entry. A name from Linux is terminated by zero, and shorter than
    // macOS's limit.
    unsafe {
        *libc::__errno_location() = 0;
        let entry = libc::readdir(directory);
        let Some(entry) = entry.as_ref() else {
            *result = ptr::null_mut();
            return *libc::__errno_location();
        };
        let name = &raw const entry.d_name;
        let length = libc::strlen(name.cast());
        (*to).inode = entry.d_ino;
        (*to).offset = entry.d_off as u64;
        (*to).length = size_of::<Entry>() as u16;
        (*to).name_length = length as u16;
        (*to).kind = entry.d_type;
        ptr::copy_nonoverlapping(name.cast(), (&raw mut (*to).name).cast::<c_char>(), length + 1);
        *result = to;
    }
    0
}

/// The entry is valid until the next call in this thread.
unsafe extern "C" fn readdir(directory: *mut libc::DIR) -> *mut Entry {
    thread_local! {
        static ENTRY: std::cell::UnsafeCell<MaybeUninit<Entry>> =
            const { std::cell::UnsafeCell::new(MaybeUninit::uninit()) };
    }
    let entry = ENTRY.with(|entry| entry.get().cast());
    let mut result = ptr::null_mut();
    // SAFETY: the entry belongs to this thread; the caller provides the directory.
    unsafe { readdir_r(directory, entry, &raw mut result) };
    result
}

/// macOS's `struct attrlist`.
#[repr(C)]
struct Attributes {
    count: u16,
    reserved: u16,
    common: u32,
    others: [u32; 4],
}

const ATTR_CMN_MODTIME: u32 = 0x400;
const ATTR_CMN_ACCTIME: u32 = 0x1000;

/// Sets the time of modification, then that of access, if they are given.
unsafe extern "C" fn fsetattrlist(
    file: c_int,
    attributes: *const Attributes,
    values: *const c_void,
    _size: usize,
    _options: u32,
) -> c_int {
    // SAFETY: the caller provides a list, and a value for each bit that is set in it, in order.
    unsafe {
        let Attributes { common, others, .. } = *attributes;
        if common & !(ATTR_CMN_MODTIME | ATTR_CMN_ACCTIME) != 0 || others != [0; 4] {
            unsupported("fsetattrlist", (common, others));
        }
        let mut next = values.cast::<libc::timespec>();
        let mut time = |flag| {
            if common & flag == 0 {
                return libc::timespec { tv_sec: 0, tv_nsec: libc::UTIME_OMIT };
            }
            let time = next.read_unaligned();
            next = next.add(1);
            time
        };
        let modified = time(ATTR_CMN_MODTIME);
        let accessed = time(ATTR_CMN_ACCTIME);
        libc::futimens(file, [accessed, modified].as_ptr())
    }
}
