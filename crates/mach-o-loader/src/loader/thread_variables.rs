//! Thread-local variables in the format of macOS.
//!
//! A program has a descriptor for each variable: a function, a key, and the variable's offset in a block,
//! of which each thread has a copy. To access the variable, the program calls the function with the
//! descriptor. The function must not change any register except the one with the result.

use std::arch::naked_asm;
use std::ptr;
use std::sync::OnceLock;

use object::macho;

use super::Rejection;
use super::image::Image;
use super::memory::Memory;

/// The content of a descriptor.
const FUNCTION: u64 = 0;
const KEY: u64 = 8;
const OFFSET: u64 = 16;
const SIZE: u64 = 24;

/// The initial content of a thread's block.
struct Template {
    bytes: Vec<u8>,
    alignment: usize,
}

static TEMPLATE: OnceLock<Template> = OnceLock::new();

/// Initializes the program's descriptors.
pub fn set_up(image: &Image<'_>, memory: &mut Memory) -> Result<(), Rejection> {
    let reject = |reason| Rejection::Segment { segment: "__thread_vars".to_owned(), reason };
    let Some(template) = template(image, memory).map_err(reject)? else { return Ok(()) };
    let size = template.bytes.len() as u64;
    let mut key = 0;
    // SAFETY: the block that is freed with the thread was allocated by `block`.
    if unsafe { libc::pthread_key_create(&raw mut key, Some(libc::free)) } != 0 {
        return Err(std::io::Error::last_os_error().into());
    }
    let _ = TEMPLATE.set(template);
    for section in image.sections(macho::S_THREAD_LOCAL_VARIABLES) {
        let range = &section.addresses;
        if !(range.end - range.start).is_multiple_of(SIZE) {
            return Err(reject("it has a truncated descriptor"));
        }
        for descriptor in (range.start..range.end).step_by(SIZE as usize) {
            let bootstrap = "__tlv_bootstrap";
            let is_bound = image
                .fixups
                .iter()
                .any(|fixup| fixup.address == descriptor && fixup.value.is_symbol(bootstrap));
            if !is_bound {
                return Err(reject("it has a descriptor that is not bound to __tlv_bootstrap"));
            }
            if memory.word(descriptor + OFFSET).is_none_or(|offset| offset >= size) {
                return Err(reject("it has a variable outside of the block"));
            }
            memory.set_word(descriptor + FUNCTION, address_of as *const () as u64);
            memory.set_word(descriptor + KEY, key.into());
        }
    }
    Ok(())
}

fn template(image: &Image<'_>, memory: &Memory) -> Result<Option<Template>, &'static str> {
    let kinds = [macho::S_THREAD_LOCAL_REGULAR, macho::S_THREAD_LOCAL_ZEROFILL];
    let mut bytes = Vec::new();
    let mut next = None;
    let mut alignment = align_of::<usize>() as u64;
    let [with_values, zeroes] = kinds.map(|kind| image.sections(kind).map(move |it| (kind, it)));
    for (kind, section) in with_values.chain(zeroes) {
        let range = &section.addresses;
        let start = *next.get_or_insert(range.start);
        let gap = range.start.checked_sub(start).filter(|gap| *gap < section.alignment);
        let gap = gap.ok_or("the initial content of thread variables is not contiguous")?;
        bytes.resize(bytes.len() + gap as usize, 0);
        if kind == macho::S_THREAD_LOCAL_REGULAR {
            bytes.extend(memory.bytes(range));
        } else {
            bytes.resize(bytes.len() + (range.end - range.start) as usize, 0);
        }
        alignment = alignment.max(section.alignment);
        next = Some(range.end);
    }
    Ok(next.map(|_| Template { bytes, alignment: alignment as usize }))
}

/// Programs call it with a descriptor in `rdi` to get the variable's address in `rax`.
#[unsafe(naked)]
unsafe extern "C" fn address_of() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rdi",
        "push rsi",
        "push rdx",
        "push rcx",
        "push r8",
        "push r9",
        "push r10",
        "push r11",
        "sub rsp, 512",
        "and rsp, -16",
        "fxsave64 [rsp]",
        "mov rdi, [rdi + {key}]",
        "call {block}",
        "fxrstor64 [rsp]",
        "lea rsp, [rbp - 64]",
        "pop r11",
        "pop r10",
        "pop r9",
        "pop r8",
        "pop rcx",
        "pop rdx",
        "pop rsi",
        "pop rdi",
        "pop rbp",
        "add rax, [rdi + {offset}]",
        "ret",
        key = const KEY,
        offset = const OFFSET,
        block = sym block,
    )
}

/// The current thread's block, allocated at the first access.
extern "C" fn block(key: u64) -> *mut u8 {
    let key = key as libc::pthread_key_t;
    // SAFETY: the key was created by `set_up`.
    let block = unsafe { libc::pthread_getspecific(key) };
    if !block.is_null() {
        return block.cast();
    }
    let Some(template) = TEMPLATE.get() else { std::process::abort() };
    let mut block = ptr::null_mut();
    let size = template.bytes.len().max(1);
    // SAFETY: the alignment is a power of two, and at least that of a pointer.
    if unsafe { libc::posix_memalign(&raw mut block, template.alignment, size) } != 0 {
        std::process::abort();
    }
    // SAFETY: this size was allocated, and the key was created by `set_up`.
    unsafe {
        ptr::copy_nonoverlapping(template.bytes.as_ptr(), block.cast(), template.bytes.len());
        libc::pthread_setspecific(key, block);
    }
    block.cast()
}

#[cfg(test)]
mod tests {
    use std::arch::asm;
    use std::thread;

    use super::*;

    /// Calls it like programs do, with a value in every register, and returns the result. Registers that
    /// every function must preserve are not checked.
    fn call(descriptor: &[u64; 3]) -> u64 {
        let address;
        let [mut rcx, mut rdx, mut rsi, mut rdi]: [u64; 4] =
            [11, 12, 13, descriptor.as_ptr() as u64];
        let [mut r8, mut r9, mut r10, mut r11]: [u64; 4] = [14, 15, 16, 17];
        let [mut xmm0, mut xmm15]: [f64; 2] = [1.5, 2.5];
        // SAFETY: the descriptor is valid, and all registers that a function may change are outputs.
        unsafe {
            asm!(
                "call {function}",
                function = sym address_of,
                out("rax") address,
                inout("rcx") rcx,
                inout("rdx") rdx,
                inout("rsi") rsi,
                inout("rdi") rdi,
                inout("r8") r8,
                inout("r9") r9,
                inout("r10") r10,
                inout("r11") r11,
                inout("xmm0") xmm0,
                inout("xmm15") xmm15,
                clobber_abi("C"),
            );
        }
        assert_eq!([rcx, rdx, rsi, rdi], [11, 12, 13, descriptor.as_ptr() as u64]);
        assert_eq!([r8, r9, r10, r11], [14, 15, 16, 17]);
        assert_eq!([xmm0, xmm15], [1.5, 2.5]);
        address
    }

    #[test]
    fn each_thread_has_its_own_variable_and_no_register_changes() {
        let template = Template { bytes: vec![1, 2, 3, 4], alignment: 64 };
        assert!(TEMPLATE.set(template).is_ok());
        let mut key = 0;
        // SAFETY: the blocks that are freed were allocated by `block`.
        assert_eq!(unsafe { libc::pthread_key_create(&raw mut key, Some(libc::free)) }, 0);
        let descriptor = [address_of as *const () as u64, key.into(), 2];
        let read = move || {
            let (first, second) = (call(&descriptor), call(&descriptor));
            assert_eq!((first, first % 64), (second, 2));
            // SAFETY: it is this thread's variable.
            let value = unsafe { (first as *mut u8).replace(9) };
            (first, value)
        };
        let own = read();
        let other = thread::spawn(read).join().unwrap();
        assert_eq!((own.1, other.1), (3, 3));
    }
}
