//! Runs cargo, for all other modules: [`metadata`] reads a workspace, [`tree`] lists the crates of
//! binaries, [`lockfile`] updates `Cargo.lock`, [`build`] runs `cargo build` and parses its messages, and [`clean`]
//! removes what was built.

pub mod build;
pub mod clean;
pub mod lockfile;
pub mod metadata;
mod shell;
pub mod tree;
