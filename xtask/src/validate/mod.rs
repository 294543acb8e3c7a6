//! Whether an extension's image will install and work on every user's machine.
//!
//! [`rules`] is what can be found, with the reasons; a [`finding`] is one of them met, and where.

pub mod binaries;
pub mod finding;
mod json;
pub mod labels;
pub mod metadata;
pub mod report;
pub mod rules;
