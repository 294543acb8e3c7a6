//! Semaphores of Grand Central Dispatch.

use std::ffi::c_long;
use std::mem::MaybeUninit;

use super::unsupported;

const FOREVER: u64 = !0;

pub fn find(name: &str) -> Option<*const ()> {
    Some(match name {
        "dispatch_semaphore_create" => create as *const (),
        "dispatch_semaphore_wait" => wait as *const (),
        "dispatch_semaphore_signal" => signal as *const (),
        "dispatch_release" => release as *const (),
        _ => return None,
    })
}

extern "C" fn create(value: c_long) -> *mut libc::sem_t {
    let mut semaphore = Box::new(MaybeUninit::uninit());
    // SAFETY: it is initialized at its final address.
    match unsafe { libc::sem_init(semaphore.as_mut_ptr(), 0, value as u32) } {
        0 => Box::into_raw(semaphore).cast(),
        _ => std::ptr::null_mut(),
    }
}

unsafe extern "C" fn wait(semaphore: *mut libc::sem_t, timeout: u64) -> c_long {
    if timeout != FOREVER {
        unsupported("dispatch_semaphore_wait", timeout);
    }
    // SAFETY: it was created by `create`.
    while unsafe { libc::sem_wait(semaphore) } != 0 {}
    0
}

unsafe extern "C" fn signal(semaphore: *mut libc::sem_t) -> c_long {
    // SAFETY: it was created by `create`.
    unsafe { libc::sem_post(semaphore) }.into()
}

unsafe extern "C" fn release(semaphore: *mut libc::sem_t) {
    // SAFETY: it was created by `create`, and is no longer used.
    unsafe {
        libc::sem_destroy(semaphore);
        drop(Box::from_raw(semaphore.cast::<MaybeUninit<libc::sem_t>>()));
    }
}
