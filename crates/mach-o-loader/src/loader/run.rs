//! Runs the program's initializers, then its `main`.

use std::convert::Infallible;
use std::ffi::{CString, OsString, c_char, c_int};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::{io, ptr};

use object::macho;

use super::Rejection;
use super::image::Image;
use super::memory::Memory;
use super::shims::program::{self, Program};

type Strings = *const *const c_char;
/// Initializers have the same arguments, and their result is ignored.
type Main = unsafe extern "C" fn(c_int, Strings, Strings, Strings) -> c_int;

/// Runs the program, and exits with its status.
pub fn run(
    image: &Image<'_>,
    memory: &Memory,
    path: &Path,
    args: Vec<OsString>,
) -> Result<Infallible, Rejection> {
    let initializers = initializers(image, memory)?;
    let main = memory.at(image.entry) as u64;

    let path = path.as_os_str().as_bytes();
    let argc = 1 + args.len() as c_int;
    let args = args.into_iter().map(OsString::into_vec);
    let argv = strings([path.to_vec()].into_iter().chain(args))?;
    let variables =
        std::env::vars_os().map(|(name, value)| [name.as_bytes(), b"=", value.as_bytes()].concat());
    let envp = strings(variables)?;
    let apple = strings([[b"executable_path=", path].concat()])?;
    program::set(Program {
        argc,
        argv,
        path: CString::new(path).map_err(io::Error::from)?,
        header: memory.at(image.addresses().start) as u64,
        slide: memory.slide(),
    });

    let call = |function: u64| {
        // SAFETY: it is the address of a function of the program, which is completely bound. The program
        // is trusted from here on.
        unsafe {
            let function: Main = std::mem::transmute(function as usize);
            function(argc, argv, envp, apple)
        }
    };
    for initializer in initializers {
        call(initializer);
    }
    let status = call(main);
    // SAFETY: it takes any status.
    unsafe { libc::exit(status) }
}

/// The functions that are called before `main`, in order.
fn initializers(image: &Image<'_>, memory: &Memory) -> Result<Vec<u64>, Rejection> {
    let base = image.addresses().start;
    let mut functions = Vec::new();
    for section in image.sections(macho::S_MOD_INIT_FUNC_POINTERS) {
        let (words, _) = memory.bytes(&section.addresses).as_chunks();
        functions.extend(words.iter().map(|word| u64::from_le_bytes(*word)));
    }
    for section in image.sections(macho::S_INIT_FUNC_OFFSETS) {
        let (offsets, _) = memory.bytes(&section.addresses).as_chunks();
        let offsets = offsets.iter().map(|offset| u64::from(u32::from_le_bytes(*offset)));
        functions.extend(offsets.map(|offset| (base + offset).wrapping_add(memory.slide())));
    }
    let is_code = |function: &u64| {
        let address = function.wrapping_sub(memory.slide());
        let mut code = image.segments.iter().filter(|segment| segment.is_executable);
        code.any(|segment| segment.addresses.contains(&address))
    };
    if !functions.iter().all(is_code) {
        return Err(Rejection::Invalid("it has an initializer that is not in code"));
    }
    Ok(functions)
}

/// An array of C strings that is never freed.
fn strings(texts: impl IntoIterator<Item = Vec<u8>>) -> io::Result<Strings> {
    let mut pointers = Vec::new();
    for text in texts {
        pointers.push(CString::new(text)?.into_raw().cast_const());
    }
    pointers.push(ptr::null());
    Ok(pointers.leak().as_ptr())
}
