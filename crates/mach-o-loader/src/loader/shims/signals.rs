//! Signals, and the program's handlers.

use std::ffi::{c_int, c_void};
use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{flags, unsupported};

pub fn find(name: &str) -> Option<*const ()> {
    Some(match name {
        "sigaction" => sigaction as *const (),
        "sigaltstack" => sigaltstack as *const (),
        "signal" => signal as *const (),
        _ => return None,
    })
}

const DEFAULT: u64 = 0;
const IGNORE: u64 = 1;

const SIGBUS: c_int = 10;
const SA_ONSTACK: c_int = 0x1;
const SA_RESTART: c_int = 0x2;
const SA_SIGINFO: c_int = 0x40;
const SS_DISABLE: c_int = 0x4;

/// macOS's `struct sigaction`.
#[repr(C)]
struct Action {
    handler: u64,
    mask: u32,
    flags: c_int,
}

/// The start of macOS's `siginfo_t`; the size is the same.
#[repr(C)]
struct Info {
    signal: c_int,
    errno: c_int,
    code: c_int,
    pid: c_int,
    uid: u32,
    status: c_int,
    address: u64,
    rest: [u64; 9],
}

/// macOS's `stack_t`.
#[repr(C)]
struct Stack {
    start: *mut c_void,
    size: usize,
    flags: c_int,
}

/// The program's handlers, by Linux's signal numbers.
static HANDLERS: [AtomicU64; 32] = [const { AtomicU64::new(DEFAULT) }; 32];

fn number(apple: c_int) -> c_int {
    match apple {
        SIGBUS => libc::SIGBUS,
        libc::SIGPIPE | libc::SIGSEGV | libc::SIGINT | libc::SIGTERM => apple,
        other => unsupported("sigaction", other),
    }
}

unsafe extern "C" fn sigaction(number_: c_int, new: *const Action, old: *mut Action) -> c_int {
    let number = number(number_);
    let handler = &HANDLERS[number as usize];
    // SAFETY: both pointers are null or valid, as the caller guarantees.
    unsafe {
        if !old.is_null() {
            let mut now = mem::zeroed::<libc::sigaction>();
            libc::sigaction(number, ptr::null(), &raw mut now);
            let handler = match now.sa_sigaction as u64 {
                simple @ (DEFAULT | IGNORE) => simple,
                _ => handler.load(Ordering::SeqCst),
            };
            let flags = if handler > IGNORE { SA_SIGINFO } else { 0 };
            old.write(Action { handler, mask: 0, flags });
        }
        let Some(new) = new.as_ref() else { return 0 };
        set_handler(number, new)
    }
}

unsafe fn set_handler(number: c_int, new: &Action) -> c_int {
    if new.mask != 0 {
        unsupported("sigaction", new.mask);
    }
    // SAFETY: every field is set, or may be zero.
    let mut action = unsafe { mem::zeroed::<libc::sigaction>() };
    action.sa_sigaction = match new.handler {
        simple @ (DEFAULT | IGNORE) => simple as usize,
        _ if new.flags & SA_SIGINFO == 0 => unsupported("sigaction", new.flags),
        _ => on_signal as *const () as usize,
    };
    let pairs = [
        (SA_ONSTACK, libc::SA_ONSTACK),
        (SA_RESTART, libc::SA_RESTART),
        (SA_SIGINFO, libc::SA_SIGINFO),
    ];
    action.sa_flags = flags("sigaction", new.flags, &pairs);
    HANDLERS[number as usize].store(new.handler, Ordering::SeqCst);
    // SAFETY: the action is initialized, and `on_signal` has the right signature.
    unsafe { libc::sigaction(number, &raw const action, ptr::null_mut()) }
}

/// Calls the program's handler.
unsafe extern "C" fn on_signal(number: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let apple = if number == libc::SIGBUS { SIGBUS } else { number };
    let handler = HANDLERS[number as usize].load(Ordering::SeqCst);
    // SAFETY: the information is from the kernel, and the handler from the program. The handler can't
    // read the thread's state, which is Linux's; Rust's handlers don't do that.
    unsafe {
        let mut converted = Info {
            signal: apple,
            errno: 0,
            code: (*info).si_code,
            pid: 0,
            uid: 0,
            status: 0,
            address: (*info).si_addr() as u64,
            rest: [0; 9],
        };
        let handler: unsafe extern "C" fn(c_int, *mut Info, *mut c_void) =
            mem::transmute(handler as usize);
        handler(apple, &raw mut converted, context);
    }
}

unsafe extern "C" fn signal(apple: c_int, handler: u64) -> u64 {
    if handler > IGNORE {
        unsupported("signal", handler);
    }
    // SAFETY: it is one of the two constants that are not functions.
    unsafe { libc::signal(number(apple), handler as usize) as u64 }
}

unsafe extern "C" fn sigaltstack(new: *const Stack, old: *mut Stack) -> c_int {
    // SAFETY: both pointers are null or valid, as the caller guarantees.
    unsafe {
        let given = new.as_ref().map(|new| libc::stack_t {
            ss_sp: new.start,
            ss_flags: flags("sigaltstack", new.flags, &[(SS_DISABLE, libc::SS_DISABLE)]),
            ss_size: new.size,
        });
        let mut before = mem::zeroed::<libc::stack_t>();
        let given = given.as_ref().map_or(ptr::null(), ptr::from_ref);
        let result = libc::sigaltstack(given, &raw mut before);
        if !old.is_null() {
            let flags = if before.ss_flags & libc::SS_DISABLE != 0 { SS_DISABLE } else { 0 };
            old.write(Stack { start: before.ss_sp, size: before.ss_size, flags });
        }
        result
    }
}
