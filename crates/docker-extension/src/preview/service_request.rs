//! `extension.vm.service`: forwards a request of the page to the socket of the extension's services.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::containers::exchange;
use super::exec::find_docker;
use super::services::RunningServices;
use crate::http::{self, Headers, RequestHead, ResponseHead};

/// The time for an answer. Services may do long work.
const TIMEOUT: Duration = Duration::from_secs(10 * 60);
/// The time that a service has to create its socket.
const ATTEMPTS: u32 = 40;
const INTERVAL_SECONDS: f32 = 0.25;

/// Headers that this process sets itself.
const OWN_HEADERS: [&str; 5] =
    ["host", "connection", "content-length", "transfer-encoding", "expect"];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceRequest {
    method: String,
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<String>,
}

/// Sends the request, and returns the answer as JSON: the status, the type of the content, and the content.
/// Gives up when `is_over`.
///
/// # Errors
/// A message for the page.
pub fn forward(
    request: &ServiceRequest,
    services: &RunningServices,
    is_over: impl Fn() -> bool,
) -> Result<Vec<u8>, String> {
    let Some((relay, socket)) = &services.socket else {
        return Err(
            "the configuration has no `vm.socket`, so there is nothing to send the request to"
                .to_owned(),
        );
    };
    let docker = find_docker().ok_or("`docker` is not installed, or not on PATH")?;
    let mut command = Command::new(docker);
    command.args(["exec", "--interactive", relay, "socat", "-t0.1", "-"]);
    command.arg(format!("UNIX-CONNECT:{socket},retry={ATTEMPTS},interval={INTERVAL_SECONDS}"));
    let message = message(request)?;
    let (stdout, stderr) = exchange(command, &message, TIMEOUT, is_over)?;
    answer(&request.method, &stdout).map_err(|reason| {
        let complaint = String::from_utf8_lossy(&stderr);
        match complaint.trim().lines().last() {
            Some(line) => format!("the service at {socket} does not answer: {line}"),
            None => format!("the service at {socket} does not answer: {reason}"),
        }
    })
}

fn message(request: &ServiceRequest) -> Result<Vec<u8>, String> {
    let method = request.method.to_ascii_uppercase();
    let is_token = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    if !is_token(&method) {
        return Err(format!("`{}` is not a method of HTTP", request.method));
    }
    let mut headers = Headers::from([("Host", "localhost"), ("Connection", "close")]);
    for (name, value) in &request.headers {
        if !is_token(name) {
            return Err(format!("`{name}` is not the name of a header"));
        }
        if !OWN_HEADERS.iter().any(|own| name.eq_ignore_ascii_case(own)) {
            headers.push(name, value);
        }
    }
    let body = request.body.as_deref().unwrap_or_default();
    if request.body.is_some() || ["POST", "PUT", "PATCH"].contains(&&*method) {
        headers.push("Content-Length", &body.len().to_string());
    }
    let head = RequestHead { method, target: target(&request.url)?, headers };
    Ok([head.to_string().as_bytes(), body.as_bytes()].concat())
}

/// The path and query of a URL, with other characters escaped.
fn target(url: &str) -> Result<String, String> {
    if url.contains("://") {
        return Err(format!("`{url}` is not a path such as `/some/service`"));
    }
    let url = url.split('#').next().unwrap_or_default();
    let mut target = if url.starts_with('/') { String::new() } else { "/".to_owned() };
    for byte in url.bytes() {
        if byte.is_ascii_graphic() {
            target.push(char::from(byte));
        } else {
            target.push_str(&format!("%{byte:02X}"));
        }
    }
    Ok(target)
}

fn answer(method: &str, mut bytes: &[u8]) -> Result<Vec<u8>, &'static str> {
    const INVALID: &str = "its answer is not HTTP";
    if bytes.is_empty() {
        return Err("it closed the connection");
    }
    let (head, rest) = http::read_head(&mut bytes).map_err(|_| INVALID)?;
    let head = ResponseHead::parse(&head).ok_or(INVALID)?;
    let has_body = !method.eq_ignore_ascii_case("head") && !matches!(head.status, 204 | 304);
    let body = if has_body {
        http::read_body(&mut bytes, &head.headers, rest).map_err(|_| INVALID)?
    } else {
        Vec::new()
    };
    let answer = json!({
        "status": head.status,
        "reason": head.reason,
        "type": head.headers.get("content-type").unwrap_or_default(),
        "body": String::from_utf8_lossy(&body),
    });
    Ok(answer.to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(json: serde_json::Value) -> Result<String, String> {
        let request: ServiceRequest = serde_json::from_value(json).unwrap();
        message(&request).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn a_request_of_the_page_is_sent_with_its_method_headers_and_body() {
        let request = json!({
            "method": "post",
            "url": "/items?name=a b",
            "headers": { "X-Own": "1", "Host": "elsewhere", "content-length": "7" },
            "body": "{\"é\":1}",
        });
        assert_eq!(
            sent(request).unwrap(),
            "POST /items?name=a%20b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             X-Own: 1\r\nContent-Length: 8\r\n\r\n{\"é\":1}"
        );
        let get = sent(json!({ "method": "GET", "url": "items" })).unwrap();
        assert!(get.starts_with("GET /items HTTP/1.1\r\n") && !get.contains("Length"), "{get}");
    }

    #[test]
    fn a_request_cannot_contain_another_one() {
        let hostile = json!({ "method": "GET", "url": "/a\r\nX: 1\r\n\r\nGET /b", "headers": { "A": "1\r\nB: 2" } });
        let text = sent(hostile).unwrap();
        assert_eq!(text.matches("\r\n").count(), 5, "{text}");
        for invalid in [
            json!({ "method": "GET /\r\n", "url": "/" }),
            json!({ "method": "GET", "url": "/", "headers": { "a\r\nb": "1" } }),
            json!({ "method": "GET", "url": "http://example.com/" }),
        ] {
            assert!(sent(invalid.clone()).is_err(), "{invalid}");
        }
    }

    #[test]
    fn an_answer_has_its_status_type_and_content() {
        let read = |method: &str, text: &str| {
            answer(method, text.as_bytes())
                .map(|json| serde_json::from_slice::<serde_json::Value>(&json).unwrap())
        };
        let found =
            read("GET", "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n\r\nno").unwrap();
        let expected =
            json!({ "status": 404, "reason": "Not Found", "type": "text/plain", "body": "no" });
        assert_eq!(found, expected);
        let head = read("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n").unwrap();
        assert_eq!(head["body"], "");
        assert_eq!(read("GET", "").unwrap_err(), "it closed the connection");
        assert_eq!(read("GET", "SSH-2.0-x\r\n\r\n").unwrap_err(), "its answer is not HTTP");
    }
}
