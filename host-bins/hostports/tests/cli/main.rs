//! Runs the program as Docker Desktop would, beside real sockets.
//!
//! The variable `HOSTPORTS` names another program to run in place of cargo's: so these tests, built
//! for another operating system, can look at the binary that is shipped for it.

mod arguments;
mod check_and_free;
mod list;
mod support;
mod watch;
