//! The services of an extension run while its preview does, and the page reaches them.

use crate::preview_in_browser::run_script;
use crate::support;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};
use support::preview::Preview;
use support::{Extension, TABLE, run, script};

/// Listens on the socket, and answers with what it receives; or prints its arguments and a variable.
const SERVICE: &str = r#"
use std::io::{Read, Write};
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|it| it == "print") {
        println!("{:?} {:?}", &args[1..], std::env::var("SET"));
        std::process::exit(if args.len() > 2 { 3 } else { 0 });
    }
    // Later than the first request.
    std::thread::sleep(std::time::Duration::from_secs(1));
    let listener =
        std::os::unix::net::UnixListener::bind("/run/guest-services/tool.sock").unwrap();
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        let mut request = Vec::new();
        let mut buffer = [0; 4096];
        // The data of a POST or PUT ends with the word.
        let is_whole = |it: &[u8]| match it {
            [b'P', ..] => it.ends_with(b"data") || it.ends_with(b"data\"}"),
            _ => it.ends_with(b"\r\n\r\n"),
        };
        while !is_whole(&request) {
            let length = stream.read(&mut buffer).unwrap();
            request.extend_from_slice(&buffer[..length]);
            if length == 0 { break }
        }
        let text = String::from_utf8(request).unwrap();
        let status = if text.starts_with("GET /missing") { "404 Not Found" } else { "200 OK" };
        let body = if text.starts_with("GET /json") { "{\"a\":[1]}" } else { &text };
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {length}");
        stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
    }
}
"#;

/// Creates an image that starts a program, with the program in `/usr/bin` and its libraries.
fn image(name: &str, program: &Path) {
    let dir = tempfile::tempdir().unwrap();
    let file_name = program.file_name().unwrap().to_str().unwrap();
    let copy = |from: &str, to: &str| {
        let to = dir.path().join("root").join(to.trim_start_matches('/'));
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    };
    copy(program.to_str().unwrap(), &format!("/usr/bin/{file_name}"));
    let libraries = run(Command::new("ldd").arg(program));
    for library in libraries.split_whitespace().filter(|it| it.starts_with('/')) {
        copy(library, library);
    }
    let dockerfile = format!("FROM scratch\nCOPY root /\nENTRYPOINT [\"/usr/bin/{file_name}\"]\n");
    fs::write(dir.path().join("Dockerfile"), dockerfile).unwrap();
    let build = ["buildx", "build", "--quiet", "--load", "--tag", name, "."];
    run(Command::new("docker").args(build).current_dir(dir.path()));
}

fn extension(vm: &str) -> Extension {
    let extension = Extension::with_pages();
    let ui = "[workspace.metadata.docker-extension.ui]\ntitle = \"Tool\"\n";
    extension.manifest(&format!("{TABLE}vm = {{ {vm} }}\n{ui}"));
    extension
}

fn get(preview: &Preview, url: &str) -> String {
    preview.post("service", &json!({ "method": "GET", "url": url }))
}

fn json_of(answer: &str) -> Value {
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"))
}

/// An extension whose service answers on the socket.
fn extension_with_service() -> Extension {
    let extension = extension("composefile = \"compose.yaml\", socket = \"tool.sock\"");
    extension.write(
        "compose.yaml",
        "services:\n  tool:\n    image: preview-test-service\n    network_mode: none\n",
    );
    let service = extension.path("service");
    extension.write("service.rs", SERVICE);
    run(Command::new("rustc").arg(extension.path("service.rs")).arg("-o").arg(&service));
    image("preview-test-service", &service);
    let relay = Command::new("docker").args(["image", "inspect", "alpine/socat"]).output().unwrap();
    if !relay.status.success() {
        // Without a network, it is made of the same program.
        let socat = run(Command::new("sh").args(["-c", "command -v socat"]));
        image("alpine/socat", Path::new(socat.trim()));
    }
    extension
}

/// The services of two previews of one extension have the same names.
static NAMES: Mutex<()> = Mutex::new(());

#[test]
#[ignore = "needs a browser, a Docker Engine with Docker Compose, and socat"]
fn the_page_gets_the_content_of_an_answer_or_a_service_error() {
    let _names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    let extension = extension_with_service();
    let preview = Preview::start(&mut extension.xtask(&["preview", "--no-open"]));
    run_script(&mut Command::new("node"), "services.mjs", &preview, extension.root());
}

#[test]
#[ignore = "needs a Docker Engine with Docker Compose, and socat"]
fn services_are_started_with_the_preview_reached_through_their_socket_and_stopped() {
    let _names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    let extension = extension_with_service();
    let mut preview = Preview::start(&mut extension.xtask(&["preview", "--no-open"]));
    let request = json!({
        "method": "POST", "url": "/hello?a=b c", "headers": { "X-Own": "1" }, "body": "data",
    });
    let answer = json_of(&preview.post("service", &request));
    assert_eq!((&answer["status"], &answer["type"]), (&json!(200), &json!("text/plain")));
    let received = answer["body"].as_str().unwrap();
    assert!(received.starts_with("POST /hello?a=b%20c HTTP/1.1\r\n"), "{received}");
    assert!(received.contains("X-Own: 1\r\n") && received.ends_with("\r\n\r\ndata"), "{received}");
    assert_eq!(json_of(&get(&preview, "/missing"))["status"], 404);

    let program = "/usr/bin/service";
    let (stdout, end) = preview.tab().run(json!({
        "program": { "vm": program }, "args": ["print", "a b"], "env": { "SET": "$x" },
    }));
    assert_eq!((stdout.as_str(), &end["code"]), ("[\"a b\"] Ok(\"$x\")\n", &json!(0)));
    let (_, end) =
        preview.tab().run(json!({ "program": { "vm": program }, "args": ["print", "a", "b"] }));
    assert_eq!(end["code"], 3);

    assert_eq!(preview.interrupt().code(), Some(0));
    let name = "docker-extension-preview-tool";
    let filter = format!("label=com.docker.compose.project={name}");
    let left = run(Command::new("docker").args(["ps", "--all", "--quiet", "--filter", &filter]));
    let volumes = run(Command::new("docker")
        .args(["volume", "ls", "--quiet", "--filter"])
        .arg(format!("name={name}")));
    assert_eq!((left.as_str(), volumes.as_str()), ("", ""));
}

/// The answers to a request and to a program, with a `docker` that does this.
fn answers_with(docker: &str, vm: &str) -> [String; 2] {
    let extension = extension(vm);
    extension.write("compose.yaml", "services:\n  tool:\n    image: ${DESKTOP_PLUGIN_IMAGE}\n");
    let bin = extension.path("bin");
    fs::create_dir(&bin).unwrap();
    script(&bin.join("docker"), &format!("#!/bin/sh\n{docker}\n"));
    let mut command = extension.xtask(&["preview", "--no-open"]);
    let path = std::env::var("PATH").unwrap();
    let preview = Preview::start(command.env("PATH", format!("{}:{path}", bin.display())));
    let answer = get(&preview, "/");
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    let (_, end) = preview.tab().run(json!({ "program": { "vm": "ls" }, "args": [] }));
    assert_eq!(end["type"], "failed", "{end}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    [body.to_owned(), end["message"].as_str().unwrap().to_owned()]
}

#[test]
fn calls_are_rejected_with_the_reason_why_the_services_are_not_available() {
    const FILE: &str = "composefile = \"compose.yaml\", socket = \"tool.sock\"";
    for answer in
        answers_with("echo \"docker: 'compose' is not a docker command\" >&2; exit 1", FILE)
    {
        let expected = "the services are not available: Docker Compose is not installed: \
                        `docker compose version` fails; install Docker's compose plugin";
        assert_eq!(answer, expected);
    }
    let no_engine = "Cannot connect to the Docker daemon at unix:///run/docker.sock. Is the docker \
                     daemon running?";
    let docker = format!("test \"$2\" = version || {{ echo '{no_engine}' >&2; exit 1; }}");
    for answer in answers_with(&docker, FILE) {
        assert_eq!(answer, format!("the services are not available: {no_engine}"));
    }
    let not_pulled =
        "case \"$*\" in *up*) echo \"pull access denied for me/tool\" >&2; exit 1;; esac";
    for answer in answers_with(not_pulled, FILE) {
        let expected = "the services are not available: pull access denied for me/tool; run \
                        `cargo xtask dist --load`, which makes the image `me/tool:1.2.3`";
        assert_eq!(answer, expected);
    }
}

#[test]
fn a_request_is_rejected_if_the_services_expose_no_socket() {
    let docker = "case \"$*\" in *ps*) echo 0123;; *exec*) exit 1;; esac";
    let extension = extension("image = \"me/service\"");
    let bin = extension.path("bin");
    fs::create_dir(&bin).unwrap();
    script(&bin.join("docker"), &format!("#!/bin/sh\n{docker}\n"));
    let mut command = extension.xtask(&["preview", "--no-open"]);
    let path = std::env::var("PATH").unwrap();
    let preview = Preview::start(command.env("PATH", format!("{}:{path}", bin.display())));
    let answer = get(&preview, "/");
    assert!(answer.contains("the configuration has no `vm.socket`"), "{answer}");
    let invalid = preview.post("service", &json!({ "method": "GET" }));
    assert!(invalid.starts_with("HTTP/1.1 400 "), "{invalid}");
}
