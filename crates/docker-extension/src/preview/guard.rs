//! Decides which requests the preview accepts. The preview runs programs on this machine, so it rejects
//! requests from pages of every other origin, and requests without the session's token.

use std::io;

use crate::error::{Error, Result};
use crate::http::{RequestHead, ServerResponse, Status};
use crate::page_reference::PageReference;
use crate::text;

/// The header in which the page sends the token.
const TOKEN_HEADER: &str = "X-Preview-Token";

/// A secret of this session. The address that the terminal shows contains it.
#[derive(Clone, Debug)]
struct SessionToken(String);

impl SessionToken {
    /// Compares in constant time.
    fn is(&self, other: &str) -> bool {
        let pairs = self.0.bytes().zip(other.bytes());
        other.len() == self.0.len() && pairs.fold(0, |all, (a, b)| all | (a ^ b)) == 0
    }
}

/// 32 random bytes, in hexadecimal.
///
/// # Errors
/// The operating system has no random bytes.
pub fn random() -> io::Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(text::hex(&bytes))
}

/// Why a request is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestRejection {
    /// The Host header is not the preview's address (DNS rebinding).
    Host,
    /// It comes from a page of another origin.
    Origin,
    /// The token is missing or wrong.
    Token,
}

/// Checks every request.
#[derive(Clone, Debug)]
pub struct Guard {
    host: String,
    origin: String,
    token: SessionToken,
}

impl Guard {
    /// Creates a guard with a new token for the server at `host`, which is an address with a port.
    ///
    /// # Errors
    /// The operating system has no random bytes.
    pub fn new(host: &str) -> Result<Self> {
        let token = random().map_err(|error| Error::new("can't create a token").because(error))?;
        let (host, origin) = (host.to_owned(), format!("http://{host}"));
        Ok(Self { host, origin, token: SessionToken(token) })
    }

    /// The URL of the page `entry`. The token is in the fragment, which browsers don't send, before the fragment
    /// of the page itself.
    pub fn address(&self, entry: &PageReference) -> String {
        let (path, fragment) = entry.without_fragment();
        let path = if path == "index.html" { "" } else { path };
        format!("{}/{path}#token={}{fragment}", self.origin, self.token.0)
    }

    /// Accepts requests from the preview's own page, and requests that no page has caused.
    ///
    /// # Errors
    /// The reason to reject the request.
    pub fn check(&self, request: &RequestHead) -> Result<(), RequestRejection> {
        if request.headers.get("host") != Some(&self.host) {
            return Err(RequestRejection::Host);
        }
        if request.headers.get("origin").is_some_and(|origin| origin != self.origin) {
            return Err(RequestRejection::Origin);
        }
        // Browsers send it with every request, also with those that have no Origin.
        match request.headers.get("sec-fetch-site") {
            None | Some("same-origin" | "none") => Ok(()),
            Some(_) => Err(RequestRejection::Origin),
        }
    }

    /// Requires the token. It protects everything that runs a program or returns its output.
    ///
    /// # Errors
    /// The token is missing or wrong.
    pub fn check_token(&self, request: &RequestHead) -> Result<(), RequestRejection> {
        match request.headers.get(TOKEN_HEADER) {
            Some(token) if self.token.is(token) => Ok(()),
            _ => Err(RequestRejection::Token),
        }
    }

    pub fn reject(&self, rejection: RequestRejection) -> ServerResponse {
        match rejection {
            RequestRejection::Host => ServerResponse::text(
                Status::Misdirected,
                format!("The preview is available only at {}.", self.origin),
            ),
            RequestRejection::Origin => ServerResponse::text(
                Status::Forbidden,
                "The preview rejects requests from other pages. Open the address that \
                 `cargo xtask preview` shows in the terminal.",
            ),
            RequestRejection::Token => ServerResponse::text(
                Status::Unauthorized,
                "The token of this page is missing or invalid. Open the address that \
                 `cargo xtask preview` shows in the terminal.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_keeps_the_query_and_the_fragment_of_the_page() {
        let guard = Guard::new("127.0.0.1:1").unwrap();
        let address = |entry: &str| {
            let address = guard.address(&entry.parse().unwrap());
            address.replace(&guard.token.0, "TOKEN")
        };
        assert_eq!(address("index.html"), "http://127.0.0.1:1/#token=TOKEN");
        assert_eq!(address("index.html#/home"), "http://127.0.0.1:1/#token=TOKEN#/home");
        assert_eq!(address("a.html?v=1#b"), "http://127.0.0.1:1/a.html?v=1#token=TOKEN#b");
    }

    #[test]
    fn a_token_equals_only_itself() {
        let token = SessionToken(random().unwrap());
        assert!(token.is(&token.0));
        assert!(!token.is(""));
        assert!(!token.is(&token.0[1..]));
        assert!(!token.is(&format!("{}0", token.0)));
        assert!(!token.is(&random().unwrap()));
    }
}
