//! One exchange by `curl`.

use std::io::Write;
use std::ops::ControlFlow;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use super::head::{Head, HeadReader};
use super::{Error, Method, Request, write_error};
use crate::process;

/// How long a small answer may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

/// What is the same for each exchange. `--disable` leaves out what the person's own configuration
/// says, which may be anything; variables still name proxies and certificates.
const OPTIONS: &[&str] = &[
    "--disable",
    "--silent",
    "--show-error",
    "--include",
    "--suppress-connect-headers",
    "--globoff",
    "--connect-timeout",
    "30",
    // A server that sends nothing for that long will send nothing more.
    "--speed-time",
    "60",
    "--speed-limit",
    "1",
    "--config",
    "-",
];

/// Sends the request, and writes the answer's content to `body`.
pub(super) fn exchange(
    request: &Request,
    limit: u64,
    patience: Option<Duration>,
    body: &mut impl Write,
) -> Result<Head, Error> {
    let mut command = Command::new("curl");
    command.args(OPTIONS);
    command.args(["--proto", if request.address.is_https() { "=https" } else { "=http" }]);
    if request.address.is_local() {
        command.args(["--noproxy", "*"]);
    }
    if let Some(patience) = patience {
        command.args(["--max-time", &patience.as_secs().to_string()]);
    }
    let mut head = HeadReader::default();
    let mut size = 0;
    let mut refused = None;
    let outcome = process::stream(command, configuration(request).as_bytes(), |bytes| {
        let taken = head.push(bytes).and_then(|bytes| {
            size += bytes.len() as u64;
            if size > limit {
                return Err(Error::TooLarge(limit));
            }
            body.write_all(&bytes).map_err(write_error)
        });
        match taken {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                refused = Some(error);
                ControlFlow::Break(())
            }
        }
    });
    match (refused, outcome) {
        (Some(error), _) => Err(error),
        (None, Ok(())) => head.finish().ok_or(Error::NotHttp),
        (None, Err(error)) => Err(explained(error, request.address.authority())),
    }
}

/// What `curl` reads from its standard input: other people on the machine can't see it, as they can
/// see command lines.
fn configuration(request: &Request) -> String {
    let mut lines = vec![format!("url = {}", quoted(&request.address.to_string()))];
    match &request.method {
        Method::Get => {}
        Method::Head => lines.push("head".to_owned()),
        Method::Post { form } => lines.push(format!("data-raw = {}", quoted(form))),
    }
    lines.extend(request.headers.iter().map(|header| format!("header = {}", quoted(header))));
    if let Some(login) = &request.authorization {
        lines.push(format!("header = {}", quoted(&format!("Authorization: {login}"))));
    }
    lines.join("\n") + "\n"
}

/// A value in quotes. What would end a line, or a header, is left out.
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

/// What `curl` means by its exit status.
fn explained(error: process::ProcessError, host: &str) -> Error {
    let status = match &error {
        process::ProcessError::Interrupted(interrupted) => return (*interrupted).into(),
        process::ProcessError::Failed { status, .. } => ExitStatus::code(status),
        _ => None,
    };
    let host = host.to_owned();
    let said = error.messages().lines().last().unwrap_or_default();
    let reason = said.split_once(") ").map_or(said, |(_, reason)| reason).to_owned();
    match status {
        Some(3 | 5 | 6 | 7 | 97) => Error::Unreachable { host, reason },
        Some(35 | 51 | 53 | 54 | 58 | 59 | 60 | 66 | 77 | 80 | 82 | 83 | 90 | 91) => {
            Error::Tls { host, reason }
        }
        Some(1 | 8) => Error::NotHttp,
        Some(16 | 18 | 28 | 52 | 55 | 56 | 61 | 92 | 95 | 96) => Error::Cut { host, reason },
        _ => Error::Client(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_header_can_become_an_option() {
        let request = Request::get("https://example.com/\"x".parse().unwrap())
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
