//! The program's start: its initialisers, then its `main`.

use std::convert::Infallible;
use std::ffi::{CString, OsString, c_char, c_int};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::{io, ptr};

use object::macho;

use super::Refusal;
use super::image::Image;
use super::memory::Memory;
use super::shims::program::{self, Program};

type Strings = *const *const c_char;
/// An initialiser takes the same, and its result is not looked at.
type Main = unsafe extern "C" fn(c_int, Strings, Strings, Strings) -> c_int;

/// Runs the program, and ends with it.
pub fn run(
    image: &Image<'_>,
    memory: &Memory,
    path: &Path,
    args: Vec<OsString>,
) -> Result<Infallible, Refusal> {
    let initialisers = initialisers(image, memory)?;
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
        envp,
        path: CString::new(path).map_err(io::Error::from)?,
        header: memory.at(image.addresses().start) as u64,
        slide: memory.slide(),
    });

    let call = |function: u64| {
        // SAFETY: it is the address of a function of the program, in which all is bound; what it
        // does from here on is its own affair.
        unsafe {
            let function: Main = std::mem::transmute(function as usize);
            function(argc, argv, envp, apple)
        }
    };
    for initialiser in initialisers {
        call(initialiser);
    }
    let status = call(main);
    // SAFETY: it takes any status.
    unsafe { libc::exit(status) }
}

/// The functions that are called before `main`, in their order.
fn initialisers(image: &Image<'_>, memory: &Memory) -> Result<Vec<u64>, Refusal> {
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
        return Err(Refusal::Unfit("it has an initialiser where no code is"));
    }
    Ok(functions)
}

/// A list of C's texts as C has them, which is never freed.
fn strings(texts: impl IntoIterator<Item = Vec<u8>>) -> io::Result<Strings> {
    let mut pointers = Vec::new();
    for text in texts {
        pointers.push(CString::new(text)?.into_raw().cast_const());
    }
    pointers.push(ptr::null());
    Ok(pointers.leak().as_ptr())
}
