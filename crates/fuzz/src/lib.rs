//! Shared code of the fuzz targets: a memory limit, and generators of files that are often valid. They
//! take arbitrary values instead of bytes, so that readers get past the first check.

use std::alloc::System;

use cap::Cap;

pub mod archive;
pub mod json;
pub mod labels;
pub mod program;
pub mod tar;

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// Runs `work` with a memory limit in bytes. If it exceeds the limit, the process ends, which is a
/// finding.
pub fn within<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    let limit = MEMORY.allocated().saturating_add(bytes);
    MEMORY.set_limit(limit).expect("there was no limit before");
    let result = work();
    MEMORY.set_limit(usize::MAX).expect("the limit only grows");
    result
}
