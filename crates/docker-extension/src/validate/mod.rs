//! Whether an extension's image will install and work on every user's machine.
//!
//! [`crate::rules`] are the possible faults, with the reasons. A [`finding`] is a fault of this image and
//! its place. [`crate::binaries`] judges one host binary.

pub mod compose;
mod content;
mod files;
pub mod finding;
mod host_binaries;
pub mod image;
mod index;
mod json;
pub mod labels;
pub mod metadata;
pub mod online;
pub mod picture;
pub mod report;
mod room;
pub mod source;
