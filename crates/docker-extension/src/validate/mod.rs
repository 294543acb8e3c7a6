//! Whether an extension's image will install and work on every user's machine.
//!
//! [`crate::rules`] is what can be found, with the reasons; a [`finding`] is one of them met, and where.
//! [`crate::binaries`] judges one host binary.

mod content;
mod files;
pub mod finding;
pub mod image;
mod index;
mod json;
pub mod labels;
pub mod metadata;
pub mod online;
pub mod picture;
pub mod report;
mod room;
