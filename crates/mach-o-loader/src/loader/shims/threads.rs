//! Functions for threads that glibc does not have, or has with another interface.

use std::ffi::{c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;

use super::unsupported;

pub fn find(name: &str) -> Option<*const ()> {
    Some(match name {
        "_tlv_atexit" => at_exit as *const (),
        "pthread_get_stackaddr_np" => stack_end as *const (),
        "pthread_get_stacksize_np" => stack_size as *const (),
        "pthread_setname_np" => set_name as *const (),
        "pthread_threadid_np" => id as *const (),
        _ => return None,
    })
}

unsafe extern "C" {
    /// glibc's own.
    fn __cxa_thread_atexit_impl(
        destructor: unsafe extern "C" fn(*mut c_void),
        value: *mut c_void,
        library: *const c_void,
    ) -> c_int;
}

/// Calls the destructor when the thread ends, in reverse order of registration.
unsafe extern "C" fn at_exit(destructor: unsafe extern "C" fn(*mut c_void), value: *mut c_void) {
    // glibc requires an address in the calling library, which is the loader.
    let library = at_exit as *const c_void;
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { __cxa_thread_atexit_impl(destructor, value, library) };
}

/// The lowest address of a thread's stack, and its size.
fn stack(thread: libc::pthread_t) -> (u64, usize) {
    let mut attributes = MaybeUninit::uninit();
    let mut start = ptr::null_mut();
    let mut size = 0;
    // SAFETY: the thread is running, because it calls this function, and the attributes are initialized
    // before they are read.
    unsafe {
        if libc::pthread_getattr_np(thread, attributes.as_mut_ptr()) != 0 {
            unsupported("pthread_get_stackaddr_np", thread);
        }
        libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut start, &raw mut size);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
    }
    (start as u64, size)
}

extern "C" fn stack_end(thread: libc::pthread_t) -> u64 {
    let (start, size) = stack(thread);
    start + size as u64
}

extern "C" fn stack_size(thread: libc::pthread_t) -> usize {
    stack(thread).1
}

/// Sets the name of the calling thread.
unsafe extern "C" fn set_name(name: *const c_char) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::pthread_setname_np(libc::pthread_self(), name) }
}

unsafe extern "C" fn id(thread: libc::pthread_t, id: *mut u64) -> c_int {
    // SAFETY: 0 stands for the calling thread; `id` is valid for writes, as the caller guarantees.
    unsafe {
        if thread != 0 && thread != libc::pthread_self() {
            unsupported("pthread_threadid_np", thread);
        }
        *id = libc::gettid() as u64;
    }
    0
}
