//! Information about the program itself.

use std::ffi::{CString, c_char, c_int};
use std::ptr;
use std::sync::OnceLock;

use super::data;

/// The running program.
pub struct Program {
    pub argc: c_int,
    pub argv: *const *const c_char,
    pub path: CString,
    /// The address of its Mach-O header.
    pub header: u64,
    /// The difference between its actual address and the linked one.
    pub slide: u64,
}

// SAFETY: the targets of its pointers are never freed, and the loader doesn't change them.
unsafe impl Send for Program {}
// SAFETY: as above.
unsafe impl Sync for Program {}

static PROGRAM: OnceLock<Program> = OnceLock::new();

/// Sets the running program; later calls have no effect.
pub fn set(program: Program) {
    let _ = PROGRAM.set(program);
}

fn program() -> &'static Program {
    PROGRAM.get().unwrap_or_else(|| std::process::abort())
}

pub fn find(name: &str) -> Option<*const ()> {
    Some(match name {
        "_NSGetArgc" => argc as *const (),
        "_NSGetArgv" => argv as *const (),
        "_NSGetEnviron" => environ as *const (),
        "_NSGetExecutablePath" => executable_path as *const (),
        "_dyld_get_image_header" => image_header as *const (),
        "_dyld_get_image_name" => image_name as *const (),
        "_dyld_get_image_vmaddr_slide" => image_slide as *const (),
        "_dyld_image_count" => image_count as *const (),
        "dlsym" => dlsym as *const (),
        _ => return None,
    })
}

extern "C" fn argc() -> *const c_int {
    &raw const program().argc
}

extern "C" fn argv() -> *const *const *const c_char {
    &raw const program().argv
}

/// glibc's own, which its `setenv` changes.
extern "C" fn environ() -> *const *const *const c_char {
    &raw const data::environ
}

unsafe extern "C" fn executable_path(buffer: *mut c_char, size: *mut u32) -> c_int {
    let path = program().path.as_bytes_with_nul();
    // SAFETY: the buffer has this size, as the caller guarantees.
    unsafe {
        if (*size as usize) < path.len() {
            *size = path.len() as u32;
            return -1;
        }
        ptr::copy_nonoverlapping(path.as_ptr(), buffer.cast(), path.len());
    }
    0
}

/// Only the program counts: its libraries are not Mach-O images here.
extern "C" fn image_count() -> u32 {
    1
}

extern "C" fn image_header(index: u32) -> u64 {
    if index == 0 { program().header } else { 0 }
}

extern "C" fn image_name(index: u32) -> *const c_char {
    if index == 0 { program().path.as_ptr() } else { ptr::null() }
}

extern "C" fn image_slide(index: u32) -> u64 {
    if index == 0 { program().slide } else { 0 }
}

/// Looks up functions that only newer versions of macOS have: this one is as old as possible.
extern "C" fn dlsym(_library: *const (), _name: *const c_char) -> *const () {
    ptr::null()
}
