//! A client, by the program `curl`, which macOS, Windows and nearly every Linux machine bring. One of
//! our own would make every author compile an implementation of TLS, with its C, before the first run.
//!
//! `curl` does one exchange at a time; what is decided between two is decided here: which redirect is
//! followed, who gets to see a login, when a request is sent again.

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

/// How many redirects are followed.
const REDIRECTS: usize = 10;
/// How long is waited before a request is sent again, each time.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_millis(1500)];
/// How long a server may ask to wait instead.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How long a response that is read into memory may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a server responds, whatever the status.
#[derive(Debug)]
pub struct ClientResponse<B> {
    pub head: ResponseHead,
    /// Who responded in the end, after all redirects.
    pub address: Address,
    pub body: B,
}

impl ClientRequest {
    /// Sends it, and reads at most `limit` bytes of content into memory.
    ///
    /// # Errors
    /// There is no response, or it is too large.
    pub fn send(&self, limit: u64) -> Result<ClientResponse<Vec<u8>>, HttpError> {
        let memory = Destination { place: "memory".into(), limit, patience: Some(PATIENCE) };
        self.send_to(memory, || Ok(Vec::new()))
    }

    /// Sends it, and reads at most `limit` bytes of content into a temporary file without a name.
    ///
    /// # Errors
    /// There is no response, or it is too large, or can't be written.
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

    /// Sends it, and follows redirects.
    fn follow<B: Write>(
        &self,
        destination: Destination<'_>,
        body: impl Fn() -> Result<B>,
    ) -> Result<ClientResponse<B>, HttpError> {
        let mut request = self.clone();
        for _ in 0..=REDIRECTS {
            let address = request.address.clone();
            // Who trusts this machine by asking it does not trust it by being sent there.
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
            request.address = next.map_err(|source: InvalidAddress| HttpError::Redirect {
                to: to.to_owned(),
                source,
            })?;
            if !request.address.is_same_origin(&self.address) {
                request.authorization = None;
            }
        }
        Err(HttpError::Redirects(self.address.clone()))
    }
}

/// Downloads at most `limit` bytes into a file, whose SHA-256 has to be `sha256`, in hexadecimal. The
/// hash protects it: `address` may be without encryption, as mirrors of Rust's server may be, or a file
/// of this machine.
///
/// # Errors
/// It can't be downloaded or written, or has another hash.
pub fn download(address: &str, sha256: &str, limit: u64, file: &Utf8Path) -> Result<()> {
    match address.strip_prefix("file://") {
        Some(path) => files::copy(Utf8Path::new(path), file, false)?,
        None => download_over_http(address, limit, file)?,
    }
    let found = Digest::of_file(file)?.0.hex();
    if found != sha256 {
        return Err(Error::new(format!("`{address}` has the SHA-256 {found}, and not {sha256}")));
    }
    Ok(())
}

fn download_over_http(address: &str, limit: u64, file: &Utf8Path) -> Result<()> {
    let failed = || Error::new(format!("can't download `{address}`"));
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
        let reason = format!("the server responds with status {}", response.head.status);
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
    fn a_mirror_may_be_a_directory_of_this_machine() {
        let dir = tempfile::tempdir().unwrap();
        let dir = Utf8Path::from_path(dir.path()).unwrap();
        files::write(&dir.join("archive"), "it").unwrap();
        let (address, target) = (format!("file://{dir}/archive"), dir.join("copy"));
        let sha256 = Digest::of(b"it").hex();
        download(&address, &sha256, 10, &target).unwrap();
        assert_eq!(files::read_text(&target).unwrap(), "it");
        let error = download(&address, &Digest::of(b"other").hex(), 10, &target).unwrap_err();
        assert!(error.to_string().contains("has the SHA-256"), "{error}");
    }
}
