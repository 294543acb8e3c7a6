//! `docker.listContainers` and `docker.listImages`: they return the answers of the Docker Engine's API.
//! The connection goes through Docker's command line, which supports the sockets, pipes and tunnels of
//! every context.

use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Map, Value};
use xshell::{Shell, cmd};

use super::exec;
use crate::http::{self, Headers, RequestHead, ResponseHead, percent_encoded};
use crate::process::{Event, Request, Running, Stream};

/// The engine must answer in this time.
const TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListRequest {
    list: ListedObjects,
    #[serde(default)]
    options: Option<Map<String, Value>>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum ListedObjects {
    Containers,
    Images,
}

/// Sends the request to the engine, and returns the JSON of its answer. Gives up when `is_over`.
///
/// # Errors
/// A message for the page.
pub fn list(request: &ListRequest, is_over: impl Fn() -> bool) -> Result<Vec<u8>, String> {
    let docker = exec::find_docker().ok_or("`docker` is not installed, or not on PATH")?;
    let sh = Shell::new().map_err(|error| error.to_string())?;
    let headers = Headers::from([("Host", "docker"), ("Connection", "close")]);
    let head = RequestHead { method: "GET".to_owned(), target: target(request), headers };
    let command = cmd!(sh, "{docker} system dial-stdio");
    let (stdout, stderr) = exchange(command.into(), head.to_string().as_bytes(), TIMEOUT, is_over)?;
    let complaint = String::from_utf8_lossy(&stderr).trim().to_owned();
    read_answer(&stdout).map_err(|reason| if complaint.is_empty() { reason } else { complaint })
}

fn target(request: &ListRequest) -> String {
    let mut target = match request.list {
        ListedObjects::Containers => "/containers/json",
        ListedObjects::Images => "/images/json",
    }
    .to_owned();
    let mut separator = '?';
    for (name, value) in request.options.iter().flatten() {
        let value = match value {
            Value::Null => continue,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        target.push(separator);
        target.push_str(&percent_encoded(name));
        target.push('=');
        target.push_str(&percent_encoded(&value));
        separator = '&';
    }
    target
}

/// Passes the request to the program, and returns its stdout and stderr.
///
/// # Errors
/// The program does not start, or does not end within `limit` or before `is_over`.
pub(super) fn exchange(
    command: std::process::Command,
    request: &[u8],
    limit: Duration,
    is_over: impl Fn() -> bool,
) -> Result<(Vec<u8>, Vec<u8>), String> {
    let mut running = Running::start(command, request).map_err(|error| error.to_string())?;
    let started = Instant::now();
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    loop {
        match running.next_event() {
            Event::Output(Stream::Stdout, bytes) => stdout.extend(bytes),
            Event::Output(Stream::Stderr, bytes) => stderr.extend(bytes),
            Event::Quiet => {}
            Event::Ended => return Ok((stdout, stderr)),
        }
        if is_over() || started.elapsed() > limit {
            running.end(Request::Terminate);
            return Err("the Docker Engine did not answer".to_owned());
        }
    }
}

fn read_answer(mut bytes: &[u8]) -> Result<Vec<u8>, String> {
    let invalid = || "the Docker Engine's answer is invalid".to_owned();
    let (head, rest) = http::read_head(&mut bytes).map_err(|_| invalid())?;
    let head = ResponseHead::parse(&head).ok_or_else(invalid)?;
    let body = http::read_body(&mut bytes, &head.headers, rest).map_err(|_| invalid())?;
    let answer: Value = serde_json::from_slice(&body).map_err(|_| invalid())?;
    if head.status == 200 {
        return Ok(body);
    }
    let status = head.status;
    Err(match answer.get("message").and_then(Value::as_str) {
        Some(message) => format!("the Docker Engine rejected the request: {message}"),
        None => format!("the Docker Engine rejected the request with status {status}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(json: &str) -> ListRequest {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn options_are_escaped_in_the_query() {
        let all = request(r#"{ "list": "containers", "options": { "all": true, "limit": 3 } }"#);
        assert_eq!(target(&all), "/containers/json?all=true&limit=3");
        let hostile =
            request(r#"{ "list": "images", "options": { "a b\r\nHost: x": "{\"é&\": 1}" } }"#);
        assert_eq!(
            target(&hostile),
            "/images/json?a%20b%0D%0AHost%3A%20x=%7B%22%C3%A9%26%22%3A%201%7D"
        );
        assert_eq!(target(&request(r#"{ "list": "images" }"#)), "/images/json");
    }

    #[test]
    fn the_engines_message_is_reported_when_it_rejects_a_request() {
        let truncated =
            b"HTTP/1.1 400 Bad Request\r\nContent-Length: 22\r\n\r\n{\"message\":\"no filter\"";
        assert_eq!(read_answer(truncated).unwrap_err(), "the Docker Engine's answer is invalid");
        let rejection = b"HTTP/1.1 400 Bad Request\r\n\r\n{\"message\":\"no filter\"}";
        assert_eq!(
            read_answer(rejection).unwrap_err(),
            "the Docker Engine rejected the request: no filter"
        );
        let silent = b"HTTP/1.1 500 Internal Server Error\r\n\r\n{}";
        assert_eq!(
            read_answer(silent).unwrap_err(),
            "the Docker Engine rejected the request with status 500"
        );
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n";
        assert_eq!(read_answer(chunked).unwrap(), b"[]");
    }
}
