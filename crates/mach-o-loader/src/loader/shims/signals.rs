//! Signals, and the program's handlers.

use std::ffi::{c_int, c_void};
use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{flags, unsupported};

pub fn find(name: &str) -> Option<*const ()> {
    Some(match name {
        "kill" => kill as *const (),
        "pthread_kill" => pthread_kill as *const (),
        "pthread_sigmask" | "sigprocmask" => set_mask as *const (),
        "raise" => raise as *const (),
        "sigaction" => sigaction as *const (),
        "sigaddset" => add as *const (),
        "sigaltstack" => sigaltstack as *const (),
        "sigdelset" => remove as *const (),
        "sigemptyset" => empty as *const (),
        "sigfillset" => fill as *const (),
        "sigismember" => contains as *const (),
        "signal" => signal as *const (),
        _ => return None,
    })
}

const DEFAULT: u64 = 0;
const IGNORE: u64 = 1;

/// The numbers of macOS and Linux that differ: all others up to 31 are the same.
const NUMBERS: [(c_int, c_int); 11] = [
    (10, libc::SIGBUS),
    (12, libc::SIGSYS),
    (16, libc::SIGURG),
    (17, libc::SIGSTOP),
    (18, libc::SIGTSTP),
    (19, libc::SIGCONT),
    (20, libc::SIGCHLD),
    (23, libc::SIGIO),
    (30, libc::SIGUSR1),
    (31, libc::SIGUSR2),
    // SIGEMT, which Linux never sends: it has the only number that is left.
    (7, libc::SIGPWR),
];
/// SIGINFO, which Linux does not have.
const SIGINFO: c_int = 29;
const LAST: c_int = 31;

const SA_ONSTACK: c_int = 0x1;
const SA_RESTART: c_int = 0x2;
const SA_RESETHAND: c_int = 0x4;
const SA_NOCLDSTOP: c_int = 0x8;
const SA_NODEFER: c_int = 0x10;
const SA_NOCLDWAIT: c_int = 0x20;
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

pub fn to_linux(apple: c_int) -> c_int {
    match NUMBERS.iter().find(|(number, _)| *number == apple) {
        Some((_, linux)) => *linux,
        None if apple == SIGINFO || !(0..=LAST).contains(&apple) => unsupported("sigaction", apple),
        None => apple,
    }
}

pub fn to_apple(linux: c_int) -> c_int {
    match NUMBERS.iter().find(|(_, number)| *number == linux) {
        Some((apple, _)) => *apple,
        None => linux,
    }
}

/// A set of macOS, which has a bit for each signal from 1, as Linux's set.
pub fn set_to_linux(apple: u32) -> libc::sigset_t {
    // SAFETY: the set is initialized by `sigemptyset`.
    unsafe {
        let mut set = mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for signal in (1..=LAST).filter(|signal| *signal != SIGINFO && apple & bit(*signal) != 0) {
            libc::sigaddset(&raw mut set, to_linux(signal));
        }
        set
    }
}

fn set_to_apple(linux: &libc::sigset_t) -> u32 {
    // SAFETY: the set is initialized.
    let is_in = |signal| unsafe { libc::sigismember(linux, to_linux(signal)) == 1 };
    (1..=LAST)
        .filter(|signal| *signal != SIGINFO && is_in(*signal))
        .fold(0, |set, signal| set | bit(signal))
}

const fn bit(signal: c_int) -> u32 {
    1 << (signal - 1)
}

unsafe extern "C" fn empty(set: *mut u32) -> c_int {
    // SAFETY: the set is valid for writes, as the caller guarantees.
    unsafe { set.write(0) };
    0
}

unsafe extern "C" fn fill(set: *mut u32) -> c_int {
    // SAFETY: the set is valid for writes, as the caller guarantees.
    unsafe { set.write(!0) };
    0
}

unsafe extern "C" fn add(set: *mut u32, signal: c_int) -> c_int {
    // SAFETY: the set is valid, as the caller guarantees.
    unsafe { *set |= bit(signal) };
    0
}

unsafe extern "C" fn remove(set: *mut u32, signal: c_int) -> c_int {
    // SAFETY: the set is valid, as the caller guarantees.
    unsafe { *set &= !bit(signal) };
    0
}

unsafe extern "C" fn contains(set: *const u32, signal: c_int) -> c_int {
    // SAFETY: the set is valid, as the caller guarantees.
    (unsafe { *set } & bit(signal) != 0).into()
}

/// macOS counts the ways to change the mask from 1, Linux from 0.
unsafe extern "C" fn set_mask(how: c_int, new: *const u32, old: *mut u32) -> c_int {
    // SAFETY: both pointers are null or valid, as the caller guarantees.
    unsafe {
        let new = new.as_ref().map(|new| set_to_linux(*new));
        let given = new.as_ref().map_or(ptr::null(), ptr::from_ref);
        let mut before = mem::zeroed();
        let result = libc::pthread_sigmask(how - 1, given, &raw mut before);
        if !old.is_null() {
            old.write(set_to_apple(&before));
        }
        result
    }
}

extern "C" fn kill(process: c_int, signal: c_int) -> c_int {
    // SAFETY: it takes any numbers.
    unsafe { libc::kill(process, to_linux(signal)) }
}

extern "C" fn raise(signal: c_int) -> c_int {
    // SAFETY: it takes any number.
    unsafe { libc::raise(to_linux(signal)) }
}

unsafe extern "C" fn pthread_kill(thread: libc::pthread_t, signal: c_int) -> c_int {
    // SAFETY: the caller's guarantees are those of the called function.
    unsafe { libc::pthread_kill(thread, to_linux(signal)) }
}

unsafe extern "C" fn sigaction(number_: c_int, new: *const Action, old: *mut Action) -> c_int {
    let number = to_linux(number_);
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
    // SAFETY: every field is set, or may be zero.
    let mut action = unsafe { mem::zeroed::<libc::sigaction>() };
    action.sa_sigaction = match new.handler {
        simple @ (DEFAULT | IGNORE) => simple as usize,
        _ => on_signal as *const () as usize,
    };
    action.sa_mask = set_to_linux(new.mask);
    let pairs = [
        (SA_ONSTACK, libc::SA_ONSTACK),
        (SA_RESTART, libc::SA_RESTART),
        (SA_RESETHAND, libc::SA_RESETHAND),
        (SA_NOCLDSTOP, libc::SA_NOCLDSTOP),
        (SA_NODEFER, libc::SA_NODEFER),
        (SA_NOCLDWAIT, libc::SA_NOCLDWAIT),
        (SA_SIGINFO, libc::SA_SIGINFO),
    ];
    // `on_signal` always needs the information. A handler without it ignores the other arguments.
    action.sa_flags = flags("sigaction", new.flags, &pairs) | libc::SA_SIGINFO;
    HANDLERS[number as usize].store(new.handler, Ordering::SeqCst);
    // SAFETY: the action is initialized, and `on_signal` has the right signature.
    unsafe { libc::sigaction(number, &raw const action, ptr::null_mut()) }
}

/// Calls the program's handler.
unsafe extern "C" fn on_signal(number: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let apple = to_apple(number);
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
    let new = Action { handler, mask: 0, flags: SA_RESTART };
    let mut old = Action { handler: DEFAULT, mask: 0, flags: 0 };
    // SAFETY: both are valid.
    match unsafe { sigaction(apple, &raw const new, &raw mut old) } {
        0 => old.handler,
        _ => u64::MAX,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signal_has_one_meaning() {
        for signal in (1..=LAST).filter(|signal| *signal != SIGINFO) {
            assert_eq!(to_apple(to_linux(signal)), signal);
            assert_eq!(set_to_apple(&set_to_linux(bit(signal))), bit(signal));
        }
    }
}
