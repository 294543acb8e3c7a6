//! Web addresses, with the operations that are needed to follow redirects safely.

use std::fmt;
use std::str::FromStr;

/// An absolute `http` or `https` address without credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    scheme: Scheme,
    /// Host and port, in lower case.
    authority: String,
    /// Path and query, starting with `/`.
    rest: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

/// Why a text is not an absolute `http` or `https` address without credentials: a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidAddress(&'static str);

impl Address {
    /// Host and port, in the spelling of the address.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// Whether the host is this machine.
    pub fn is_local(&self) -> bool {
        is_local(&self.authority)
    }

    /// Whether credentials for the other address may be sent to this one.
    pub fn is_same_origin(&self, other: &Address) -> bool {
        (self.scheme, &self.authority) == (other.scheme, &other.authority)
    }

    /// Resolves `reference`, from a page or a response at this address.
    ///
    /// # Errors
    /// The result is not a valid HTTP address.
    pub fn join(&self, reference: &str) -> Result<Address, InvalidAddress> {
        let scheme = self.scheme.name();
        let path = self.rest.split('?').next().unwrap_or_default();
        let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
        let has_scheme = reference.split_once(':').is_some_and(|(scheme, _)| {
            scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
        });
        let authority = &self.authority;
        if has_scheme {
            reference.parse()
        } else if reference.starts_with("//") {
            format!("{scheme}:{reference}").parse()
        } else if reference.starts_with('/') {
            format!("{scheme}://{authority}{reference}").parse()
        } else if reference.starts_with('?') {
            format!("{scheme}://{authority}{path}{reference}").parse()
        } else {
            format!("{scheme}://{authority}{directory}/{reference}").parse()
        }
    }

    /// Adds a parameter to the query.
    pub fn with_parameter(mut self, name: &str, value: &str) -> Self {
        let separator = if self.rest.contains('?') { '&' } else { '?' };
        self.rest = format!("{}{separator}{name}={}", self.rest, percent_encoded(value));
        self
    }
}

/// Whether a host, with or without a port, is this machine.
pub fn is_local(authority: &str) -> bool {
    let host = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => authority.split_once(':').map_or(authority, |(host, _)| host),
    };
    match host.parse::<std::net::IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

/// A character in a path or query; characters outside of ASCII are encoded as their bytes.
fn ascii(character: char) -> String {
    if character.is_ascii() {
        return character.to_string();
    }
    percent_encoded(character.encode_utf8(&mut [0; 4]))
}

/// A text, encoded for a query or a form.
pub fn percent_encoded(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if is_plain(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded += &format!("%{byte:02X}");
        }
        encoded
    })
}

/// Decodes `%41` and the like; `None` if the result is not UTF-8, or a `%` is not followed by two digits.
pub fn percent_decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = path.as_bytes().iter().copied();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || char::from(rest.next()?).to_digit(16);
            let (high, low) = (digit()?, digit()?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

impl Scheme {
    fn name(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }
}

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = |reason| Err(InvalidAddress(reason));
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return invalid("it contains a space or a control character");
        }
        let (scheme, rest) =
            text.split_once("://").ok_or(InvalidAddress("it is not an address"))?;
        let scheme = [Scheme::Http, Scheme::Https]
            .into_iter()
            .find(|known| scheme.eq_ignore_ascii_case(known.name()))
            .ok_or(InvalidAddress("it does not start with `https://` or `http://`"))?;
        let rest = rest.split('#').next().unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        if authority.contains('@') {
            return invalid("it contains credentials");
        }
        let host = authority.trim_end_matches(|c: char| c.is_ascii_digit() || c == ':');
        if host.is_empty() && !authority.starts_with(|c: char| c.is_ascii_digit())
            || authority.contains('\\')
        {
            return invalid("it does not contain a host");
        }
        let slash = if rest.starts_with('/') { "" } else { "/" };
        let authority = authority.to_lowercase();
        // Encoded like in browsers, because servers may not understand it otherwise.
        let rest: String = rest.chars().map(ascii).collect();
        Ok(Self { scheme, authority, rest: format!("{slash}{rest}") })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme.name(), self.authority, self.rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    #[test]
    fn missing_parts_of_an_address_are_filled_in() {
        assert_eq!(address("HTTPS://Example.com").to_string(), "https://example.com/");
        assert_eq!(address("http://a:80?x#y").to_string(), "http://a:80/?x");
        assert_eq!(address("https://a/b%20ü?ß").to_string(), "https://a/b%20%C3%BC?%C3%9F");
        assert_eq!(address("http://127.0.0.1:5000/v2/").authority(), "127.0.0.1:5000");
        for text in ["ftp://a/", "a/b", "https:///b", "https://u:p@a/", "https://a/b c", "", "x:"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn references_are_resolved_as_in_browsers() {
        let join = |reference: &str| {
            address("https://a.example/b/c?d").join(reference).map(|address| address.to_string())
        };
        assert_eq!(join("http://x/y"), Ok("http://x/y".into()));
        assert_eq!(join("//x/y"), Ok("https://x/y".into()));
        assert_eq!(join("/y"), Ok("https://a.example/y".into()));
        assert_eq!(join("y"), Ok("https://a.example/b/y".into()));
        assert_eq!(join("?y"), Ok("https://a.example/b/c?y".into()));
        assert!(join("file:///etc/passwd").is_err());
    }

    #[test]
    fn decoding_reverses_percent_encoding() {
        let text = "a b/ü?%&";
        assert_eq!(percent_encoded(text), "a%20b%2F%C3%BC%3F%25%26");
        assert_eq!(percent_decoded(&percent_encoded(text)).as_deref(), Some(text));
        for text in ["%", "%4", "%zz", "%ff"] {
            assert_eq!(percent_decoded(text), None, "{text}");
        }
    }

    #[test]
    fn this_machine_is_distinguished_from_others() {
        for host in ["localhost", "localhost:5000", "127.0.0.1:5000", "127.1.2.3", "[::1]:5000"] {
            assert!(is_local(host), "{host}");
        }
        for host in ["localhost.example.com", "128.0.0.1", "127.example.com", "[::2]:1", "::"] {
            assert!(!is_local(host), "{host}");
        }
    }
}
