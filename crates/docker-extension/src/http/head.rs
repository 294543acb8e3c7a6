//! The heads of HTTP messages: a request line or status line, and headers up to an empty line.
//!
//! Lines end with CR LF or, as RFC 9112 allows for recipients, with LF.

use std::fmt;
use std::io::{self, Read};

use httparse::{EMPTY_HEADER, Header, ParserConfig};

/// The maximum size of a head, in bytes.
const LARGEST: usize = 64 * 1024;
/// The maximum number of headers.
const MOST_HEADERS: usize = 100;

/// Headers, in the order of the message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// The first value of a header; the case of the name is ignored.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All values of a header that may be repeated.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, it)| it)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub fn push(&mut self, name: &str, value: &str) {
        self.0.push((name.to_owned(), value.to_owned()));
    }

    /// The headers, without those of these names.
    pub fn without(&self, names: &[&str]) -> Self {
        let is_kept = |(name, _): &&(String, String)| {
            !names.iter().any(|other| name.eq_ignore_ascii_case(other))
        };
        Self(self.0.iter().filter(is_kept).cloned().collect())
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Headers {
    fn from(list: [(&str, &str); N]) -> Self {
        let mut headers = Headers::default();
        list.into_iter().for_each(|(name, value)| headers.push(name, value));
        headers
    }
}

/// As they are sent, but without control characters, because a line break would start another header.
impl fmt::Display for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_sent = |c: &char| !c.is_ascii_control() || *c == '\t';
        self.iter().try_for_each(|(name, value)| {
            let line = format!("{name}: {value}");
            let line: String = line.chars().filter(is_sent).collect();
            write!(f, "{line}\r\n")
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestHead {
    /// In capitals.
    pub method: String,
    /// The path with the query.
    pub target: String,
    pub headers: Headers,
}

impl RequestHead {
    /// Parses the head of an untrusted request. `None` if this server does not accept it: the target must
    /// be a path, and no header may be repeated.
    pub fn parse(head: &[u8]) -> Option<Self> {
        let mut buffer = [EMPTY_HEADER; MOST_HEADERS];
        let mut parsed = httparse::Request::new(&mut buffer);
        if parsed.parse(head) != Ok(httparse::Status::Complete(head.len())) {
            return None;
        }
        // Otherwise the request is meant for a proxy, and names another host.
        let target = parsed.path.filter(|target| target.starts_with('/'))?;
        let mut headers = Headers::default();
        for Header { name, value } in parsed.headers {
            // Readers disagree about whether the first or the last value counts.
            if headers.get(name).is_some() {
                return None;
            }
            headers.push(name, str::from_utf8(value).ok()?);
        }
        Some(Self { method: parsed.method?.to_owned(), target: target.to_owned(), headers })
    }

    /// The path without the query.
    pub fn path(&self) -> &str {
        self.target.split(['?', '#']).next().unwrap_or_default()
    }
}

impl fmt::Display for RequestHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, target, headers } = self;
        write!(f, "{method} {target} HTTP/1.1\r\n{headers}\r\n")
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponseHead {
    /// Such as 200.
    pub status: u16,
    /// Such as `OK`; may be empty.
    pub reason: String,
    pub headers: Headers,
}

impl ResponseHead {
    /// Parses the head of a response, of any version of HTTP. As in browsers, lines that are not headers
    /// are ignored, because servers make mistakes.
    pub fn parse(head: &[u8]) -> Option<Self> {
        // `curl` prints heads of HTTP/2 and HTTP/3 like those of HTTP/1.1, except for the version.
        let version_end = head.iter().position(|&byte| byte == b' ')?;
        let (version, rest) = head.split_at(version_end);
        if !version.starts_with(b"HTTP/") {
            return None;
        }
        let head = [b"HTTP/1.1", rest].concat();
        let mut buffer = [EMPTY_HEADER; MOST_HEADERS];
        let mut parsed = httparse::Response::new(&mut buffer);
        let mut config = ParserConfig::default();
        config.ignore_invalid_headers_in_responses(true);
        let length = config.parse_response(&mut parsed, &head);
        if length != Ok(httparse::Status::Complete(head.len())) {
            return None;
        }
        let mut headers = Headers::default();
        for Header { name, value } in parsed.headers {
            headers.push(name, &String::from_utf8_lossy(value));
        }
        Some(Self { status: parsed.code?, reason: parsed.reason?.to_owned(), headers })
    }
}

impl fmt::Display for ResponseHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, reason, headers } = self;
        write!(f, "HTTP/1.1 {status} {reason}\r\n{headers}\r\n")
    }
}

/// The bytes are not HTTP, or the head exceeds the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the data is not HTTP")]
pub struct InvalidHead;

/// A head with its empty line, and the bytes after it.
type HeadAndRest = (Vec<u8>, Vec<u8>);

/// Separates the head from a message that arrives in pieces.
#[derive(Debug, Default)]
struct HeadCutter {
    bytes: Vec<u8>,
}

impl HeadCutter {
    /// Takes the next bytes. Returns `None` until the head is complete.
    fn push(&mut self, piece: &[u8]) -> Result<Option<HeadAndRest>, InvalidHead> {
        // The empty line may be split between two pieces.
        let from = self.bytes.len().saturating_sub(2);
        self.bytes.extend_from_slice(piece);
        match end_of_head(&self.bytes, from) {
            Some(end) if end <= LARGEST => {
                let rest = self.bytes.split_off(end);
                Ok(Some((std::mem::take(&mut self.bytes), rest)))
            }
            None if self.bytes.len() <= LARGEST => Ok(None),
            _ => Err(InvalidHead),
        }
    }
}

/// The end of the first empty line that follows a line break at or after `from`.
fn end_of_head(bytes: &[u8], from: usize) -> Option<usize> {
    let breaks = memchr::memchr_iter(b'\n', bytes.get(from..)?).map(|at| from + at + 1);
    breaks.into_iter().find_map(|start| {
        let line = bytes.get(start..)?;
        let ends: [&[u8]; 2] = [b"\n", b"\r\n"];
        ends.into_iter().find(|end| line.starts_with(end)).map(|end| start + end.len())
    })
}

/// # Errors
/// The stream fails or ends before the head does, or the head is too large.
pub fn read_head(stream: &mut impl Read) -> io::Result<HeadAndRest> {
    let mut cutter = HeadCutter::default();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer)?;
        let piece = buffer.get(..read).filter(|piece| !piece.is_empty());
        let piece = piece.ok_or(io::ErrorKind::UnexpectedEof)?;
        if let Some(cut) = cutter.push(piece).map_err(io::Error::other)? {
            return Ok(cut);
        }
    }
}

/// Separates the heads from a response that arrives in pieces: its own head, and those of interim
/// responses before it (such as "100 Continue").
#[derive(Debug, Default)]
pub struct ResponseReader {
    cutter: HeadCutter,
    head: Option<ResponseHead>,
}

impl ResponseReader {
    /// Takes the next bytes, and returns the content among them.
    ///
    /// # Errors
    /// The response is not HTTP.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<u8>, InvalidHead> {
        let mut bytes = bytes.to_owned();
        while self.head.is_none() {
            let Some((head, rest)) = self.cutter.push(&bytes)? else { return Ok(Vec::new()) };
            let head = ResponseHead::parse(&head).ok_or(InvalidHead)?;
            self.head = (head.status >= 200).then_some(head);
            bytes = rest;
        }
        Ok(bytes)
    }

    /// The head, if it is complete.
    pub fn finish(self) -> Option<ResponseHead> {
        self.head
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESPONSE: &[u8] =
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/2 401 \r\nWWW-Authenticate: Bearer\r\n\
                            www-authenticate:  Basic \r\n\r\nbody\r\n\r\nmore";

    #[test]
    fn the_head_is_separated_however_the_message_is_split() {
        for size in 1..RESPONSE.len() {
            let mut reader = ResponseReader::default();
            let mut body = Vec::new();
            for piece in RESPONSE.chunks(size) {
                body.extend(reader.push(piece).unwrap());
            }
            let head = reader.finish().unwrap();
            assert_eq!(head.status, 401);
            let values: Vec<_> = head.headers.all("WWW-authenticate").collect();
            assert_eq!(values, ["Bearer", "Basic"]);
            assert_eq!(body, b"body\r\n\r\nmore");
        }
    }

    #[test]
    fn bytes_that_are_not_http_are_rejected() {
        assert!(ResponseReader::default().push(b"SSH-2.0-x\n\n").is_err());
        let mut endless = ResponseReader::default();
        assert!((0..2_000).any(|_| endless.push(&[b'x'; 64]).is_err()));
        let large = [b"HTTP/1.1 200 OK\r\nx: ", &[b'x'; LARGEST][..], b"\r\n\r\n"].concat();
        assert!(ResponseReader::default().push(&large).is_err());
        assert!(read_head(&mut &large[..]).is_err());
        assert!(read_head(&mut &b"GET / HTTP/1.1\r\n"[..]).is_err());
    }

    #[test]
    fn a_head_ends_with_an_empty_line_however_the_message_is_split() {
        for (head, rest) in [
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "rest"),
            ("GET / HTTP/1.1\nHost: a\n\n", "\nrest"),
            ("GET / HTTP/1.1\nHost: a\n\r\n", "rest\n\n"),
            ("GET / HTTP/1.1\r\nHost: a\r\n\n", "\r\n\r\n"),
        ] {
            let bytes = [head, rest].concat().into_bytes();
            for cut in 1..bytes.len() {
                let mut pieces = bytes[..cut].chain(&bytes[cut..]);
                let (found, mut after) = read_head(&mut pieces).unwrap();
                pieces.read_to_end(&mut after).unwrap();
                assert_eq!(found, head.as_bytes());
                assert_eq!(after, rest.as_bytes());
                assert!(RequestHead::parse(&found).is_some());
            }
        }
    }

    #[test]
    fn a_request_with_a_repeated_header_is_rejected() {
        assert!(RequestHead::parse(b"GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n").is_none());
        let request = RequestHead::parse(b"GET /a?b HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        assert_eq!((request.path(), request.headers.get("HOST")), ("/a", Some("a")));
    }

    #[test]
    fn a_request_is_accepted_completely_or_not_at_all() {
        let taken = |head: &[u8]| RequestHead::parse(head).is_some();
        assert!(!taken(b"GET / HTTP/1.1\r\nHost: a\r\n"), "it does not end");
        assert!(
            !taken(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n"),
            "there are two requests"
        );
        assert!(!taken(b"GET http://a/ HTTP/1.1\r\n\r\n"), "it is meant for a proxy");
        assert!(!taken(b"GET / HTTP/1.1\r\nHost : a\r\n\r\n"), "a name has no space");
        assert!(!taken(b"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n"), "a value has one line");
        assert!(!taken(b"GET / HTTP/1.1\r\nHost: \xff\r\n\r\n"), "a value is UTF-8");
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(MOST_HEADERS + 1));
        assert!(!taken(many.as_bytes()), "it has too many headers");
    }

    #[test]
    fn a_response_is_parsed_although_its_server_makes_mistakes() {
        let head = b"HTTP/3 200\nno header\nBad Name: x\nX: \xff\n folded: y\nLocation: /a\n\n";
        let head = ResponseHead::parse(head).unwrap();
        let headers: Vec<_> = head.headers.iter().collect();
        assert_eq!((head.status, headers), (200, vec![("X", "\u{fffd}"), ("Location", "/a")]));
        assert_eq!(ResponseHead::parse(b"HTTP/1.1 OK\r\n\r\n"), None);
        assert_eq!(ResponseHead::parse(b"HTTP/1.1 20\r\n\r\n"), None);
    }

    #[test]
    fn a_head_is_written_as_it_was_parsed_and_a_value_can_not_add_a_header() {
        let headers = Headers::from([("Host", "a"), ("X-A", "b\r\nX-C: d")]);
        let request = RequestHead { method: "GET".into(), target: "/".into(), headers };
        assert_eq!(request.to_string(), "GET / HTTP/1.1\r\nHost: a\r\nX-A: bX-C: d\r\n\r\n");
        let headers = request.headers.without(&["x-a"]);
        let request = RequestHead { headers: headers.clone(), ..request };
        assert_eq!(RequestHead::parse(request.to_string().as_bytes()), Some(request));
        let response = ResponseHead { status: 404, reason: "Not Found".into(), headers };
        assert_eq!(response.to_string(), "HTTP/1.1 404 Not Found\r\nHost: a\r\n\r\n");
        assert_eq!(ResponseHead::parse(response.to_string().as_bytes()), Some(response));
    }
}
