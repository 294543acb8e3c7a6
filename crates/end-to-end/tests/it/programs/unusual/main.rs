//! A program with all that a reader of programs has to see, where its build script has no say.
#![cfg_attr(windows, windows_subsystem = "windows")]

#[cfg(windows)]
mod delayed {
    unsafe extern "system" {
        pub fn timeGetTime() -> u32;
    }

    /// What loads a library at the first call of one of its functions: here, nothing.
    #[unsafe(no_mangle)]
    extern "system" fn __delayLoadHelper2(_: usize, _: usize) -> usize {
        0
    }
}

fn main() {
    #[cfg(windows)]
    println!("{}", unsafe { delayed::timeGetTime() });
}
