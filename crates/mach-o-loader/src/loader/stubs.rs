//! Stubs replace functions without a shim: they print the function's name, and end the program.

use std::ffi::{CStr, CString, c_char};
use std::io;

use super::memory;

/// The size of `mov rdi, …; mov rax, …; jmp rax`, in bytes.
const SIZE: u64 = 22;

/// Stubs that are not installed yet.
#[derive(Default)]
pub struct Stubs(Vec<u8>);

impl Stubs {
    /// Adds a stub, and returns its offset.
    pub fn add(&mut self, symbol: &str, library: &str) -> u64 {
        let offset = self.0.len() as u64;
        let text = CString::new(format!("{symbol} of {library}")).unwrap_or_default();
        // The program may call it for the lifetime of the process.
        let name = text.into_raw() as u64;
        self.0.extend([0x48, 0xbf]);
        self.0.extend(name.to_le_bytes());
        self.0.extend([0x48, 0xb8]);
        self.0.extend((called as *const () as u64).to_le_bytes());
        self.0.extend([0xff, 0xe0]);
        debug_assert_eq!(self.0.len() as u64, offset + SIZE);
        offset
    }

    /// Makes the stubs executable, and returns the address of the first.
    pub fn install(self) -> io::Result<u64> {
        memory::code(&self.0)
    }
}

/// The target of every stub.
extern "C" fn called(name: *const c_char) -> ! {
    // SAFETY: stubs pass the string that they were created with, which is never freed.
    let name = unsafe { CStr::from_ptr(name) };
    eprintln!("mach-o-loader: the program calls {}, which has no shim", name.to_string_lossy());
    std::process::abort()
}
