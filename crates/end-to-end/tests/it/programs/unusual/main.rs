//! A program with every property that the inspector reports, except those that the build script sets.
#![cfg_attr(windows, windows_subsystem = "windows")]

#[cfg(windows)]
mod delayed {
    unsafe extern "system" {
        pub fn timeGetTime() -> u32;
    }

    /// Delay loading calls it to load a library. It is never called here.
    #[unsafe(no_mangle)]
    extern "system" fn __delayLoadHelper2(_: usize, _: usize) -> usize {
        0
    }
}

fn main() {
    #[cfg(windows)]
    println!("{}", unsafe { delayed::timeGetTime() });
}
