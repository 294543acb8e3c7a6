//! What the fuzz targets share: a limit of memory, and makers of files that are sound as often as
//! not. They take arbitrary values, not arbitrary bytes, so that readers get past the first check.

use std::alloc::System;

use cap::Cap;

pub mod archive;
pub mod json;
pub mod labels;
pub mod program;
pub mod tar;

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// Does `work`, which may have so many bytes of memory at a time. If it wants more the process
/// ends, which is a finding.
pub fn within<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    let limit = MEMORY.allocated().saturating_add(bytes);
    MEMORY.set_limit(limit).expect("nothing was limited before");
    let result = work();
    MEMORY.set_limit(usize::MAX).expect("it only grows");
    result
}
