//! Enables GCC's unwinder, which is part of the loader, to unwind the program's functions.
//!
//! macOS's unwinder reads `__unwind_info`, in which linkers write an encoding for each function. It says
//! where the function saves registers ([`compact`]), or refers to `__eh_frame`, the format of Linux
//! ([`eh_frame`]). GCC's unwinder only knows the latter, so everything is converted to one such table.

use super::Rejection;
use super::image::Image;
use super::memory::Memory;
use eh_frame::Table;

mod compact;
mod eh_frame;

/// The functions in a range of the program's addresses, and how to unwind them.
struct Frame {
    start: u64,
    length: u64,
    /// The personality function, and its data.
    handler: Option<Handler>,
    /// The DWARF instructions at the start of all functions with this personality.
    initial_instructions: Vec<u8>,
    instructions: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Handler {
    personality: u64,
    /// 0 if a function has none.
    data: u64,
}

unsafe extern "C" {
    /// A function of GCC's unwinder that registers a table permanently.
    fn __register_frame(table: *const u8);
}

/// Enables exceptions in the program.
pub fn register(image: &Image<'_>, memory: &Memory) -> Result<(), Rejection> {
    let mut frames = Vec::new();
    let broken = |reason| Rejection::Segment { segment: "__unwind_info".to_owned(), reason };
    if let Some(section) = image.section("__unwind_info") {
        let base = memory.at(image.addresses().start) as u64;
        frames.extend(compact::frames(memory.bytes(&section.addresses), base).map_err(broken)?);
    }
    let broken = |reason| Rejection::Segment { segment: "__eh_frame".to_owned(), reason };
    if let Some(section) = image.section("__eh_frame") {
        frames.extend(eh_frame::frames(memory.bytes(&section.addresses), memory).map_err(broken)?);
    }
    let mut table = Table::default();
    for frame in &frames {
        table.add(frame);
    }
    let table = table.finish();
    // SAFETY: it is a valid `.eh_frame` table, and is never freed.
    unsafe { __register_frame(table.leak().as_ptr()) };
    Ok(())
}
