//! Mutexes, condition variables and locks. Statically initialized ones begin with a signature, which glibc
//! does not know; they become glibc's at the first use.

use std::ffi::{c_int, c_long, c_uint, c_void};
use std::sync::Mutex;

use super::unsupported;

pub fn find(name: &str) -> Option<*const ()> {
    Some(match name {
        "pthread_cond_broadcast" => cond_broadcast as *const (),
        "pthread_cond_destroy" => libc::pthread_cond_destroy as *const (),
        "pthread_cond_init" => libc::pthread_cond_init as *const (),
        "pthread_cond_signal" => cond_signal as *const (),
        "pthread_cond_timedwait" => cond_timed_wait as *const (),
        "pthread_cond_timedwait_relative_np" => cond_relative_wait as *const (),
        "pthread_cond_wait" => cond_wait as *const (),
        "pthread_getspecific" => get_specific as *const (),
        "pthread_key_create" => key_create as *const (),
        "pthread_key_delete" => key_delete as *const (),
        "pthread_mutex_destroy" => mutex_destroy as *const (),
        "pthread_mutex_init" => libc::pthread_mutex_init as *const (),
        "pthread_mutex_lock" => mutex_lock as *const (),
        "pthread_mutex_trylock" => mutex_try_lock as *const (),
        "pthread_mutex_unlock" => libc::pthread_mutex_unlock as *const (),
        "pthread_mutexattr_settype" => set_type as *const (),
        "pthread_once" => once as *const (),
        "pthread_rwlock_destroy" => rwlock_destroy as *const (),
        "pthread_rwlock_init" => libc::pthread_rwlock_init as *const (),
        "pthread_rwlock_rdlock" => rwlock_read as *const (),
        "pthread_rwlock_unlock" => libc::pthread_rwlock_unlock as *const (),
        "pthread_rwlock_wrlock" => rwlock_write as *const (),
        "pthread_setspecific" => set_specific as *const (),
        _ => return None,
    })
}

const MUTEX: c_long = 0x32aa_aba7;
const MUTEX_ERRORCHECK: c_long = 0x32aa_aba1;
const MUTEX_RECURSIVE: c_long = 0x32aa_aba2;
const MUTEX_FIRST_FIT: c_long = 0x32aa_aba3;
const COND: c_long = 0x3cb0_b1bb;
const RWLOCK: c_long = 0x2da8_b3b4;
const ONCE: c_long = 0x30b1_bcba;

/// Held while a statically initialized object becomes glibc's.
static CONVERTING: Mutex<()> = Mutex::new(());

/// Calls `convert` with the signature if the object still begins with one of `signatures`.
unsafe fn convert<T>(object: *mut T, signatures: &[c_long], convert: impl FnOnce(c_long)) {
    let _guard = CONVERTING.lock();
    // SAFETY: the caller provides an object of macOS's size, which is larger.
    let signature = unsafe { object.cast::<c_long>().read_volatile() };
    if signatures.contains(&signature) {
        convert(signature);
    }
}

unsafe fn mutex(mutex: *mut libc::pthread_mutex_t) -> *mut libc::pthread_mutex_t {
    let signatures = [MUTEX, MUTEX_ERRORCHECK, MUTEX_RECURSIVE, MUTEX_FIRST_FIT];
    // SAFETY: glibc's constants are valid initial values of a mutex.
    unsafe {
        convert(mutex, &signatures, |signature| {
            mutex.write(match signature {
                MUTEX_RECURSIVE => libc::PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP,
                MUTEX_ERRORCHECK => libc::PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP,
                _ => libc::PTHREAD_MUTEX_INITIALIZER,
            });
        });
    }
    mutex
}

unsafe fn cond(cond: *mut libc::pthread_cond_t) -> *mut libc::pthread_cond_t {
    // SAFETY: as in `mutex`.
    unsafe { convert(cond, &[COND], |_| cond.write(libc::PTHREAD_COND_INITIALIZER)) };
    cond
}

unsafe fn rwlock(lock: *mut libc::pthread_rwlock_t) -> *mut libc::pthread_rwlock_t {
    // SAFETY: as in `mutex`.
    unsafe { convert(lock, &[RWLOCK], |_| lock.write(libc::PTHREAD_RWLOCK_INITIALIZER)) };
    lock
}

unsafe extern "C" fn mutex_lock(lock: *mut libc::pthread_mutex_t) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::pthread_mutex_lock(mutex(lock)) }
}

unsafe extern "C" fn mutex_try_lock(lock: *mut libc::pthread_mutex_t) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::pthread_mutex_trylock(mutex(lock)) }
}

unsafe extern "C" fn mutex_destroy(lock: *mut libc::pthread_mutex_t) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::pthread_mutex_destroy(mutex(lock)) }
}

unsafe extern "C" fn set_type(attributes: *mut libc::pthread_mutexattr_t, kind: c_int) -> c_int {
    let kind = match kind {
        0 => libc::PTHREAD_MUTEX_NORMAL,
        1 => libc::PTHREAD_MUTEX_ERRORCHECK,
        2 => libc::PTHREAD_MUTEX_RECURSIVE,
        other => unsupported("pthread_mutexattr_settype", other),
    };
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::pthread_mutexattr_settype(attributes, kind) }
}

unsafe extern "C" fn cond_wait(
    condition: *mut libc::pthread_cond_t,
    lock: *mut libc::pthread_mutex_t,
) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::pthread_cond_wait(cond(condition), mutex(lock)) }
}

unsafe extern "C" fn cond_timed_wait(
    condition: *mut libc::pthread_cond_t,
    lock: *mut libc::pthread_mutex_t,
    until: *const libc::timespec,
) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    let result = unsafe { libc::pthread_cond_timedwait(cond(condition), mutex(lock), until) };
    super::errno::to_apple(result)
}

unsafe extern "C" fn cond_relative_wait(
    condition: *mut libc::pthread_cond_t,
    lock: *mut libc::pthread_mutex_t,
    time: *const libc::timespec,
) -> c_int {
    const SECOND: i64 = 1_000_000_000;
    // SAFETY: `time` is valid, as the caller guarantees.
    unsafe {
        let mut until = std::mem::zeroed::<libc::timespec>();
        libc::clock_gettime(libc::CLOCK_REALTIME, &raw mut until);
        let nanoseconds = until.tv_nsec + (*time).tv_nsec;
        until.tv_sec = until.tv_sec.saturating_add((*time).tv_sec) + nanoseconds / SECOND;
        until.tv_nsec = nanoseconds % SECOND;
        cond_timed_wait(condition, lock, &raw const until)
    }
}

unsafe extern "C" fn cond_signal(condition: *mut libc::pthread_cond_t) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::pthread_cond_signal(cond(condition)) }
}

unsafe extern "C" fn cond_broadcast(condition: *mut libc::pthread_cond_t) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::pthread_cond_broadcast(cond(condition)) }
}

unsafe extern "C" fn rwlock_read(lock: *mut libc::pthread_rwlock_t) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::pthread_rwlock_rdlock(rwlock(lock)) }
}

unsafe extern "C" fn rwlock_write(lock: *mut libc::pthread_rwlock_t) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::pthread_rwlock_wrlock(rwlock(lock)) }
}

unsafe extern "C" fn rwlock_destroy(lock: *mut libc::pthread_rwlock_t) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::pthread_rwlock_destroy(rwlock(lock)) }
}

/// macOS's `pthread_once_t` is a signature, then what the library needs: here, glibc's.
unsafe extern "C" fn once(control: *mut c_long, function: extern "C" fn()) -> c_int {
    unsafe extern "C" {
        fn pthread_once(control: *mut c_int, function: extern "C" fn()) -> c_int;
    }
    // SAFETY: the object has two words, and the second is zero at first, which is glibc's initial value.
    unsafe {
        if *control != ONCE {
            unsupported("pthread_once", *control);
        }
        pthread_once(control.add(1).cast(), function)
    }
}

/// A key is 8 bytes long on macOS, and 4 on Linux.
unsafe extern "C" fn key_create(
    key: *mut u64,
    destructor: Option<unsafe extern "C" fn(*mut c_void)>,
) -> c_int {
    let mut created = 0;
    // SAFETY: `key` is valid for writes, as the caller guarantees.
    unsafe {
        let result = libc::pthread_key_create(&raw mut created, destructor);
        key.write(created.into());
        super::errno::to_apple(result)
    }
}

extern "C" fn key_delete(key: u64) -> c_int {
    // SAFETY: glibc checks the key.
    unsafe { libc::pthread_key_delete(key as c_uint) }
}

extern "C" fn get_specific(key: u64) -> *mut c_void {
    // SAFETY: glibc checks the key.
    unsafe { libc::pthread_getspecific(key as c_uint) }
}

unsafe extern "C" fn set_specific(key: u64, value: *const c_void) -> c_int {
    // SAFETY: glibc checks the key, and does not read the value.
    unsafe { libc::pthread_setspecific(key as c_uint, value) }
}
