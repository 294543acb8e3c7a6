//! Files and directories.

use std::ffi::{c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;

use super::{flags, unsupported};

pub fn find(name: &str) -> Option<*const ()> {
    Some(match name {
        "fcntl" => fcntl as *const (),
        "fdopendir" => libc::fdopendir as *const (),
        "fsetattrlist" => fsetattrlist as *const (),
        "fstat" => fstat as *const (),
        "lstat" => lstat as *const (),
        "open" => open as *const (),
        "openat" => openat as *const (),
        "opendir" => libc::opendir as *const (),
        "readdir_r" => readdir_r as *const (),
        "stat" => stat as *const (),
        "unlinkat" => unlinkat as *const (),
        _ => return None,
    })
}

const AT_FDCWD: c_int = -2;
const AT_REMOVEDIR: c_int = 0x80;
const F_DUPFD_CLOEXEC: c_int = 67;

const OPEN_FLAGS: [(c_int, c_int); 11] = [
    (0x1, libc::O_WRONLY),
    (0x2, libc::O_RDWR),
    (0x4, libc::O_NONBLOCK),
    (0x8, libc::O_APPEND),
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

unsafe extern "C" fn fcntl(file: c_int, command: c_int, argument: c_int) -> c_int {
    let command = match command {
        1 => libc::F_GETFD,
        2 => libc::F_SETFD,
        F_DUPFD_CLOEXEC => libc::F_DUPFD_CLOEXEC,
        other => unsupported("fcntl", other),
    };
    // SAFETY: none of the commands takes a pointer.
    unsafe { libc::fcntl(file, command, argument) }
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
