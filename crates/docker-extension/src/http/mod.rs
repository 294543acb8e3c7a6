//! HTTP, by the program `curl`, which macOS, Windows and nearly every Linux machine bring. A client
//! of our own would make everyone compile an implementation of TLS, with its C, before the first
//! run.
//!
//! `curl` does one exchange at a time; what is decided between two is decided here: which redirect
//! is followed, who gets to see a login, when it is tried again.

use std::fs::File;
use std::io::{self, Write};
use std::thread;
use std::time::{Duration, Instant};

use crate::files;
use crate::interrupt::{self, Interrupted};
use crate::{process, text};

mod address;
mod curl;
mod head;

pub use address::{Address, InvalidAddress, is_local, percent_encoded};
pub use head::{Head, HeadReader};

/// How many redirects are followed.
const REDIRECTS: usize = 10;
/// How long is waited before it is tried again, each time.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_millis(1500)];
/// How long a server may ask to wait instead.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A request could not be answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no `curl`, or it can't be run.
    #[error(transparent)]
    Client(process::ProcessError),
    /// There is no way to the server.
    #[error("{host} can't be reached: {reason}")]
    Unreachable {
        /// Host and port.
        host: String,
        /// What `curl` says.
        reason: String,
    },
    /// The server is not who it should be, or does not speak TLS.
    #[error("there is no safe connection to {host}: {reason}")]
    Tls {
        /// Host and port.
        host: String,
        /// What `curl` says.
        reason: String,
    },
    /// The connection ended before the answer did.
    #[error("the connection to {host} broke: {reason}")]
    Cut {
        /// Host and port.
        host: String,
        /// What `curl` says.
        reason: String,
    },
    /// The server does not speak HTTP.
    #[error("the answer is no HTTP")]
    NotHttp,
    /// The answer is longer than it may be.
    #[error("the answer has more than {}", text::size(*.0))]
    TooLarge(u64),
    /// The server sends one on and on.
    #[error("more than {REDIRECTS} redirects lead away from {0}")]
    Redirects(Address),
    /// A redirect leads to nothing that can be asked.
    #[error("a redirect leads to `{to}`: {source}")]
    Redirect {
        /// Where to.
        to: String,
        /// What is wrong with it.
        source: InvalidAddress,
    },
    /// Everybody on the way could read it, and answer in the server's place.
    #[error("`{0}` is not encrypted")]
    Insecure(Address),
    /// The answer can't be written to the disk.
    #[error(transparent)]
    Files(#[from] files::Error),
    /// The person pressed Ctrl-C.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl Error {
    /// What the person can do.
    pub fn help(&self) -> Option<String> {
        match self {
            Error::Client(process::ProcessError::NotFound { .. }) => Some("install `curl`".into()),
            Error::Unreachable { .. } | Error::Cut { .. } => Some(
                "check the address and the network; a proxy is named by the variable `HTTPS_PROXY`"
                    .into(),
            ),
            Error::Tls { .. } => Some(
                "check the address; certificates that your machine does not know are named by the \
                 variable `CURL_CA_BUNDLE`"
                    .into(),
            ),
            Error::Files(error) => error.advice().map(str::to_owned),
            _ => None,
        }
    }

    fn may_pass(&self) -> bool {
        matches!(self, Error::Unreachable { .. } | Error::Cut { .. })
    }
}

/// What a server is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    address: Address,
    method: Method,
    headers: Vec<String>,
    authorization: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Method {
    Get,
    Head,
    Post { form: String },
}

/// What a server answers; that it refuses is an answer, too.
#[derive(Debug)]
pub struct Response<B> {
    /// Status and headers.
    pub head: Head,
    /// Who answered in the end, after all redirects.
    pub address: Address,
    /// The content.
    pub body: B,
}

impl Request {
    /// Asks for what is at an address.
    pub fn get(address: Address) -> Self {
        Self { address, method: Method::Get, headers: Vec::new(), authorization: None }
    }

    /// Asks for the headers alone of what is at an address.
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

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push(format!("{name}: {value}"));
        self
    }

    /// Adds a login. No other server than that of the address will see it.
    #[must_use]
    pub fn authorization(mut self, login: Option<String>) -> Self {
        self.authorization = login;
        self
    }

    /// Sends it, and reads an answer of at most `limit` bytes into memory.
    ///
    /// # Errors
    /// There is no answer, or it is too large.
    pub fn send(&self, limit: u64) -> Result<Response<Vec<u8>>, Error> {
        self.send_to(limit, Some(curl::PATIENCE), || Ok(Vec::new()))
    }

    /// Sends it, and reads an answer of at most `limit` bytes into a temporary file without a name.
    ///
    /// # Errors
    /// There is no answer, or it is too large, or can't be written.
    pub fn download(&self, limit: u64) -> Result<Response<File>, Error> {
        self.send_to(limit, None, files::temporary)
    }

    fn send_to<B: Write>(
        &self,
        limit: u64,
        patience: Option<Duration>,
        body: impl Fn() -> files::Result<B>,
    ) -> Result<Response<B>, Error> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let outcome = self.follow(limit, patience, &body);
            let pause = match &outcome {
                Ok(answer) if matches!(answer.head.status, 429 | 500..=599) => {
                    Some(asked_pause(&answer.head))
                }
                Err(error) if error.may_pass() => Some(None),
                _ => None,
            };
            match (pause, pauses.next()) {
                (Some(asked), Some(usual)) => rest(asked.unwrap_or(usual))?,
                _ => return outcome,
            }
        }
    }

    /// Sends it, and follows redirects.
    fn follow<B: Write>(
        &self,
        limit: u64,
        patience: Option<Duration>,
        body: impl Fn() -> files::Result<B>,
    ) -> Result<Response<B>, Error> {
        let mut request = self.clone();
        for _ in 0..=REDIRECTS {
            let address = request.address.clone();
            // Who trusts this machine by asking it does not trust it by being sent there.
            if !(address.is_https() || address.is_local() && self.address.is_local()) {
                return Err(Error::Insecure(address));
            }
            let mut body = body()?;
            let head = curl::exchange(&request, limit, patience, &mut body)?;
            let location = head.value("location").filter(|_| {
                matches!(head.status, 301 | 302 | 303 | 307 | 308) && request.is_repeatable()
            });
            let Some(to) = location else { return Ok(Response { head, address, body }) };
            let next = address.join(to);
            request.address =
                next.map_err(|source| Error::Redirect { to: to.to_owned(), source })?;
            if !request.address.is_same_origin(&self.address) {
                request.authorization = None;
            }
        }
        Err(Error::Redirects(self.address.clone()))
    }

    fn is_repeatable(&self) -> bool {
        matches!(self.method, Method::Get | Method::Head)
    }
}

fn asked_pause(head: &Head) -> Option<Duration> {
    let seconds = head.value("retry-after")?.parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_PAUSE))
}

fn rest(pause: Duration) -> Result<(), Interrupted> {
    let end = Instant::now() + pause;
    while Instant::now() < end {
        interrupt::check()?;
        thread::sleep(Duration::from_millis(50).min(pause));
    }
    Ok(())
}

/// An error of writing the answer.
fn write_error(error: io::Error) -> Error {
    files::error("write", "a temporary file", error).into()
}
