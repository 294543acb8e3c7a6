//! Who may ask the preview for anything. It runs programs on this machine, so no page but its own
//! may reach it, from whatever site, and no program that does not know the session's token.

use std::io;

use camino::Utf8Path;

use super::http::{Request, Response, Status};
use crate::text;

/// The header in which the page shows the token.
const TOKEN_HEADER: &str = "X-Preview-Token";

/// A secret of this session, known to who opens the address that the terminal shows.
#[derive(Clone, Debug)]
pub struct Token(String);

impl Token {
    /// A new one, of 32 random bytes.
    ///
    /// # Errors
    /// The operating system has no random bytes.
    pub fn new() -> io::Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(text::hex(&bytes)))
    }

    /// In hexadecimal.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes the same time wherever a wrong one differs.
    fn is(&self, shown: &str) -> bool {
        let pairs = self.0.bytes().zip(shown.bytes());
        shown.len() == self.0.len() && pairs.fold(0, |all, (a, b)| all | (a ^ b)) == 0
    }
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is for another host: a name that somebody has made to lead here.
    Host,
    /// A page of another origin asks.
    Origin,
    /// It shows no token, or not this session's.
    Token,
}

/// What is asked of every request.
#[derive(Clone, Debug)]
pub struct Guard {
    host: String,
    origin: String,
    token: Token,
}

impl Guard {
    /// For the server at `host`, an address with its port.
    pub fn new(host: String, token: Token) -> Self {
        Self { origin: format!("http://{host}"), host, token }
    }

    /// Where the page `entry` is. The token stands where browsers neither send it nor pass it on.
    pub fn address(&self, entry: &Utf8Path) -> String {
        let path = if entry == "index.html" { "" } else { entry.as_str() };
        format!("{}/{path}#token={}", self.origin, self.token.as_str())
    }

    /// Whether our own page asks, or a person or program that no page has led here.
    ///
    /// # Errors
    /// Why it is to be refused.
    pub fn check(&self, request: &Request) -> Result<(), Refusal> {
        if request.headers.get("host") != Some(&self.host) {
            return Err(Refusal::Host);
        }
        if request.headers.get("origin").is_some_and(|origin| origin != self.origin) {
            return Err(Refusal::Origin);
        }
        // Browsers tell it of all requests, those without an Origin too.
        match request.headers.get("sec-fetch-site") {
            None | Some("same-origin" | "none") => Ok(()),
            Some(_) => Err(Refusal::Origin),
        }
    }

    /// Whether it also knows the token, for all that runs a program or tells what one says.
    ///
    /// # Errors
    /// It does not.
    pub fn check_token(&self, request: &Request) -> Result<(), Refusal> {
        match request.headers.get(TOKEN_HEADER) {
            Some(token) if self.token.is(token) => Ok(()),
            _ => Err(Refusal::Token),
        }
    }

    /// What a refused request is answered.
    pub fn refuse(&self, refusal: Refusal) -> Response {
        match refusal {
            Refusal::Host => Response::text(
                Status::Misdirected,
                format!("The preview is at {} alone.", self.origin),
            ),
            Refusal::Origin => Response::text(
                Status::Forbidden,
                "The preview can't be reached from other pages. Open the address that \
                 `cargo xtask preview` shows in the terminal.",
            ),
            Refusal::Token => Response::text(
                Status::Unauthorized,
                "This page does not belong to the preview that runs now. Open the address that \
                 `cargo xtask preview` shows in the terminal.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_token_is_right_but_the_own_one() {
        let token = Token::new().unwrap();
        assert!(token.is(token.as_str()));
        assert!(!token.is(""));
        assert!(!token.is(&token.as_str()[1..]));
        assert!(!token.is(&format!("{}0", token.as_str())));
        assert!(!token.is(Token::new().unwrap().as_str()));
    }
}
