//! One exchange, made by `curl`.

use std::io::Write;
use std::ops::ControlFlow;
use std::process::ExitStatus;

use xshell::{Shell, cmd};

use super::error::HttpError;
use super::request::{ClientRequest, Destination, Method};
use crate::error::Error;
use crate::files;
use crate::http::head::{ResponseHead, ResponseReader};
use crate::process::{self, ProcessError};

/// The options of every exchange. `--disable` ignores the user's configuration of `curl`, which may
/// contain anything; environment variables still set proxies and certificates.
const OPTIONS: &[&str] = &[
    "--disable",
    "--silent",
    "--show-error",
    "--include",
    "--suppress-connect-headers",
    "--globoff",
    "--connect-timeout",
    "30",
    // A server that is silent for that long is considered dead.
    "--speed-time",
    "60",
    "--speed-limit",
    "1",
    "--config",
    "-",
];

/// Sends the request, and writes the content of the response to `body`.
pub(super) fn exchange(
    request: &ClientRequest,
    Destination { place, limit, patience }: Destination<'_>,
    body: &mut impl Write,
) -> Result<ResponseHead, HttpError> {
    let sh = Shell::new().map_err(|error| HttpError::Local(Error::from(error)))?;
    let protocol = if request.address.is_https() { "=https" } else { "=http" };
    let mut command = cmd!(sh, "curl {OPTIONS...} --proto {protocol}");
    if request.address.is_local() {
        command = command.args(["--noproxy", "*"]);
    }
    if let Some(patience) = patience {
        command = command.args(["--max-time", &patience.as_secs().to_string()]);
    }
    let mut reader = ResponseReader::default();
    let mut size = 0;
    let mut failed = None;
    let outcome = process::stream(command, configuration(request).as_bytes(), |bytes| {
        let taken = reader.push(bytes).map_err(|_| HttpError::NotHttp).and_then(|bytes| {
            size += bytes.len() as u64;
            if size > limit {
                return Err(HttpError::TooLarge(limit));
            }
            let written = body.write_all(&bytes);
            written.map_err(|error| HttpError::Local(files::error("write", place, error)))
        });
        match taken {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    });
    match (failed, outcome) {
        (Some(error), _) => Err(error),
        (None, Ok(())) => reader.finish().ok_or(HttpError::NotHttp),
        (None, Err(error)) => Err(explained(error, request.address.authority())),
    }
}

/// The configuration for `curl`'s standard input: unlike a command line, other users of the machine
/// can't see it.
fn configuration(request: &ClientRequest) -> String {
    let mut lines = vec![format!("url = {}", quoted(&request.address.to_string()))];
    match &request.method {
        Method::Get => {}
        Method::Head => lines.push("head".to_owned()),
        Method::Post { form } => lines.push(format!("data-raw = {}", quoted(form))),
    }
    let login = request.authorization.iter().map(|login| ("Authorization", login.as_str()));
    for (name, value) in request.headers.iter().chain(login) {
        lines.push(format!("header = {}", quoted(&format!("{name}: {value}"))));
    }
    lines.join("\n") + "\n"
}

/// A value in quotes. Characters that would end a line or a header are left out.
fn quoted(value: &str) -> String {
    let mut quoted = String::from("\"");
    for character in value.chars().filter(|c| !c.is_control()) {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted + "\""
}

/// Converts the exit status of `curl` to an error.
fn explained(error: ProcessError, host: &str) -> HttpError {
    let status = match &error {
        ProcessError::Interrupted(interrupted) => return (*interrupted).into(),
        ProcessError::Failed { status, .. } => ExitStatus::code(status),
        _ => None,
    };
    let host = host.to_owned();
    let message = error.messages().lines().last().unwrap_or_default();
    let reason = message.split_once(") ").map_or(message, |(_, reason)| reason).to_owned();
    match status {
        Some(3 | 5 | 6 | 7 | 97) => HttpError::Unreachable { host, reason },
        Some(35 | 51 | 53 | 54 | 58 | 59 | 60 | 66 | 77 | 80 | 82 | 83 | 90 | 91) => {
            HttpError::Tls { host, reason }
        }
        Some(1 | 8) => HttpError::NotHttp,
        Some(16 | 18 | 28 | 52 | 55 | 56 | 61 | 92 | 95 | 96) => HttpError::Cut { host, reason },
        _ => HttpError::Client(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_can_not_become_an_option() {
        let request = ClientRequest::get("https://example.com/\"x".parse().unwrap())
            .header("Accept", "a\\b\"\r\noutput = \"/etc/passwd")
            .authorization(Some("Basic \"\n".to_owned()));
        assert_eq!(
            configuration(&request),
            "url = \"https://example.com/\\\"x\"\n\
             header = \"Accept: a\\\\b\\\"output = \\\"/etc/passwd\"\n\
             header = \"Authorization: Basic \\\"\"\n"
        );
    }
}
