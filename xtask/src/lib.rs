//! `cargo xtask`: makes Docker Desktop extensions with Rust host binaries.
//!
//! Data goes one way, each module handing a typed value to the next one:
//!
//! [`project`] reads and checks the configuration; [`plan`] decides which host binary is built for
//! which [`platform`] and which image carries it; [`toolchain`] finds what compiles and links;
//! [`compile`] and [`ui`] build, [`inspect`] looks at what came out; [`context`] is the folder that
//! goes into the image, [`image`] makes the image and reads those of others, [`validate`] judges
//! them, [`dist`] the finished files. [`preview`] shows it all in a browser while it is being worked
//! on. [`commands`] are short recipes that call these steps, and [`cli`] declares them.

pub mod cli;
pub mod commands;
pub mod compile;
pub mod context;
pub mod digest;
pub mod dist;
pub mod error;
pub mod files;
pub mod foreign;
pub mod http;
pub mod image;
pub mod inspect;
pub mod interrupt;
pub mod lock;
pub mod output;
pub mod parallel;
pub mod plan;
pub mod platform;
pub mod preview;
pub mod process;
pub mod progress;
pub mod project;
pub mod staging;
pub mod text;
pub mod toolchain;
pub mod ui;
pub mod validate;
