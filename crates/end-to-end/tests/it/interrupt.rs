//! Ctrl-C ends every step at once with one message, and the earlier dist is unchanged.

use crate::support;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::{Extension, script};

/// A build script that takes a minute.
const SLEEP: &str =
    "fn main() { std::process::Command::new(\"sleep\").arg(\"60\").status().unwrap(); }";

/// Runs the command, interrupts it when `step` has begun, and checks how it ends.
fn interrupt(extension: &Extension, mut command: Command, step: &str) {
    let is_dist = !command.get_args().any(|arg| arg == "validate");
    let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut messages = String::new();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    while !messages.contains(&format!("· {step} …")) {
        assert!(lines.read_line(&mut messages).unwrap() > 0, "no such step:\n{messages}");
    }
    // Lets the step begin its work.
    std::thread::sleep(Duration::from_millis(150));
    let pid = child.id().to_string();
    support::run(Command::new("kill").args(["-INT", &pid]));
    let interrupted = Instant::now();
    while lines.read_line(&mut messages).unwrap() > 0 {}
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(1), "{messages}");
    assert!(interrupted.elapsed() < Duration::from_secs(20), "{messages}");
    // Only a running `dist` names its output.
    let has_output = is_dist && step != "Plan the run";
    assert_eq!(messages.contains("\ninterrupted: `"), has_output, "{messages}");
    assert_eq!(messages.contains("\ninterrupted\n"), !has_output, "{messages}");
    assert!(messages.contains(&format!("✗ {step}")), "not interrupted in that step:\n{messages}");
    assert!(!messages.contains("error: "), "{messages}");
    extension.assert_untouched();
    assert_eq!(children_in(extension), "", "left running");
}

/// Programs whose command line contains the extension's directory.
fn children_in(extension: &Extension) -> String {
    let directory = extension.root().to_str().unwrap();
    let found = Command::new("pgrep").args(["-fl", directory]).output().unwrap();
    support::stdout(&found)
}

fn embedded(extension: &Extension) -> Command {
    extension.xtask(&["dist", "--engine", "embedded"])
}

/// With a sparse page of half a gigabyte, which takes no space on the disk.
fn with_large_pages() -> Extension {
    let extension = Extension::with_pages();
    let file = File::create(extension.path("ui/large.bin")).unwrap();
    file.set_len(512 << 20).unwrap();
    extension
}

#[test]
fn a_run_can_be_interrupted_while_it_waits_for_another() {
    let extension = Extension::new();
    std::fs::create_dir(extension.path("target")).unwrap();
    let lock = File::create(extension.path("target/.xtask-dist.lock")).unwrap();
    lock.lock().unwrap();
    let mut child = embedded(&extension).stderr(Stdio::piped()).spawn().unwrap();
    let mut messages = String::new();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    while !messages.contains("waiting for another run") {
        assert!(lines.read_line(&mut messages).unwrap() > 0, "{messages}");
    }
    support::run(Command::new("kill").args(["-INT", &child.id().to_string()]));
    assert_eq!(child.wait().unwrap().code(), Some(1));
    extension.assert_untouched();
}

#[test]
fn a_run_can_be_interrupted_even_if_its_parent_ignores_signals() {
    let extension = Extension::with_pages();
    extension.write("host-bins/tool/build.rs", SLEEP);
    let mut command = Command::new("sh");
    let xtask = embedded(&extension);
    let script = "trap '' INT HUP; exec \"$@\"";
    command.args(["-c", script, "sh"]).arg(xtask.get_program()).args(xtask.get_args());
    command.current_dir(extension.root()).env_remove("CARGO_TARGET_DIR");
    interrupt(&extension, command, "Compile the host binaries");
}

#[test]
fn planning_can_be_interrupted() {
    let extension = Extension::new();
    let zig = extension.path("zig");
    script(&zig, "#!/bin/sh\nsleep 60\n");
    let mut command = embedded(&extension);
    command.args(["--linker", "zig"]).env("ZIG", zig);
    interrupt(&extension, command, "Plan the run");
}

#[test]
fn compiling_can_be_interrupted() {
    let extension = Extension::new();
    extension.write("host-bins/tool/build.rs", SLEEP);
    interrupt(&extension, embedded(&extension), "Compile the host binaries");
}

#[test]
fn building_the_pages_can_be_interrupted() {
    let extension = Extension::with_pages();
    extension.write(
        "ui/package.json",
        r#"{ "name": "ui", "scripts": { "build": "sleep 60 && mkdir dist" } }"#,
    );
    extension.write(
        "ui/package-lock.json",
        r#"{ "name": "ui", "lockfileVersion": 3, "requires": true, "packages": { "": { "name": "ui" } } }"#,
    );
    interrupt(&extension, embedded(&extension), "Build the dashboard tab");
}

#[test]
fn writing_the_context_can_be_interrupted() {
    let extension = with_large_pages();
    interrupt(&extension, embedded(&extension), "Write the build context");
}

#[test]
fn the_embedded_engine_can_be_interrupted() {
    let extension = with_large_pages();
    interrupt(&extension, embedded(&extension), "Build the image");
}

#[test]
#[ignore = "needs a Docker Engine"]
fn the_docker_engine_can_be_interrupted() {
    let extension = with_large_pages();
    let command = extension.xtask(&["dist", "--engine", "docker"]);
    let _cache = support::while_docker_builds();
    interrupt(&extension, command, "Build the image");
}

#[test]
fn fetching_images_can_be_interrupted() {
    // Accepts connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{}/", silent.local_addr().unwrap());
    let extension = Extension::new();
    extension.manifest(&support::TABLE.replace("https://acme.dev/", &address));
    extension.dist(&["--output", "made", "--platform", "darwin-arm64"]);
    let command = extension.xtask(&["validate", "--online", "made"]);
    interrupt(&extension, command, "Fetch the icon and 1 screenshot");
}
