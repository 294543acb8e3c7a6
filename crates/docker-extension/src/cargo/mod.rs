//! Runs cargo, for all other modules: [`metadata`] reads a workspace, [`tree`] lists the crates of
//! binaries, [`lockfile`] updates `Cargo.lock`, and [`build`] runs `cargo build` and parses its messages.

pub mod build;
pub mod lockfile;
pub mod metadata;
mod shell;
pub mod tree;
