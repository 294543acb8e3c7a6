//! The program `docker-extension`, as users without a project get it from `cargo install`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn docker_extension(directory: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_docker-extension"));
    command.args(args).current_dir(directory).env_remove("CARGO_TARGET_DIR").output().unwrap()
}

fn stdout(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// The archive of an extension without host binaries, so that nothing is compiled.
fn archive(project: &Path) -> PathBuf {
    let manifest = r#"
[workspace]
members = []

[workspace.package]
version = "1.2.3"

[workspace.metadata.docker-extension]
image = "me/pages"
title = "Pages"
description = "Does it."
vendor = "Me"
api-version = ">= 0.3.4"
icon = "icon.svg"
icon-url = "https://acme.dev/icon.svg"
screenshots = [{ alt = "It", url = "https://acme.dev/1.png" }]
detailed-description = "It does it."
publisher-url = "https://acme.dev"
changelog = "First."
categories = ["networking"]
ui = { title = "Pages" }
"#;
    fs::create_dir(project.join("ui")).unwrap();
    for (path, text) in [
        ("Cargo.toml", manifest),
        ("icon.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
        ("ui/index.html", "<!doctype html><title>Pages</title>"),
    ] {
        fs::write(project.join(path), text).unwrap();
    }
    stdout(&docker_extension(project, &["dist", "--engine", "embedded"]));
    project.join("dist/pages-1.2.3.oci.tar")
}

#[test]
fn help_names_the_program_that_was_called() {
    let directory = tempfile::tempdir().unwrap();
    for command in ["dist", "preview", "validate", "doctor"] {
        let help = stdout(&docker_extension(directory.path(), &[command, "--help"]));
        assert!(help.contains(&format!("Usage: docker-extension {command}")), "{help}");
    }
}

#[test]
fn an_image_is_validated_outside_a_project() {
    let [project, elsewhere] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let archive = archive(project.path());
    let report = docker_extension(
        elsewhere.path(),
        &["validate", archive.to_str().unwrap(), "--format=json"],
    );
    let report: serde_json::Value = serde_json::from_str(&stdout(&report)).unwrap();
    assert_eq!(report["counts"]["errors"], 0, "{report:#}");
    assert_eq!(report["subject"]["platforms"], serde_json::json!(["linux/amd64", "linux/arm64"]));
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0, "it left files behind");
}

#[test]
fn doctor_reports_on_the_machine_outside_a_project() {
    let directory = tempfile::tempdir().unwrap();
    let report = stdout(&docker_extension(directory.path(), &["doctor"]));
    let subjects: Vec<&str> = report.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(subjects, ["Rust", "zig", "Node.js", "image", "project", "cache"], "{report}");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0, "it left files behind");
}
