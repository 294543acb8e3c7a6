//! Why an image can't be read from a registry.

use camino::Utf8Path;

use crate::error::Error;
use crate::http;
use crate::process::ProcessError;

pub(super) fn not_found(reference: &str) -> Error {
    Error::new(format!("the registry has no image `{reference}`")).help(
        "check name and tag; an image that was not pushed yet is read from its archive, or with \
         `docker-daemon:` in front of its name from the Docker Engine",
    )
}

/// `account` is the one that is logged in.
pub(super) fn unauthorised(registry: &str, reference: &str, account: Option<&str>) -> Error {
    let who = account.unwrap_or("anybody without a login");
    let help = match account {
        Some(_) => "check the name, and that this account may read the image".to_owned(),
        None => format!(
            "check the name, and log in with `docker login {registry}` if the image is not public"
        ),
    };
    let what = format!("the registry `{registry}` does not let {who} read `{reference}`");
    Error::new(what).help(help)
}

pub(super) fn login_refused(registry: &str, account: &str) -> Error {
    let what =
        format!("the registry `{registry}` refuses the login of {account} that Docker keeps");
    Error::new(what).help(format!("log in anew with `docker login {registry}`"))
}

pub(super) fn rate_limited(registry: &str) -> Error {
    Error::new(format!("the registry `{registry}` refuses more downloads for now"))
        .help(format!("wait, or log in with `docker login {registry}`, and run it again"))
}

/// The registry does something that no registry does: `what`, which begins with a verb.
pub(super) fn strange(registry: &str, what: &str) -> Error {
    Error::new(format!("the registry `{registry}` {what}"))
}

pub(super) fn http(registry: &str, source: http::Error) -> Error {
    let source = match source {
        http::Error::Interrupted(interrupted) => return interrupted.into(),
        source => source,
    };
    let help = source.help();
    let error = Error::new(format!("the registry `{registry}` can't be read from")).because(source);
    match help {
        Some(help) => error.help(help),
        None => error,
    }
}

/// Docker's configuration at `path` can't be used.
pub(super) fn credentials(path: &Utf8Path, reason: &str) -> Error {
    Error::new(format!("can't read from `{path}` how to log in: {reason}"))
        .help("log in anew with `docker login`")
}

pub(super) fn credential_helper(registry: &str, source: ProcessError) -> Error {
    match source {
        ProcessError::Interrupted(interrupted) => interrupted.into(),
        source => Error::new(format!("can't get the login for `{registry}`"))
            .because(source)
            .help("log in anew with `docker login`"),
    }
}
