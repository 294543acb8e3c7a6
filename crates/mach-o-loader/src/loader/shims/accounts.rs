//! Users. macOS's `struct passwd` has more fields.

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;
use std::ptr;

use super::errno;

pub fn find(name: &str) -> Option<*const ()> {
    Some(match name {
        "getpwnam_r" => by_name as *const (),
        "getpwuid_r" => by_number as *const (),
        _ => return None,
    })
}

#[repr(C)]
struct Account {
    name: *mut c_char,
    password: *mut c_char,
    user: u32,
    group: u32,
    password_changes: i64,
    class: *mut c_char,
    description: *mut c_char,
    home: *mut c_char,
    shell: *mut c_char,
    expires: i64,
}

unsafe extern "C" fn by_number(
    user: u32,
    to: *mut Account,
    buffer: *mut c_char,
    size: usize,
    result: *mut *mut Account,
) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe {
        converted(to, result, |account, found| libc::getpwuid_r(user, account, buffer, size, found))
    }
}

unsafe extern "C" fn by_name(
    name: *const c_char,
    to: *mut Account,
    buffer: *mut c_char,
    size: usize,
    result: *mut *mut Account,
) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe {
        converted(to, result, |account, found| libc::getpwnam_r(name, account, buffer, size, found))
    }
}

/// Converts the account that `ask` finds. `to` and `result` must be valid for writes.
unsafe fn converted(
    to: *mut Account,
    result: *mut *mut Account,
    ask: impl FnOnce(*mut libc::passwd, *mut *mut libc::passwd) -> c_int,
) -> c_int {
    let mut account = MaybeUninit::uninit();
    let mut found = ptr::null_mut();
    let number = ask(account.as_mut_ptr(), &raw mut found);
    // SAFETY: glibc found an account, or none; `to` and `result` are valid.
    unsafe {
        result.write(ptr::null_mut());
        if let Some(account) = found.as_ref() {
            to.write(Account {
                name: account.pw_name,
                password: account.pw_passwd,
                user: account.pw_uid,
                group: account.pw_gid,
                password_changes: 0,
                class: c"".as_ptr().cast_mut(),
                description: account.pw_gecos,
                home: account.pw_dir,
                shell: account.pw_shell,
                expires: 0,
            });
            result.write(to);
        }
    }
    errno::to_apple(number)
}
