//! Downloads with what the machine has for it. A client of its own would make everyone compile an
//! implementation of TLS, with its C, before the first run.

use std::process::Command;

use camino::Utf8Path;

use crate::files;
use crate::interrupt;
use crate::oci::Digest;
use crate::process;

/// Why a file can't be downloaded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is nothing to download with.
    #[error("neither `curl` nor `wget` nor Python 3 is installed")]
    NoClient,
    /// The download failed.
    #[error("`{address}` can't be downloaded: {}", .source.messages().lines().last().unwrap_or("no reason given"))]
    Failed {
        /// What was to be downloaded.
        address: String,
        /// What the program said.
        source: process::ProcessError,
    },
    /// What came is not what was expected.
    #[error("`{address}` has the SHA-256 {found}, and not {expected}")]
    Hash {
        /// What was downloaded.
        address: String,
        /// Its hash.
        found: String,
        /// The hash that it should have.
        expected: String,
    },
    /// A file can't be written.
    #[error(transparent)]
    Files(#[from] files::Error),
    /// The person pressed Ctrl-C.
    #[error(transparent)]
    Interrupted(#[from] interrupt::Interrupted),
}

/// Python's standard library is enough of a client.
const SCRIPT: &str = "import shutil, sys, urllib.request\n\
                      with urllib.request.urlopen(sys.argv[1]) as source, open(sys.argv[2], 'wb') as target:\n    \
                      shutil.copyfileobj(source, target)";

/// Downloads `address` to `file`, and compares it with its hash.
pub(super) fn download(address: &str, sha256: &str, file: &Utf8Path) -> Result<(), Error> {
    process::read(client(address, file)?).map_err(|error| match error {
        process::ProcessError::Interrupted(interrupted) => Error::Interrupted(interrupted),
        source => Error::Failed { address: address.to_owned(), source },
    })?;
    let found = Digest::of_file(file)?.0.hex();
    if found != sha256 {
        let expected = sha256.to_owned();
        return Err(Error::Hash { address: address.to_owned(), found, expected });
    }
    Ok(())
}

/// The first program that is there. Each honours the variables for proxies.
fn client(address: &str, file: &Utf8Path) -> Result<Command, Error> {
    let words: [(&str, &[&str]); 4] = [
        ("curl", &["-fsSL", "--retry", "2", "-o", file.as_str(), address]),
        ("wget", &["-q", "-O", file.as_str(), address]),
        ("python3", &["-c", SCRIPT, address, file.as_str()]),
        ("python", &["-c", SCRIPT, address, file.as_str()]),
    ];
    let found = words.into_iter().find_map(|(name, args)| {
        let mut command = Command::new(which::which(name).ok()?);
        command.args(args);
        Some(command)
    });
    found.ok_or(Error::NoClient)
}
