//! Semaphores of Grand Central Dispatch.

use std::ffi::c_long;
use std::mem::MaybeUninit;

use super::system::absolute_time;
use super::unsupported;

const NOW: u64 = 0;
const FOREVER: u64 = !0;
const SECOND: u64 = 1_000_000_000;

pub fn find(name: &str) -> Option<*const ()> {
    Some(match name {
        "dispatch_semaphore_create" => create as *const (),
        "dispatch_semaphore_wait" => wait as *const (),
        "dispatch_semaphore_signal" => signal as *const (),
        "dispatch_release" => release as *const (),
        "dispatch_time" => time as *const (),
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
    if timeout == FOREVER {
        // SAFETY: it was created by `create`.
        while unsafe { libc::sem_wait(semaphore) } != 0 {}
        return 0;
    }
    let mut until = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    let left = timeout.saturating_sub(absolute_time());
    // SAFETY: the semaphore was created by `create`, and the time is valid.
    unsafe {
        libc::clock_gettime(libc::CLOCK_REALTIME, &raw mut until);
        let nanoseconds = until.tv_nsec as u64 + left % SECOND;
        until.tv_sec += (left / SECOND + nanoseconds / SECOND) as libc::time_t;
        until.tv_nsec = (nanoseconds % SECOND) as c_long;
        while libc::sem_timedwait(semaphore, &raw const until) != 0 {
            if *libc::__errno_location() == libc::ETIMEDOUT {
                return 1;
            }
        }
    }
    0
}

/// A number of nanoseconds after a time; only after now.
extern "C" fn time(from: u64, delta: i64) -> u64 {
    if from != NOW {
        unsupported("dispatch_time", from);
    }
    absolute_time().saturating_add_signed(delta)
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
