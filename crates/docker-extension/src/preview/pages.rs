//! Serves the pages, from a dev server or from a directory, and adds the script that creates
//! `window.ddClient` to every HTML page.

use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;

use crate::http::{self, RequestHead, ResponseHead, ServerResponse, Status, percent_decoded};

/// The script's path. It is the first script of a page, so that the others find `window.ddClient`.
pub const SCRIPT: &str = "/@preview/client.js";

/// Headers that describe one connection, or a body that is changed here.
const NOT_FORWARDED: [&str; 6] = [
    "connection",
    "keep-alive",
    "transfer-encoding",
    "content-length",
    "content-encoding",
    "accept-encoding",
];

#[derive(Clone, Debug)]
pub enum PageSource {
    DevServer(SocketAddr),
    /// Plain files.
    Directory(PathBuf),
}

impl PageSource {
    /// Answers a request for a page or one of its files.
    ///
    /// # Errors
    /// The browser or the dev server is gone.
    pub fn answer(&self, request: &RequestHead, browser: &mut TcpStream) -> io::Result<()> {
        if !matches!(request.method.as_str(), "GET" | "HEAD") {
            return ServerResponse::text(
                Status::MethodNotAllowed,
                "Pages support GET and HEAD only.",
            )
            .send(browser, &request.method);
        }
        match self {
            PageSource::DevServer(address) => forward(request, *address, browser),
            PageSource::Directory(directory) => {
                file(directory, request.path()).send(browser, &request.method)
            }
        }
    }
}

/// Forwards a request to the dev server, and its answer to the browser.
fn forward(request: &RequestHead, server: SocketAddr, browser: &mut TcpStream) -> io::Result<()> {
    let Ok(mut server) = TcpStream::connect(server) else {
        return ServerResponse::text(Status::BadGateway, "The dev server does not answer.")
            .send(browser, &request.method);
    };
    server.write_all(forwarded(request).to_string().as_bytes())?;
    let (head, rest) = http::read_head(&mut server)?;
    let is_page = |head: &ResponseHead| {
        let content_type = head.headers.get("content-type").unwrap_or_default();
        content_type.starts_with("text/html") && request.method == "GET" && head.status != 304
    };
    match ResponseHead::parse(&head) {
        // A websocket, on which the dev server announces changes.
        Some(ResponseHead { status: 101, .. }) => {
            browser.write_all(&[head, rest].concat())?;
            connect(browser, &server)
        }
        Some(head) if is_page(&head) => {
            let body = http::read_body(&mut server, &head.headers, rest)?;
            let page = inject(&String::from_utf8_lossy(&body));
            browser.write_all(with_length(head, page.len()).to_string().as_bytes())?;
            browser.write_all(page.as_bytes())
        }
        _ => {
            browser.write_all(&[head, rest].concat())?;
            io::copy(&mut server, browser).map(drop)
        }
    }
}

fn forwarded(request: &RequestHead) -> RequestHead {
    let mut headers = request.headers.without(&NOT_FORWARDED);
    let is_upgrade = headers.get("upgrade").is_some();
    headers.push("Connection", if is_upgrade { "Upgrade" } else { "close" });
    RequestHead { headers, ..request.clone() }
}

fn with_length(head: ResponseHead, length: usize) -> ResponseHead {
    // The dev server's tag does not describe the changed page.
    let mut headers = head.headers.without(&NOT_FORWARDED).without(&["etag"]);
    headers.push("X-Frame-Options", "DENY");
    headers.push("Content-Length", &length.to_string());
    headers.push("Connection", "close");
    ResponseHead { headers, ..head }
}

/// Copies bytes in both directions until one side closes the connection.
fn connect(browser: &mut TcpStream, server: &TcpStream) -> io::Result<()> {
    let (mut from_browser, mut to_server) = (browser.try_clone()?, server.try_clone()?);
    let up = thread::spawn(move || {
        let copied = io::copy(&mut from_browser, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Both);
        copied
    });
    let mut server = server;
    let copied = io::copy(&mut server, browser);
    let _ = browser.shutdown(Shutdown::Both);
    let _ = up.join();
    copied.map(drop)
}

/// Inserts the script at the beginning of the page's head.
fn inject(page: &str) -> String {
    let at = ["head", "html", "!doctype"].iter().find_map(|name| after_tag(page, name));
    let (before, after) = page.split_at(at.unwrap_or(0));
    format!("{before}<script src=\"{SCRIPT}\"></script>{after}")
}

/// The position after the first tag with this name, which must be in lower case.
fn after_tag(page: &str, name: &str) -> Option<usize> {
    let lower = page.to_ascii_lowercase();
    let tags = lower.match_indices('<').filter_map(|(at, _)| {
        let rest = lower[at + 1..].strip_prefix(name)?;
        // `<header>` is not `<head>`.
        let ends = rest.starts_with(|next: char| next == '>' || next.is_ascii_whitespace());
        ends.then_some(at)
    });
    // Tags in comments don't count.
    let mut tags = tags.filter(|at| {
        let before = &lower[..*at];
        before.rfind("<!--").is_none_or(|open| before[open..].contains("-->"))
    });
    let at = tags.next()?;
    Some(at + lower[at..].find('>')? + 1)
}

fn file(directory: &Path, path: &str) -> ServerResponse {
    let not_found = || ServerResponse::text(Status::NotFound, "The file does not exist.");
    let Some((path, bytes)) = locate(directory, path).and_then(|path| {
        let bytes = std::fs::read(&path).ok()?;
        Some((path, bytes))
    }) else {
        return not_found();
    };
    let kind = media_type(&path);
    if kind.starts_with("text/html") {
        return ServerResponse::new(Status::Ok, kind, inject(&String::from_utf8_lossy(&bytes)));
    }
    ServerResponse::new(Status::Ok, kind, bytes)
}

/// The file at a path, unless it is hidden or outside of the directory, also through links.
fn locate(directory: &Path, path: &str) -> Option<PathBuf> {
    let directory = directory.canonicalize().ok()?;
    let mut file = directory.clone();
    for part in percent_decoded(path)?.split('/').filter(|part| !part.is_empty()) {
        if part.starts_with('.') || part.contains(['\\', ':', '\0']) {
            return None;
        }
        file.push(part);
    }
    if file.is_dir() {
        file.push("index.html");
    }
    // A link may point out of the directory.
    file.canonicalize().ok().filter(|file| file.starts_with(&directory))
}

fn media_type(path: &Path) -> &'static str {
    let extension = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
    match extension.to_ascii_lowercase().as_str() {
        "html" | "htm" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "ico" => "image/vnd.microsoft.icon",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "ttf" => "font/ttf",
        "wasm" => "application/wasm",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: &str = "<script src=\"/@preview/client.js\"></script>";

    #[test]
    fn the_script_comes_before_all_others() {
        for (page, expected) in [
            (
                "<!doctype html><html><head a=b><script></script>",
                "<!doctype html><html><head a=b>§",
            ),
            ("<!DOCTYPE html>\n<HTML><Head\n>", "<!DOCTYPE html>\n<HTML><Head\n>§"),
            ("<!doctype html><title>Tool</title>", "<!doctype html>§"),
            ("<html><header>Tool</header>", "<html>§"),
            ("<!-- <head> --><head>Tool", "<!-- <head> --><head>§"),
            ("plain", "§"),
        ] {
            let injected = inject(page);
            assert!(injected.starts_with(&expected.replace('§', TAG)), "{injected}");
            assert_eq!(injected.replacen(TAG, "", 1), page);
        }
    }

    #[test]
    fn no_path_leads_out_of_the_directory() {
        let dir = tempfile::tempdir().unwrap();
        let ui = dir.path().join("ui");
        for (path, text) in
            [("secret.txt", "no"), ("ui/a/index.html", ""), ("ui/b c.txt", ""), ("ui/.env", "no")]
        {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(dir.path().join("secret.txt"), ui.join("link.txt")).unwrap();
        let absolute = dir.path().join("secret.txt");
        for path in [
            "/../secret.txt",
            "/a/../../secret.txt",
            "/%2e%2e/secret.txt",
            "/..%2fsecret.txt",
            "/..\\secret.txt",
            "/%2e%2e%5csecret.txt",
            "/.env",
            "/a/%00",
            "/%",
            "/%zz",
            "/link.txt",
            "/c:/secret.txt",
            absolute.to_str().unwrap(),
        ] {
            assert_eq!(locate(&ui, path), None, "{path}");
        }
        let ui = ui.canonicalize().unwrap();
        assert_eq!(locate(&ui, "/a/"), Some(ui.join("a/index.html")));
        assert_eq!(locate(&ui, "/b%20c.txt"), Some(ui.join("b c.txt")));
    }
}
