//! Rare features that a loader must support, and a library besides libSystem.

#[link(name = "Security", kind = "framework")]
unsafe extern "C" {
    fn SecRandomCopyBytes(random: *const (), count: usize, bytes: *mut u8) -> i32;
}

#[used]
#[unsafe(link_section = "__DATA,__mod_init_func")]
static BEFORE_MAIN: extern "C" fn() = before_main;

extern "C" fn before_main() {
    println!("before main");
}

fn main() {
    println!("main");
    match std::env::args().nth(1).as_deref() {
        Some("overflow") => println!("{}", without_end(0)),
        Some("framework") => {
            let mut bytes = [0; 4];
            unsafe { SecRandomCopyBytes(std::ptr::null(), bytes.len(), bytes.as_mut_ptr()) };
        }
        _ => {}
    }
}

#[inline(never)]
fn without_end(number: u64) -> u64 {
    let numbers = std::hint::black_box([number; 64]);
    without_end(numbers[3] + 1) + numbers[5]
}
