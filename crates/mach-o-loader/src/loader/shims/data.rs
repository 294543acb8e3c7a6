//! Variables of libSystem. Where glibc has a variable with the same meaning, the program uses that one.

use std::ffi::{c_char, c_void};

unsafe extern "C" {
    pub static environ: *const *const c_char;
    static optarg: *const c_char;
    static opterr: i32;
    static optind: i32;
    static optopt: i32;
    static stderr: *const c_void;
    static stdin: *const c_void;
    static stdout: *const c_void;
}

/// The random number that a function with buffers on the stack writes behind them and checks at its end.
static STACK_GUARD: u64 = 0x6b8b_4567_327b_2300;

pub fn find(name: &str) -> Option<*const ()> {
    Some(match name {
        "__stack_chk_guard" => (&raw const STACK_GUARD).cast(),
        "__stderrp" => (&raw const stderr).cast(),
        "__stdinp" => (&raw const stdin).cast(),
        "__stdoutp" => (&raw const stdout).cast(),
        "environ" => (&raw const environ).cast(),
        "optarg" => (&raw const optarg).cast(),
        "opterr" => (&raw const opterr).cast(),
        "optind" => (&raw const optind).cast(),
        "optopt" => (&raw const optopt).cast(),
        _ => return None,
    })
}
