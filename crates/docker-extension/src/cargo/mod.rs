//! The one module that talks to cargo: [`metadata`] reads a workspace, [`tree`] the crates that binaries
//! are made of, [`lockfile`] updates `Cargo.lock`, and [`build`] runs `cargo build` and reads its messages.

pub mod build;
pub mod lockfile;
pub mod metadata;
mod shell;
pub mod tree;
