//! Other processes.

use std::ffi::{c_char, c_int, c_short, c_void};
use std::mem::MaybeUninit;

use super::{flags, signals};

pub fn find(name: &str) -> Option<*const ()> {
    Some(match name {
        "posix_spawn" => spawn as *const (),
        "posix_spawn_file_actions_addclose" => add_close as *const (),
        "posix_spawn_file_actions_adddup2" => add_dup2 as *const (),
        "posix_spawn_file_actions_destroy" => actions_destroy as *const (),
        "posix_spawn_file_actions_init" => actions_init as *const (),
        "posix_spawnattr_destroy" => attributes_destroy as *const (),
        "posix_spawnattr_init" => attributes_init as *const (),
        "posix_spawnattr_setflags" => set_flags as *const (),
        "posix_spawnattr_setpgroup" => set_group as *const (),
        "posix_spawnattr_setsigdefault" => set_default_signals as *const (),
        "posix_spawnattr_setsigmask" => set_mask as *const (),
        "posix_spawnp" => spawn_on_path as *const (),
        "setgroups" => set_groups as *const (),
        "wait" => wait as *const (),
        "wait4" => wait4 as *const (),
        "waitpid" => waitpid as *const (),
        _ => return None,
    })
}

unsafe extern "C" fn set_groups(count: c_int, groups: *const libc::gid_t) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::setgroups(count as usize, groups) }
}

/// The number of the signal that ended or stopped a process is part of its status.
unsafe fn status_to_apple(status: *mut c_int) {
    // SAFETY: it is null or valid, as the caller guarantees.
    let Some(status) = (unsafe { status.as_mut() }) else { return };
    if libc::WIFSIGNALED(*status) {
        *status = *status & !0x7f | signals::to_apple(*status & 0x7f);
    } else if libc::WIFSTOPPED(*status) {
        *status = *status & !0xff00 | signals::to_apple(*status >> 8 & 0xff) << 8;
    }
}

unsafe extern "C" fn wait(status: *mut c_int) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { waitpid(-1, status, 0) }
}

unsafe extern "C" fn waitpid(process: c_int, status: *mut c_int, options: c_int) -> c_int {
    let options = flags("waitpid", options, &[(1, libc::WNOHANG), (2, libc::WUNTRACED)]);
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe {
        let found = libc::waitpid(process, status, options);
        if found > 0 {
            status_to_apple(status);
        }
        found
    }
}

/// Without the resources that the process used, whose structure is the same.
unsafe extern "C" fn wait4(
    process: c_int,
    status: *mut c_int,
    options: c_int,
    used: *mut libc::rusage,
) -> c_int {
    let options = flags("wait4", options, &[(1, libc::WNOHANG), (2, libc::WUNTRACED)]);
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe {
        let found = libc::wait4(process, status, options, used);
        if found > 0 {
            status_to_apple(status);
        }
        found
    }
}

/// On macOS, attributes and file actions are a pointer to what the library needs: here, glibc's structure.
type Pointer<T> = *mut *mut T;

unsafe fn allocate<T>(to: Pointer<T>, initialize: unsafe extern "C" fn(*mut T) -> c_int) -> c_int {
    let structure = Box::into_raw(Box::new(MaybeUninit::<T>::uninit())).cast();
    // SAFETY: `to` is valid for writes, as the caller guarantees, and the structure is large enough.
    unsafe {
        to.write(structure);
        initialize(structure)
    }
}

unsafe fn release<T>(from: Pointer<T>, destroy: unsafe extern "C" fn(*mut T) -> c_int) -> c_int {
    // SAFETY: it was made by `allocate`.
    unsafe {
        let result = destroy(*from);
        drop(Box::from_raw((*from).cast::<MaybeUninit<T>>()));
        result
    }
}

unsafe extern "C" fn attributes_init(to: Pointer<libc::posix_spawnattr_t>) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { allocate(to, libc::posix_spawnattr_init) }
}

unsafe extern "C" fn attributes_destroy(from: Pointer<libc::posix_spawnattr_t>) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { release(from, libc::posix_spawnattr_destroy) }
}

unsafe extern "C" fn set_flags(to: Pointer<libc::posix_spawnattr_t>, how: c_short) -> c_int {
    // The four flags of POSIX have the same values.
    let how = flags("posix_spawnattr_setflags", how.into(), &[(1, 1), (2, 2), (4, 4), (8, 8)]);
    // SAFETY: it was made by `allocate`.
    unsafe { libc::posix_spawnattr_setflags(*to, how as c_short) }
}

unsafe extern "C" fn set_group(to: Pointer<libc::posix_spawnattr_t>, group: c_int) -> c_int {
    // SAFETY: it was made by `allocate`.
    unsafe { libc::posix_spawnattr_setpgroup(*to, group) }
}

unsafe extern "C" fn set_default_signals(
    to: Pointer<libc::posix_spawnattr_t>,
    set: *const u32,
) -> c_int {
    // SAFETY: it was made by `allocate`, and the set is valid.
    unsafe { libc::posix_spawnattr_setsigdefault(*to, &signals::set_to_linux(*set)) }
}

unsafe extern "C" fn set_mask(to: Pointer<libc::posix_spawnattr_t>, set: *const u32) -> c_int {
    // SAFETY: it was made by `allocate`, and the set is valid.
    unsafe { libc::posix_spawnattr_setsigmask(*to, &signals::set_to_linux(*set)) }
}

unsafe extern "C" fn actions_init(to: Pointer<libc::posix_spawn_file_actions_t>) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { allocate(to, libc::posix_spawn_file_actions_init) }
}

unsafe extern "C" fn actions_destroy(from: Pointer<libc::posix_spawn_file_actions_t>) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { release(from, libc::posix_spawn_file_actions_destroy) }
}

unsafe extern "C" fn add_close(
    to: Pointer<libc::posix_spawn_file_actions_t>,
    file: c_int,
) -> c_int {
    // SAFETY: it was made by `allocate`.
    unsafe { libc::posix_spawn_file_actions_addclose(*to, file) }
}

unsafe extern "C" fn add_dup2(
    to: Pointer<libc::posix_spawn_file_actions_t>,
    old: c_int,
    new: c_int,
) -> c_int {
    // SAFETY: it was made by `allocate`.
    unsafe { libc::posix_spawn_file_actions_adddup2(*to, old, new) }
}

type Strings = *const *mut c_char;
type Spawn = unsafe extern "C" fn(
    *mut libc::pid_t,
    *const c_char,
    *const libc::posix_spawn_file_actions_t,
    *const libc::posix_spawnattr_t,
    Strings,
    Strings,
) -> c_int;

unsafe extern "C" fn spawn(
    process: *mut libc::pid_t,
    program: *const c_char,
    actions: *const *mut c_void,
    attributes: *const *mut c_void,
    args: Strings,
    variables: Strings,
) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { started(libc::posix_spawn, process, program, actions, attributes, args, variables) }
}

unsafe extern "C" fn spawn_on_path(
    process: *mut libc::pid_t,
    program: *const c_char,
    actions: *const *mut c_void,
    attributes: *const *mut c_void,
    args: Strings,
    variables: Strings,
) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { started(libc::posix_spawnp, process, program, actions, attributes, args, variables) }
}

unsafe fn started(
    spawn: Spawn,
    process: *mut libc::pid_t,
    program: *const c_char,
    actions: *const *mut c_void,
    attributes: *const *mut c_void,
    args: Strings,
    variables: Strings,
) -> c_int {
    // SAFETY: actions and attributes are null or were made by `allocate`.
    unsafe {
        let actions = actions.as_ref().map_or(std::ptr::null_mut(), |actions| *actions).cast();
        let attributes = attributes.as_ref().map_or(std::ptr::null_mut(), |all| *all).cast();
        super::errno::to_apple(spawn(process, program, actions, attributes, args, variables))
    }
}
