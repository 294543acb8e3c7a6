//! A minimal server for browsers on the same machine: one request per connection, and one thread per
//! connection.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::head::{Headers, RequestHead, ResponseHead, read_head};

/// The maximum number of simultaneous connections. A browser opens six, and one for each websocket.
const MAX_CONNECTIONS: usize = 128;
/// The maximum time without a byte of the request.
const PATIENCE: Duration = Duration::from_secs(10);
/// The maximum size of the content of a request, in bytes.
const LARGEST_BODY: usize = 1024 * 1024;

/// A socket that is reachable only from this machine.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Binds a port; port 0 selects any free one.
    ///
    /// # Errors
    /// The port is in use.
    pub fn bind(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves requests on its own threads until `is_over`; `serve` gets a request, its content, and the
    /// connection for the response.
    pub fn start(
        self,
        is_over: impl Fn() -> bool + Send + 'static,
        serve: impl Fn(&RequestHead, &[u8], TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) {
        let serve = Arc::new(serve);
        let connections = Arc::new(AtomicUsize::new(0));
        thread::spawn(move || {
            // A connection that fails this early is the client's problem.
            for stream in self.listener.incoming().flatten() {
                if is_over() {
                    return;
                }
                let (serve, connections) = (Arc::clone(&serve), Arc::clone(&connections));
                if connections.fetch_add(1, Ordering::SeqCst) >= MAX_CONNECTIONS {
                    connections.fetch_sub(1, Ordering::SeqCst);
                    continue;
                }
                thread::spawn(move || {
                    // The client may disconnect at any time.
                    let _ = receive(stream, &*serve);
                    connections.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
    }
}

fn receive(
    mut stream: TcpStream,
    serve: &impl Fn(&RequestHead, &[u8], TcpStream) -> io::Result<()>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    match read_request(&mut stream) {
        Ok((request, body)) => serve(&request, &body, stream),
        Err(rejection) => {
            rejection.send(&mut stream, "GET")?;
            // Read the rest of the request, or the client might not get the response.
            stream.shutdown(Shutdown::Write)?;
            io::copy(&mut stream.take(2 * LARGEST_BODY as u64), &mut io::sink()).map(drop)
        }
    }
}

/// Reads a request and its content, or returns the response if it is invalid or too large.
fn read_request(stream: &mut TcpStream) -> Result<(RequestHead, Vec<u8>), ServerResponse> {
    let invalid = || ServerResponse::text(Status::BadRequest, "The request is invalid.");
    stream.set_read_timeout(Some(PATIENCE)).map_err(|_| invalid())?;
    let (head, rest) = read_head(stream).map_err(|_| invalid())?;
    let request = RequestHead::parse(&head).ok_or_else(invalid)?;
    let body = read_body(stream, &request.headers, rest)?;
    stream.set_read_timeout(None).map_err(|_| invalid())?;
    Ok((request, body))
}

fn read_body(
    stream: &mut impl Read,
    headers: &Headers,
    mut body: Vec<u8>,
) -> Result<Vec<u8>, ServerResponse> {
    let invalid = |text: &str| Err(ServerResponse::text(Status::BadRequest, text));
    if headers.get("transfer-encoding").is_some() {
        return invalid("The content of a request must have a length.");
    }
    let length = match headers.get("content-length").map(str::parse::<usize>) {
        None => 0,
        Some(Ok(length)) => length,
        Some(Err(_)) => return invalid("The content's length is not a number."),
    };
    if length > LARGEST_BODY {
        let text = "The content of the request is too large.";
        return Err(ServerResponse::text(Status::TooLarge, text));
    }
    let missing = length.saturating_sub(body.len());
    let complete = stream.take(missing as u64).read_to_end(&mut body);
    if complete.is_err() || body.len() != length {
        return invalid("The content is shorter than its `Content-Length`.");
    }
    Ok(body)
}

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
    fn code(self) -> u16 {
        match self {
            Status::Ok => 200,
            Status::BadRequest => 400,
            Status::Unauthorized => 401,
            Status::Forbidden => 403,
            Status::NotFound => 404,
            Status::MethodNotAllowed => 405,
            Status::TooLarge => 413,
            Status::Misdirected => 421,
            Status::BadGateway => 502,
            Status::Unavailable => 503,
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Status::Ok => "OK",
            Status::BadRequest => "Bad Request",
            Status::Unauthorized => "Unauthorized",
            Status::Forbidden => "Forbidden",
            Status::NotFound => "Not Found",
            Status::MethodNotAllowed => "Method Not Allowed",
            Status::TooLarge => "Content Too Large",
            Status::Misdirected => "Misdirected Request",
            Status::BadGateway => "Bad Gateway",
            Status::Unavailable => "Service Unavailable",
        }
    }
}

/// A complete response.
#[derive(Clone, Debug)]
pub struct ServerResponse {
    status: Status,
    content_type: String,
    body: Vec<u8>,
}

impl ServerResponse {
    pub fn new(status: Status, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, content_type: content_type.to_owned(), body: body.into() }
    }

    /// A response with a sentence for the user.
    pub fn text(status: Status, text: impl Into<String>) -> Self {
        Self::new(status, "text/plain; charset=utf-8", text.into())
    }

    /// Sends the response to a request with that method; without the content for `HEAD`.
    ///
    /// # Errors
    /// The client has disconnected.
    pub fn send(&self, stream: &mut impl Write, method: &str) -> io::Result<()> {
        let mut head = head(self.status, &self.content_type);
        head.headers.push("Content-Length", &self.body.len().to_string());
        stream.write_all(head.to_string().as_bytes())?;
        if method != "HEAD" {
            stream.write_all(&self.body)?;
        }
        stream.flush()
    }
}

/// Starts a response that ends with the connection.
///
/// # Errors
/// The client has disconnected.
pub fn begin_stream(stream: &mut impl Write, content_type: &str) -> io::Result<()> {
    stream.write_all(head(Status::Ok, content_type).to_string().as_bytes())?;
    stream.flush()
}

/// Keeps other sites from reading responses or showing them in a frame, and browsers from caching them.
fn head(status: Status, content_type: &str) -> ResponseHead {
    let headers = Headers::from([
        ("Connection", "close"),
        ("Content-Type", content_type),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ]);
    ResponseHead { status: status.code(), reason: status.reason().to_owned(), headers }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The response of a server that echoes the content, to a request that is sent in these pieces.
    fn respond(request: &[u8]) -> String {
        let server = Server::bind(0).unwrap();
        let mut stream = TcpStream::connect(server.address()).unwrap();
        server.start(
            || false,
            |request, body, mut stream| {
                ServerResponse::new(Status::Ok, "text/plain", body)
                    .send(&mut stream, &request.method)
            },
        );
        stream.write_all(request).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }

    #[test]
    fn a_request_with_content_is_served() {
        let post = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nwhat";
        let response = respond(post);
        assert!(response.starts_with("HTTP/1.1 200 OK\r\nConnection: close\r\n"), "{response}");
        assert!(response.ends_with("\r\nContent-Length: 4\r\n\r\nwhat"), "{response}");
        let head = respond(b"HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nwhat");
        assert!(head.ends_with("\r\nContent-Length: 4\r\n\r\n"), "{head}");
    }

    #[test]
    fn a_request_whose_content_has_no_clear_end_is_rejected() {
        for (headers, status) in [
            ("Transfer-Encoding: chunked", "400 Bad Request"),
            ("Content-Length: 5", "400 Bad Request"),
            ("Content-Length: 3", "400 Bad Request"),
            ("Content-Length: -4", "400 Bad Request"),
            ("Content-Length: 4\r\nContent-Length: 4", "400 Bad Request"),
            ("Content-Length: 1048577", "413 Content Too Large"),
        ] {
            let response = respond(format!("POST / HTTP/1.1\r\n{headers}\r\n\r\nwhat").as_bytes());
            assert!(response.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{response}");
        }
        assert!(respond(b"what").starts_with("HTTP/1.1 400"));
    }
}
