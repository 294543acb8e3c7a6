//! Runs the program as Docker Desktop would.

use std::io;
use std::net::TcpListener;
use std::process::{self, Command, Output};

use serde_json::Value;

fn hostports(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hostports"));
    command.args(args);
    command
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

fn run(args: &[&str]) -> Output {
    hostports(args).output().expect("runs")
}

#[test]
fn lists_a_port_that_this_process_listens_on() {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = socket.local_addr().expect("an address").port();

    for args in [&[][..], &["list"]] {
        assert_lists(&run(args), port);
    }
}

fn assert_lists(output: &Output, port: u16) {
    assert!(output.status.success(), "{}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["schema_version"], 1);
    let listener = report["listeners"]
        .as_array()
        .expect("an array")
        .iter()
        .find(|listener| listener["port"] == port)
        .expect("the port is missing");
    assert_eq!(listener["protocol"], "tcp");
    assert_eq!(listener["address"], "127.0.0.1");
    assert_eq!(listener["pid"], process::id());
    assert_ne!(listener["process"], "");
}

#[test]
fn explains_itself() {
    let help = run(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(text(&help.stdout).contains("Usage: hostports [list]"));

    let version = run(&["--version"]);
    assert_eq!(version.status.code(), Some(0));
    assert_eq!(text(&version.stdout).trim_end(), concat!("hostports ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn refuses_bad_arguments() {
    let unknown = run(&["--all"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("unexpected argument '--all'"));
    assert_eq!(text(&unknown.stdout), "");
}

#[test]
fn accepts_that_nobody_reads_its_output() {
    let (reader, writer) = io::pipe().expect("a pipe");
    drop(reader);

    let output = hostports(&["list"]).stdout(writer).output().expect("runs");

    assert!(output.status.success(), "{}", text(&output.stderr));
}
