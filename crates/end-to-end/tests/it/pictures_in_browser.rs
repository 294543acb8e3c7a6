//! `validate --online` reports exactly the pictures that a real browser does not show.

use crate::support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;

use serde_json::Value;
use support::pictures::{Server, answer, png, with_pictures};
use support::stdout;

/// Pictures and other files, with correct and wrong content types.
fn answers() -> BTreeMap<String, Vec<u8>> {
    const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\">";
    let bodies: [(&str, Vec<u8>); 10] = [
        ("png", png(2400, 1600)),
        ("svg", format!("{SVG}<g/></svg>").into()),
        ("svg-without-namespace", "<svg width=\"9\" height=\"9\"/>".into()),
        ("svg-not-closed", format!("{SVG}<g></svg>").into()),
        ("svg-cut", SVG.into()),
        ("svg-with-prefix", "<s:svg xmlns:s=\"http://www.w3.org/2000/svg\" width=\"9\"/>".into()),
        (
            "svg-with-entity",
            "<!DOCTYPE svg [<!ENTITY ns \"http://www.w3.org/2000/svg\">]>\
             <svg xmlns=\"&ns;\" width=\"9\" height=\"9\"/>"
                .into(),
        ),
        ("svg-with-doctype-of-html", format!("<!DOCTYPE html>\n{SVG}</svg>").into()),
        ("page", format!("<!doctype html>{SVG}</svg>").into()),
        ("empty", Vec::new()),
    ];
    let types = [
        "image/svg+xml; charset=utf-8",
        "image/png",
        "text/plain",
        "text/html",
        "application/xml",
        "application/json",
        "application/octet-stream",
    ];
    let mut answers = BTreeMap::new();
    for (name, body) in &bodies {
        for (number, kind) in types.iter().enumerate() {
            for (suffix, more) in [("", ""), ("-nosniff", "\r\nX-Content-Type-Options: nosniff")] {
                let head = format!("200 OK\r\nContent-Type: {kind}{more}");
                answers.insert(format!("{name}-{number}{suffix}"), answer(&head, body));
            }
        }
    }
    answers
}

/// Responds to one request with the answer for its path, or with `page`.
fn respond(mut stream: TcpStream, answers: &BTreeMap<String, Vec<u8>>, page: &[u8]) {
    let mut path = String::new();
    for line in BufReader::new(&stream).lines() {
        let Ok(line) = line else { return };
        match line.strip_prefix("GET /") {
            Some(rest) => path = rest.split(' ').next().unwrap_or_default().to_owned(),
            None if line.is_empty() => break,
            None => {}
        }
    }
    let _ = stream.write_all(answers.get(&path).map_or(page, Vec::as_slice));
}

/// The answers that Chromium shows in a page of another origin.
fn shown(answers: &BTreeMap<String, Vec<u8>>) -> BTreeSet<String> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // A different host name makes it a different origin.
    let image = |path: &String| format!("<img src=\"http://localhost:{port}/{path}\">");
    let images: String = answers.keys().map(image).collect();
    let script = "onload = () => { document.body.innerText = 'shown:' + [...document.images].map(\
                  it => it.naturalWidth > 0 ? new URL(it.src).pathname.slice(1) : '').join() + ';' }";
    let page = format!("<!doctype html><body>{images}<script>{script}</script>");
    let page = answer("200 OK\r\nContent-Type: text/html", page);
    let served = answers.clone();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (served, page) = (served.clone(), page.clone());
            thread::spawn(move || respond(stream, &served, &page));
        }
    });
    let profile = tempfile::tempdir().unwrap();
    let mut browser = Command::new("chromium");
    browser.args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]);
    browser.args(["--disable-background-networking", "--disable-component-update"]);
    browser.arg("--disable-sync").arg(format!("--user-data-dir={}", profile.path().display()));
    browser.args(["--dump-dom", &format!("http://127.0.0.1:{port}/")]);
    let page = support::run(&mut browser);
    let (_, list) = page.split_once("<body>shown:").unwrap_or_else(|| panic!("{page}"));
    let list = list.split(';').next().unwrap().split(',');
    list.filter(|path| !path.is_empty()).map(str::to_owned).collect()
}

#[test]
#[ignore = "needs chromium and openssl"]
fn validate_agrees_with_a_browser_about_the_pictures_that_are_shown() {
    let answers = answers();
    let server = Server::start();
    answers.iter().for_each(|(path, answer)| server.put(path, answer));
    let urls: Vec<String> = answers.keys().map(|path| server.url(path)).collect();
    let extension = with_pictures(&urls[0], &urls);
    let output = server.trusted(&extension, &["validate", "--online", "--format", "json"]);
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let errors = report["findings"].as_array().unwrap().iter();
    let errors = errors.filter(|finding| finding["rule"] == "url-type");
    let hidden: BTreeSet<&str> =
        errors.filter_map(|finding| finding["place"]["pointer"].as_str()).collect();
    let expected: BTreeSet<String> = answers
        .keys()
        .enumerate()
        .filter(|(index, _)| !hidden.contains(format!("/{index}/url").as_str()))
        .map(|(_, path)| path.clone())
        .collect();
    assert_eq!(expected, shown(&answers));
    assert!(expected.len() > 10, "{expected:?}");
}
