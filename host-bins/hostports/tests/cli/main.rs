//! Runs the program with real sockets.
//!
//! The environment variable `HOSTPORTS` names another program to test instead of Cargo's. With it, these
//! tests can run on another operating system, with the host binary in the image.

mod arguments;
mod check_and_free;
mod list;
mod support;
mod watch;
