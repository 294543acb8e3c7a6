//! Errors of reading an image from a registry.

use camino::Utf8Path;

use crate::error::Error;
use crate::http::HttpError;
use crate::process::ProcessError;

pub(super) fn not_found(reference: &str) -> Error {
    Error::new(format!("the registry does not have the image `{reference}`")).help(
        "check name and tag, or read the image from an archive or, with the prefix `docker-daemon:`, from \
         the Docker Engine",
    )
}

/// `account` is the one that is logged in.
pub(super) fn unauthorised(registry: &str, reference: &str, account: Option<&str>) -> Error {
    let who = account.unwrap_or("anonymous users");
    let help = match account {
        Some(_) => "check the name, and that this account may read the image".to_owned(),
        None => format!(
            "check the name, and log in with `docker login {registry}` if the image is private"
        ),
    };
    let what = format!("the registry `{registry}` does not allow {who} to read `{reference}`");
    Error::new(what).help(help)
}

pub(super) fn login_rejected(registry: &str, account: &str) -> Error {
    let what = format!(
        "the registry `{registry}` rejected the login of {account} from Docker's configuration"
    );
    Error::new(what).help(format!("log in again with `docker login {registry}`"))
}

pub(super) fn rate_limited(registry: &str) -> Error {
    Error::new(format!("the registry `{registry}` limits the number of downloads"))
        .help(format!("wait, or log in with `docker login {registry}`, and run the command again"))
}

/// An unexpected response of the registry: `what`, which starts with a verb.
pub(super) fn strange(registry: &str, what: &str) -> Error {
    Error::new(format!("the registry `{registry}` {what}"))
}

pub(super) fn http(registry: &str, source: HttpError) -> Error {
    let source = match source {
        HttpError::Interrupted(interrupted) => return interrupted.into(),
        source => source,
    };
    let help = source.help();
    let error =
        Error::new(format!("could not read from the registry `{registry}`")).because(source);
    match help {
        Some(help) => error.help(help),
        None => error,
    }
}

/// Docker's configuration at `path` is invalid.
pub(super) fn credentials(path: &Utf8Path, reason: &str) -> Error {
    Error::new(format!("could not read the login from `{path}`: {reason}"))
        .help("log in again with `docker login`")
}

pub(super) fn credential_helper(registry: &str, source: ProcessError) -> Error {
    match source {
        ProcessError::Interrupted(interrupted) => interrupted.into(),
        source => Error::new(format!("could not get the login for `{registry}`"))
            .because(source)
            .help("log in again with `docker login`"),
    }
}
