//! HTTP: a client that is based on the program `curl`, and a server for browsers on the same machine.
//!
//! Both share [`Address`] and the heads of messages ([`RequestHead`], [`ResponseHead`]), as do other
//! modules that use HTTP over other kinds of connections.

mod address;
mod body;
mod client;
mod head;
mod server;

pub use address::{Address, is_local, percent_decoded, percent_encoded};
pub use body::read_body;
pub use client::{ClientRequest, ClientResponse, HttpError, download};
pub use head::{Headers, RequestHead, ResponseHead, ResponseReader, read_head};
pub use server::{Server, ServerResponse, Status, begin_stream};
