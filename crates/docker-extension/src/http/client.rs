//! An HTTP client based on the program `curl`, which macOS, Windows and nearly every Linux machine have.
//! A client in Rust would make every author compile a TLS implementation, including C code.
//!
//! Each call of `curl` makes one exchange. This module decides what happens between exchanges: which
//! redirects are followed, which server gets the credentials, and when a request is repeated.

use std::fs::File;
use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use camino::Utf8Path;

use super::address::{Address, InvalidAddress};
use super::head::ResponseHead;
use crate::error::{Error, Result};
use crate::files;
use crate::interrupt::{self, Interrupted};
use crate::oci::Digest;

mod curl;
mod error;
mod request;

pub use error::HttpError;
pub use request::ClientRequest;
use request::Destination;

/// The maximum number of redirects.
const REDIRECTS: usize = 10;
/// The pauses before a request is repeated.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_millis(1500)];
/// The longest pause that a server can ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// The maximum time for a response that is read into memory.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server's response with any status.
#[derive(Debug)]
pub struct ClientResponse<B> {
    pub head: ResponseHead,
    /// The address that responded, after all redirects.
    pub address: Address,
    pub body: B,
}

impl ClientRequest {
    /// Sends the request, and reads at most `limit` bytes of content into memory.
    ///
    /// # Errors
    /// The server does not respond, or the response is too large.
    pub fn send(&self, limit: u64) -> Result<ClientResponse<Vec<u8>>, HttpError> {
        let memory = Destination { place: "memory".into(), limit, patience: Some(PATIENCE) };
        self.send_to(memory, || Ok(Vec::new()))
    }

    /// Sends the request, and reads at most `limit` bytes of content into an unnamed temporary file.
    ///
    /// # Errors
    /// The server does not respond, the response is too large, or the file can't be written.
    pub fn send_to_temporary_file(&self, limit: u64) -> Result<ClientResponse<File>, HttpError> {
        let file = Destination { place: "a temporary file".into(), limit, patience: None };
        self.send_to(file, files::temporary)
    }

    fn send_to<B: Write>(
        &self,
        destination: Destination<'_>,
        body: impl Fn() -> Result<B>,
    ) -> Result<ClientResponse<B>, HttpError> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let outcome = self.follow(destination, &body);
            let pause = match &outcome {
                Ok(response) if matches!(response.head.status, 429 | 500..=599) => {
                    Some(asked_pause(&response.head))
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

    /// Sends the request, and follows redirects.
    fn follow<B: Write>(
        &self,
        destination: Destination<'_>,
        body: impl Fn() -> Result<B>,
    ) -> Result<ClientResponse<B>, HttpError> {
        let mut request = self.clone();
        for _ in 0..=REDIRECTS {
            let address = request.address.clone();
            // A request to another server must not be redirected to this machine.
            let is_safe = address.is_https() || address.is_local() && self.address.is_local();
            if !is_safe && !self.has_known_hash {
                return Err(HttpError::Insecure(address));
            }
            let mut body = body().map_err(HttpError::Local)?;
            let head = curl::exchange(&request, destination, &mut body)?;
            let location = head.headers.get("location").filter(|_| {
                matches!(head.status, 301 | 302 | 303 | 307 | 308) && request.is_repeatable()
            });
            let Some(to) = location else { return Ok(ClientResponse { head, address, body }) };
            let next = address.join(to);
            request.address = next.map_err(|reason: InvalidAddress| HttpError::Redirect {
                to: to.to_owned(),
                reason,
            })?;
            if !request.address.is_same_origin(&self.address) {
                request.authorization = None;
            }
        }
        Err(HttpError::Redirects)
    }
}

/// Downloads at most `limit` bytes into a file, and checks its SHA-256, in hexadecimal. Because of the
/// hash, `address` may also be unencrypted, like mirrors of Rust's server, or a file of this machine.
///
/// # Errors
/// The file can't be downloaded or written, or has another hash.
pub fn download(address: &str, sha256: &str, limit: u64, file: &Utf8Path) -> Result<()> {
    match address.strip_prefix("file://") {
        Some(path) => files::copy(Utf8Path::new(path), file, false)?,
        None => download_over_http(address, limit, file)?,
    }
    let found = Digest::of_file(file)?.0.hex();
    if found != sha256 {
        let reason = format!("its SHA-256 is {found}, expected {sha256}");
        return Err(failed(address).because(reason));
    }
    Ok(())
}

fn failed(address: &str) -> Error {
    Error::new(format!("could not download `{address}`"))
}

fn download_over_http(address: &str, limit: u64, file: &Utf8Path) -> Result<()> {
    let failed = || failed(address);
    let parsed = address.parse().map_err(|reason: InvalidAddress| failed().because(reason))?;
    let request = ClientRequest { has_known_hash: true, ..ClientRequest::get(parsed) };
    let destination = Destination { place: file, limit, patience: None };
    let response = request.send_to(destination, || files::create(file));
    let response = response.map_err(|error| {
        let help = error.help();
        let error = failed().because(error);
        if let Some(help) = help { error.help(help) } else { error }
    })?;
    if response.head.status != 200 {
        let reason = format!("the server responded with status {}", response.head.status);
        return Err(failed().because(reason));
    }
    Ok(())
}

fn asked_pause(head: &ResponseHead) -> Option<Duration> {
    let seconds = head.headers.get("retry-after")?.parse().ok()?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_about_a_redirect_gives_the_reason_once() {
        let reason = "ftp://a".parse::<Address>().unwrap_err();
        let error = HttpError::Redirect { to: "ftp://a".to_owned(), reason };
        let message = Error::from(error).message();
        assert_eq!(message.matches("it does not start with").count(), 1, "{message}");
    }

    #[test]
    fn a_message_about_a_download_gives_the_reason_once() {
        let dir = tempfile::tempdir().unwrap();
        let file = Utf8Path::from_path(dir.path()).unwrap().join("file");
        let message = download("ftp://a", "", 10, &file).unwrap_err().message();
        assert_eq!(message.matches("it does not start with").count(), 1, "{message}");
        assert_eq!(message.matches("ftp://a").count(), 1, "{message}");
    }

    #[test]
    fn a_mirror_may_be_a_directory_of_this_machine() {
        let dir = tempfile::tempdir().unwrap();
        let dir = Utf8Path::from_path(dir.path()).unwrap();
        files::write(&dir.join("archive"), "it").unwrap();
        let (address, target) = (format!("file://{dir}/archive"), dir.join("copy"));
        let sha256 = Digest::of(b"it").hex();
        download(&address, &sha256, 10, &target).unwrap();
        assert_eq!(files::read_text(&target).unwrap(), "it");
        let error = download(&address, &Digest::of(b"other").hex(), 10, &target).unwrap_err();
        assert!(error.message().contains("its SHA-256 is"), "{error:?}");
    }
}
