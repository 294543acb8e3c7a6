//! As much of HTTP/1.1 as a browser on the same machine needs: one request a connection.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// How long a request may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many bytes a request's or response's head may have.
const MAX_HEAD: usize = 64 * 1024;
/// How many headers.
const MAX_HEADERS: usize = 100;
/// How many bytes a request's body may have.
const MAX_BODY: usize = 1024 * 1024;

/// A request, without its body.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method, in capitals.
    pub method: String,
    /// The path, with the query.
    pub target: String,
    /// The headers.
    pub headers: Headers,
}

impl Request {
    /// The path, without the query.
    pub fn path(&self) -> &str {
        self.target.split(['?', '#']).next().unwrap_or_default()
    }
}

/// Headers, none of them twice.
#[derive(Clone, Debug, Default)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// The value of the header `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(other, _)| other.eq_ignore_ascii_case(name))?;
        Some(value)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn parse(parsed: &[httparse::Header<'_>]) -> Option<Self> {
        let mut headers = Headers::default();
        for header in parsed {
            let value = str::from_utf8(header.value).ok()?;
            // Whoever reads the first of two and whoever reads the last would not agree.
            if headers.get(header.name).is_some() {
                return None;
            }
            headers.0.push((header.name.to_owned(), value.to_owned()));
        }
        Some(headers)
    }
}

/// Reads a request, which has to arrive at once.
///
/// # Errors
/// What to answer where it is none, or is too large.
pub fn read_request(stream: &mut TcpStream) -> Result<(Request, Vec<u8>), Response> {
    let wrong = |_| Response::text(Status::BadRequest, "This is not a request.");
    stream.set_read_timeout(Some(PATIENCE)).map_err(wrong)?;
    let (head, rest) = read_head(stream).map_err(wrong)?;
    let request = parse_request(&head)
        .ok_or_else(|| Response::text(Status::BadRequest, "This is not a request."))?;
    let body = read_body(stream, &request.headers, rest)?;
    stream.set_read_timeout(None).map_err(wrong)?;
    Ok((request, body))
}

/// Reads up to the empty line that ends a head, and returns what came after it, too.
pub fn read_head(stream: &mut impl Read) -> io::Result<(Vec<u8>, Vec<u8>)> {
    const END: &[u8] = b"\r\n\r\n";
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer)?;
        if read == 0 || bytes.len() > MAX_HEAD {
            return Err(io::ErrorKind::InvalidData.into());
        }
        // The end may be cut in two.
        let from = bytes.len().saturating_sub(END.len() - 1);
        bytes.extend_from_slice(&buffer[..read]);
        if let Some(at) = bytes[from..].windows(END.len()).position(|window| window == END) {
            let rest = bytes.split_off(from + at + END.len());
            return Ok((bytes, rest));
        }
    }
}

/// The request whose head this is; `None` where it is none that the preview takes.
pub fn parse_request(head: &[u8]) -> Option<Request> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    if !parsed.parse(head).is_ok_and(|status| status.is_complete()) {
        return None;
    }
    // Else it is meant for a proxy, and names a host of its own.
    let target = parsed.path.filter(|target| target.starts_with('/'))?;
    Some(Request {
        method: parsed.method?.to_owned(),
        target: target.to_owned(),
        headers: Headers::parse(parsed.headers)?,
    })
}

/// The status and the headers in the head of a response.
pub fn parse_response(head: &[u8]) -> Option<(u16, Headers)> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Response::new(&mut headers);
    if !parsed.parse(head).is_ok_and(|status| status.is_complete()) {
        return None;
    }
    let mut found = Headers::default();
    for header in parsed.headers {
        found.0.push((header.name.to_owned(), str::from_utf8(header.value).ok()?.to_owned()));
    }
    Some((parsed.code?, found))
}

fn read_body(
    stream: &mut impl Read,
    headers: &Headers,
    mut body: Vec<u8>,
) -> Result<Vec<u8>, Response> {
    if headers.get("transfer-encoding").is_some() {
        return Err(Response::text(Status::BadRequest, "A request's body must have a length."));
    }
    let length = match headers.get("content-length").map(str::parse::<usize>) {
        None => 0,
        Some(Ok(length)) => length,
        Some(Err(_)) => {
            return Err(Response::text(Status::BadRequest, "The body's length is no number."));
        }
    };
    if length > MAX_BODY {
        return Err(Response::text(Status::TooLarge, "The request's body is too large."));
    }
    let missing = length.saturating_sub(body.len());
    let complete = stream.take(missing as u64).read_to_end(&mut body);
    if complete.is_err() || body.len() != length {
        return Err(Response::text(Status::BadRequest, "The body has another length."));
    }
    Ok(body)
}

/// The body of a response whose headers are known, of which `body` was read already.
///
/// # Errors
/// The body is not as the headers say.
pub fn read_response_body(
    stream: &mut impl Read,
    headers: &Headers,
    mut body: Vec<u8>,
) -> io::Result<Vec<u8>> {
    if headers.get("transfer-encoding").is_some_and(|value| value.contains("chunked")) {
        stream.read_to_end(&mut body)?;
        return join_chunks(&body).ok_or_else(|| io::ErrorKind::InvalidData.into());
    }
    match headers.get("content-length").and_then(|value| value.parse::<usize>().ok()) {
        Some(length) => {
            let missing = length.saturating_sub(body.len());
            stream.take(missing as u64).read_to_end(&mut body)?;
        }
        None => {
            stream.read_to_end(&mut body)?;
        }
    }
    Ok(body)
}

fn join_chunks(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut joined = Vec::new();
    loop {
        let Ok(httparse::Status::Complete((begin, size))) = httparse::parse_chunk_size(bytes)
        else {
            return None;
        };
        if size == 0 {
            return Some(joined);
        }
        let end = begin.checked_add(usize::try_from(size).ok()?)?;
        joined.extend_from_slice(bytes.get(begin..end)?);
        bytes = bytes.get(end..)?.strip_prefix(b"\r\n")?;
    }
}

/// How a request was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Ok,
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    TooLarge,
    Misdirected,
    BadGateway,
    Unavailable,
}

impl Status {
    fn line(self) -> &'static str {
        match self {
            Status::Ok => "200 OK",
            Status::BadRequest => "400 Bad Request",
            Status::Unauthorized => "401 Unauthorized",
            Status::Forbidden => "403 Forbidden",
            Status::NotFound => "404 Not Found",
            Status::MethodNotAllowed => "405 Method Not Allowed",
            Status::TooLarge => "413 Content Too Large",
            Status::Misdirected => "421 Misdirected Request",
            Status::BadGateway => "502 Bad Gateway",
            Status::Unavailable => "503 Service Unavailable",
        }
    }
}

/// A whole response.
#[derive(Clone, Debug)]
pub struct Response {
    status: Status,
    content_type: String,
    body: Vec<u8>,
}

impl Response {
    /// A response of a media type.
    pub fn new(status: Status, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, content_type: content_type.to_owned(), body: body.into() }
    }

    /// One for people.
    pub fn text(status: Status, text: impl Into<String>) -> Self {
        Self::new(status, "text/plain; charset=utf-8", text.into())
    }

    /// Sends it, without the body where that was not asked for.
    ///
    /// # Errors
    /// The other side is gone.
    pub fn send(&self, stream: &mut impl Write, method: &str) -> io::Result<()> {
        let mut head = head(self.status, &self.content_type);
        let _ = write!(head, "Content-Length: {}\r\n\r\n", self.body.len());
        stream.write_all(head.as_bytes())?;
        if method != "HEAD" {
            stream.write_all(&self.body)?;
        }
        stream.flush()
    }
}

/// Reads what is left of a request that was answered too early: else the answer might get lost.
///
/// # Errors
/// The other side is gone.
pub fn drain(stream: &mut TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    io::copy(&mut stream.take(2 * MAX_BODY as u64), &mut io::sink()).map(drop)
}

/// Begins a response that ends with the connection.
///
/// # Errors
/// The other side is gone.
pub fn begin_stream(stream: &mut impl Write, content_type: &str) -> io::Result<()> {
    stream.write_all(format!("{}\r\n", head(Status::Ok, content_type)).as_bytes())?;
    stream.flush()
}

/// Nothing of this server is for pages of others, to be shown in a frame, or to be kept.
fn head(status: Status, content_type: &str) -> String {
    format!(
        "HTTP/1.1 {}\r\nConnection: close\r\nContent-Type: {content_type}\r\n\
         Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\
         X-Frame-Options: DENY\r\nCross-Origin-Resource-Policy: same-origin\r\n",
        status.line()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_with_an_empty_line_wherever_it_was_cut() {
        let bytes = b"GET / HTTP/1.1\r\nHost: a\r\n\r\nrest";
        for cut in 1..bytes.len() {
            let mut pieces = bytes[..cut].chain(&bytes[cut..]);
            let (head, mut rest) = read_head(&mut pieces).unwrap();
            pieces.read_to_end(&mut rest).unwrap();
            assert_eq!(head, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            assert_eq!(rest, b"rest");
        }
    }

    #[test]
    fn a_request_with_a_header_twice_is_none() {
        assert!(parse_request(b"GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n").is_none());
        let request = parse_request(b"GET /a?b HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        assert_eq!((request.path(), request.headers.get("HOST")), ("/a", Some("a")));
    }

    #[test]
    fn chunks_are_joined_and_nothing_else_is() {
        assert_eq!(join_chunks(b"3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n").unwrap(), b"abcd");
        assert_eq!(join_chunks(b"3\r\nab"), None);
        assert_eq!(join_chunks(b"ffffffffffffffff\r\nab\r\n"), None);
    }
}
