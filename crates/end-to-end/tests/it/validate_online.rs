//! `validate --online` fetches pictures from a real server over TLS.

use crate::support;

use std::collections::BTreeSet;
use std::net::TcpListener;

use docker_extension::internals::contents::labels as names;
use docker_extension::internals::rules::online;
use serde_json::{Value, json};
use support::pictures::{Server, answer, png, with_pictures};
use support::{Extension, stderr, stdout};

/// The response at a path, and the rules that it violates as a screenshot.
struct Case {
    path: &'static str,
    answer: Vec<u8>,
    rules: &'static [&'static str],
}

fn case(
    path: &'static str,
    head: &str,
    body: impl AsRef<[u8]>,
    rules: &'static [&'static str],
) -> Case {
    Case { path, answer: answer(head, body), rules }
}

fn cases() -> Vec<Case> {
    let good = png(2400, 1600);
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\"/>";
    let is_png = "200 OK\r\nContent-Type: image/png";
    vec![
        case("good.png", is_png, &good, &[]),
        case("good.svg", "200 OK\r\nContent-Type: image/svg+xml", svg, &[]),
        case("moved", "302 Found\r\nLocation: /target.png", "", &[]),
        case("small.png", is_png, png(1280, 720), &["url-size"]),
        case("large.png", is_png, [&good[..], &[0; 11_000_000]].concat(), &["url-size"]),
        case("missing.png", "404 Not Found\r\nContent-Type: image/png", &good, &["url-status"]),
        case("loop", "301 Moved Permanently\r\nLocation: /loop", "", &["url-status"]),
        case("unsafe", "302 Found\r\nLocation: http://example.invalid/", "", &["url-status"]),
        case("cut.png", "200 OK\r\nContent-Length: 100000", &good, &["url-status"]),
        Case { path: "closed.png", answer: Vec::new(), rules: &["url-status"] },
        case("page.png", is_png, "<!doctype html><p>No such file", &["url-type"]),
        case("typed.svg", "200 OK\r\nContent-Type: text/plain", svg, &["url-type"]),
        case("typed.png", "200 OK\r\nContent-Type: text/plain", &good, &["url-format"]),
    ]
}

/// A URL without a server.
fn unreachable_url() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("https://{}/1.png", listener.local_addr().unwrap())
}

#[test]
#[ignore = "needs openssl"]
fn each_picture_is_fetched_once_and_checked_for_every_place_that_names_it() {
    let cases = cases();
    let mut server = Server::start();
    for case in &cases {
        server.put(case.path, &case.answer);
    }
    server.put("target.png", &cases[0].answer);
    let url = |path: &str| server.url(path);
    // The last one occurs twice.
    let mut screenshots: Vec<String> = cases.iter().map(|case| url(case.path)).collect();
    screenshots.extend([unreachable_url(), url("typed.png")]);
    let extension = with_pictures(&url("typed.png"), &screenshots);

    let output = server.trusted(&extension, &["validate", "--online", "--format", "json"]);
    let messages = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{messages}");
    assert!(messages.contains("· Fetch the icon and 14 screenshots …"), "{messages}");

    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let found: BTreeSet<(String, String)> = findings
        .map(|finding| {
            assert_eq!(finding["place"]["platforms"], json!(["linux/amd64", "linux/arm64"]));
            let label = &finding["place"]["label"];
            let pointer = finding["place"]["pointer"].as_str().unwrap_or_default();
            let place = format!("{} {pointer}", label.as_str().unwrap());
            (place, finding["rule"].as_str().unwrap().to_owned())
        })
        .collect();
    let screenshot = |index: usize| format!("{} /{index}/url", names::SCREENSHOTS);
    let mut expected: BTreeSet<(String, String)> = cases
        .iter()
        .enumerate()
        .flat_map(|(index, case)| {
            case.rules.iter().map(move |rule| (screenshot(index), (*rule).to_owned()))
        })
        .collect();
    expected.extend([
        (screenshot(cases.len()), "url-status".to_owned()),
        (screenshot(cases.len() + 1), "url-format".to_owned()),
        (format!("{} ", names::ICON), "url-format".to_owned()),
    ]);
    assert_eq!(found, expected, "{report:#}");
    let broken: BTreeSet<&str> = found.iter().map(|(_, rule)| rule.as_str()).collect();
    let rules: BTreeSet<&str> = online::ALL.iter().map(|rule| rule.id).collect();
    assert_eq!(broken, rules, "each rule has a case");

    let served = server.served();
    for case in cases.iter().filter(|case| !["loop", "cut.png", "closed.png"].contains(&case.path))
    {
        assert_eq!(served.get(case.path), Some(&1), "{}: {served:?}", case.path);
    }
}

#[test]
fn an_unreachable_server_is_an_error_and_without_the_option_nothing_is_fetched() {
    let extension = with_pictures(&unreachable_url(), &[unreachable_url()]);
    let run = |args: &[&str]| {
        let output = extension.xtask(&["validate"]).args(args).output().unwrap();
        (output.status.code(), stdout(&output), stderr(&output))
    };
    let (code, report, messages) = run(&["--online"]);
    assert_eq!(code, Some(1), "{messages}");
    assert!(report.contains("could not reach"), "{report}");
    assert_eq!(report.matches("error[url-status]: `https://").count(), 2, "{report}");
    assert_eq!(report.matches("  --> label ").count(), 2, "{report}");
    let (code, _, messages) = run(&[]);
    assert_eq!(code, Some(0), "{messages}");
    assert!(!messages.contains("Fetch"), "{messages}");
}

#[test]
fn a_metadata_file_without_an_image_has_no_pictures() {
    let extension = Extension::new();
    extension.write("metadata.json", "{ \"icon\": \"icon.svg\" }");
    let mut command = extension.xtask(&["validate", "--online", "metadata.json"]);
    extension.assert_fails(&mut command, 2, &["has no labels", "remove `--online`"]);
}
