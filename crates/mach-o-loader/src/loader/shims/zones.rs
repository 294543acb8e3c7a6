//! Zones of memory. There is only one, that of `malloc`.

use std::ffi::{c_char, c_void};

pub fn find(name: &str) -> Option<*const ()> {
    Some(match name {
        "malloc_create_zone" | "malloc_default_zone" => zone as *const (),
        "malloc_set_zone_name" => set_name as *const (),
        "malloc_size" => allocated as *const (),
        "malloc_zone_calloc" => allocate_zeroed as *const (),
        "malloc_zone_free" => free as *const (),
        "malloc_zone_malloc" => allocate as *const (),
        "malloc_zone_realloc" => reallocate as *const (),
        _ => return None,
    })
}

/// The start of macOS's `malloc_zone_t`, whose functions programs call directly.
#[repr(C)]
struct Zone {
    reserved: [usize; 2],
    size: unsafe extern "C" fn(*const Zone, *mut c_void) -> usize,
    malloc: extern "C" fn(*const Zone, usize) -> *mut c_void,
    calloc: extern "C" fn(*const Zone, usize, usize) -> *mut c_void,
    valloc: usize,
    free: unsafe extern "C" fn(*const Zone, *mut c_void),
    realloc: unsafe extern "C" fn(*const Zone, *mut c_void, usize) -> *mut c_void,
    destroy: usize,
    name: [u8; 8],
}

static ZONE: Zone = Zone {
    reserved: [0; 2],
    size: size_in,
    malloc: allocate,
    calloc: allocate_zeroed,
    valloc: 0,
    free,
    realloc: reallocate,
    destroy: 0,
    name: [0; 8],
};

extern "C" fn zone() -> *const Zone {
    &raw const ZONE
}

extern "C" fn set_name(_zone: *const Zone, _name: *const c_char) {}

unsafe extern "C" fn allocated(block: *mut c_void) -> usize {
    // SAFETY: the caller provides a block of `malloc`.
    unsafe { libc::malloc_usable_size(block) }
}

unsafe extern "C" fn size_in(_zone: *const Zone, block: *mut c_void) -> usize {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { allocated(block) }
}

extern "C" fn allocate(_zone: *const Zone, size: usize) -> *mut c_void {
    // SAFETY: it takes any number.
    unsafe { libc::malloc(size) }
}

extern "C" fn allocate_zeroed(_zone: *const Zone, count: usize, size: usize) -> *mut c_void {
    // SAFETY: it takes any numbers.
    unsafe { libc::calloc(count, size) }
}

unsafe extern "C" fn reallocate(
    _zone: *const Zone,
    block: *mut c_void,
    size: usize,
) -> *mut c_void {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::realloc(block, size) }
}

unsafe extern "C" fn free(_zone: *const Zone, block: *mut c_void) {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::free(block) }
}
