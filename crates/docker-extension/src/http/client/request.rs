use std::time::Duration;

use camino::Utf8Path;

use crate::http::address::{Address, percent_encoded};
use crate::http::head::Headers;

#[derive(Clone, Debug)]
pub struct ClientRequest {
    pub(super) address: Address,
    pub(super) method: Method,
    pub(super) headers: Headers,
    pub(super) authorization: Option<String>,
    /// The content is compared with a known hash, so the connection may be untrusted.
    pub(super) has_known_hash: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Head,
    Post { form: String },
}

/// The destination of a response's content, and its limits.
#[derive(Clone, Copy)]
pub(super) struct Destination<'a> {
    /// Its name in messages.
    pub place: &'a Utf8Path,
    /// The maximum size, in bytes.
    pub limit: u64,
    /// The maximum time; `None` if only silence is limited.
    pub patience: Option<Duration>,
}

impl ClientRequest {
    pub fn get(address: Address) -> Self {
        Self {
            address,
            method: Method::Get,
            headers: Headers::default(),
            authorization: None,
            has_known_hash: false,
        }
    }

    pub fn head(address: Address) -> Self {
        Self { method: Method::Head, ..Self::get(address) }
    }

    /// Sends the fields of a form.
    pub fn post(address: Address, fields: &[(&str, &str)]) -> Self {
        let fields =
            fields.iter().map(|(name, value)| format!("{name}={}", percent_encoded(value)));
        let form = fields.collect::<Vec<_>>().join("&");
        Self { method: Method::Post { form }, ..Self::get(address) }
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push(name, value);
        self
    }

    /// Adds credentials. They are sent only to the server of the address.
    #[must_use]
    pub fn authorization(mut self, login: Option<String>) -> Self {
        self.authorization = login;
        self
    }

    /// Whether a redirect of it is followed.
    pub(super) fn is_repeatable(&self) -> bool {
        matches!(self.method, Method::Get | Method::Head)
    }
}
