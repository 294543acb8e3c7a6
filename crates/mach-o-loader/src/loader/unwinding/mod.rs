//! Lets GCC's unwinder, which the loader has, find its way through the program's functions.
//!
//! macOS's reads what linkers put into `__unwind_info`: a number for each function that says where
//! its registers were saved ([`compact`]), or that this stands in `__eh_frame`, as on Linux
//! ([`eh_frame`]). GCC's knows the latter alone: so all of it is put into one such table.

use super::Refusal;
use super::image::Image;
use super::memory::Memory;
use eh_frame::Table;

mod compact;
mod eh_frame;

/// The functions in these addresses of the program, and how to get from one to its caller.
struct Frame {
    start: u64,
    length: u64,
    /// What catches, or cleans up, and the data that this goes by.
    handler: Option<Handler>,
    /// DWARF's, that all functions of the kind begin with.
    initial_instructions: Vec<u8>,
    instructions: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Handler {
    personality: u64,
    /// 0 where a function has none.
    data: u64,
}

unsafe extern "C" {
    /// Of GCC's unwinder: takes a table, for good.
    fn __register_frame(table: *const u8);
}

/// Makes exceptions of the program possible.
pub fn register(image: &Image<'_>, memory: &Memory) -> Result<(), Refusal> {
    let mut frames = Vec::new();
    let broken = |reason| Refusal::Segment { segment: "__unwind_info".to_owned(), reason };
    if let Some(section) = image.section("__unwind_info") {
        let base = memory.at(image.addresses().start) as u64;
        frames.extend(compact::frames(memory.bytes(&section.addresses), base).map_err(broken)?);
    }
    let broken = |reason| Refusal::Segment { segment: "__eh_frame".to_owned(), reason };
    if let Some(section) = image.section("__eh_frame") {
        frames.extend(eh_frame::frames(memory.bytes(&section.addresses), memory).map_err(broken)?);
    }
    let mut table = Table::default();
    for frame in &frames {
        table.add(frame);
    }
    let table = table.finish();
    // SAFETY: it is a table of the kind that is asked for, and is never freed.
    unsafe { __register_frame(table.leak().as_ptr()) };
    Ok(())
}
