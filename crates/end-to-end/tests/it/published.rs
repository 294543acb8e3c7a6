//! What published extensions do: files that are no programs, programs for several CPUs, pages with a query,
//! and the faults that must still be found.

use serde_json::{Value, json};

use crate::support::Extension;
use crate::validate::{Entry, Image, PROGRAMS, check};

/// An extension without services and host binaries.
fn extension() -> Image {
    let mut image = Image::valid();
    image.metadata(|value| {
        let metadata = value.as_object_mut().unwrap();
        metadata.remove("vm");
        metadata.remove("host");
    });
    for path in ["compose.yaml", "darwin/tool", "windows/tool.exe"] {
        image.put(path, None);
    }
    image
}

/// Lists files for an operating system, and puts them into both variants.
fn list(image: &mut Image, os: &str, files: &[(&'static str, u32, &[u8])]) {
    let paths: Vec<Value> =
        files.iter().map(|(path, ..)| json!({ "path": format!("/{path}") })).collect();
    image.metadata(|value| {
        if value["host"].is_null() {
            value["host"] = json!({ "binaries": [{}] });
        }
        value["host"]["binaries"][0][os] = json!(paths);
    });
    for (path, mode, content) in files {
        image.put(path, Some(Entry::File(content.to_vec(), *mode)));
    }
}

/// Each finding as `error[rule] place: headline`.
fn findings(image: &Image) -> Vec<String> {
    let report = check(image.archive());
    let lines = report.findings().iter().map(|finding| {
        let (severity, id) = (finding.rule.severity.name(), finding.rule.id);
        format!("{severity}[{id}] {}: {}", finding.place, finding.what)
    });
    lines.collect()
}

const BOTH: &str = "linux/amd64 and linux/arm64";

#[test]
fn data_beside_a_script_need_not_be_executable() {
    let mut image = extension();
    for os in ["darwin", "linux"] {
        let script: &[u8] = b"#!/bin/sh\ncat defaults.properties\n";
        let files = [
            ("host/read.sh", 0o755, script),
            ("host/defaults.properties", 0o644, b"a=b\n"),
            ("host/ca.pem", 0o600, b"-----BEGIN CERTIFICATE-----\n"),
            ("host/lib/settings.json", 0o444, b"{}\n"),
        ];
        list(&mut image, os, &files);
    }
    let notes = ["ca.pem", "defaults.properties", "lib/settings.json"].map(|name| {
        let path = format!("/host/{name}");
        format!("note[not-a-program] {path} in {BOTH}: `{path}` is a text, not a program")
    });
    assert_eq!(findings(&image), notes);
    image.put("host/read.sh", Some(Entry::File(b"#!/bin/sh\n".to_vec(), 0o644)));
    assert!(findings(&image)[0].starts_with("error[binary-executable] /host/read.sh in"));
}

#[test]
fn programs_for_both_cpus_in_each_variant_are_a_note() {
    let [amd64, arm64, _] = &*PROGRAMS;
    let mut image = extension();
    let files = [("darwin/tool-amd64", 0o755, &**amd64), ("darwin/tool-arm64", 0o755, &**arm64)];
    list(&mut image, "darwin", &files);
    assert_eq!(
        findings(&image),
        [
            "note[binary-alternative] /darwin/tool-amd64 in linux/arm64: `/darwin/tool-amd64` is for \
             amd64, not for arm64: on arm64, the page must start `/darwin/tool-arm64`",
            "note[binary-alternative] /darwin/tool-arm64 in linux/amd64: `/darwin/tool-arm64` is for \
             arm64, not for amd64: on amd64, the page must start `/darwin/tool-amd64`",
        ]
    );
}

#[test]
fn a_program_that_is_named_for_another_cpu_is_the_only_error() {
    let [amd64, ..] = &*PROGRAMS;
    let mut image = extension();
    let files = [("darwin/tool-amd64", 0o755, &**amd64), ("darwin/tool-arm64", 0o755, &**amd64)];
    list(&mut image, "darwin", &files);
    let expected = format!(
        "error[binary-cpu-name] /darwin/tool-arm64 in {BOTH}: `/darwin/tool-arm64` is for amd64, not for \
         the CPU in its name, `arm64`"
    );
    let found = findings(&image);
    assert_eq!(found[0], expected);
    assert!(found[1..].iter().all(|line| line.starts_with("note[")), "{found:?}");

    // Without an alternative.
    let mut image = extension();
    list(&mut image, "darwin", &[("darwin/arm64/tool", 0o755, amd64)]);
    let found = findings(&image);
    assert!(found.len() == 1 && found[0].starts_with("error[binary-cpu-name] "), "{found:?}");
}

#[test]
fn a_program_for_one_cpu_without_an_alternative_is_an_error() {
    let [amd64, ..] = &*PROGRAMS;
    let mut image = extension();
    list(&mut image, "darwin", &[("darwin/tool-amd64", 0o755, amd64)]);
    let found = findings(&image);
    assert!(
        found
            .iter()
            .any(|it| it.starts_with("error[binary-cpu] /darwin/tool-amd64 in linux/arm64"))
    );
}

#[test]
fn the_address_of_a_page_may_have_a_query_and_a_fragment() {
    for src in ["index.html?v=1.2", "index.html#/home", "./index.html?a=/b#c", "%69ndex.html"] {
        let mut image = extension();
        image.metadata(|value| value["ui"]["dashboard-tab"]["src"] = json!(src));
        assert_eq!(findings(&image), [""; 0], "{src}");
        image.put("ui/index.html", None);
        image.put("ui/other.html", Some(Entry::File(Vec::new(), 0o644)));
        let missing =
            format!("error[ui-missing] /ui/index.html in {BOTH}: `/ui/index.html` is missing");
        assert_eq!(findings(&image), [missing], "{src}");
    }
}

#[test]
fn dist_accepts_a_query_and_a_fragment_in_the_entry_of_the_tab() {
    let extension = Extension::with_pages();
    let manifest = std::fs::read_to_string(extension.path("Cargo.toml")).unwrap();
    let ui = "[workspace.metadata.docker-extension.ui]\n";
    let entry = format!("{ui}entry = \"index.html?v=1.2#/home\"\n");
    extension.write("Cargo.toml", &manifest.replace(ui, &entry));
    extension.dist(&["--output", "dist"]);
    let metadata = std::fs::read_dir(extension.path("target/extension")).unwrap();
    let texts =
        metadata.flatten().filter(|it| it.file_name().to_string_lossy().contains("metadata"));
    let texts: Vec<String> = texts.map(|it| std::fs::read_to_string(it.path()).unwrap()).collect();
    assert!(!texts.is_empty());
    assert!(texts.iter().all(|it| it.contains("\"src\": \"index.html?v=1.2#/home\"")), "{texts:?}");
}

#[test]
fn a_file_for_an_interpreter_is_a_note() {
    let mut image = extension();
    let files: [(&str, u32, &[u8]); 2] = [
        ("windows/tool.exe", 0o755, &PROGRAMS[2]),
        ("windows/service.ps1", 0o755, b"Write-Output 'x'\n"),
    ];
    list(&mut image, "windows", &files);
    let found = findings(&image);
    let note = format!(
        "note[interpreter-file] /windows/service.ps1 in {BOTH}: `/windows/service.ps1` is a file for an \
         interpreter (PowerShell), and cannot be started by its own name"
    );
    assert!(found.contains(&note), "{found:?}");
    assert!(found.iter().all(|line| line.starts_with("note[")), "{found:?}");
}

#[test]
fn modes_of_files_for_windows_are_not_judged() {
    let mut image = extension();
    list(&mut image, "windows", &[("windows/read.cmd", 0o644, b"@echo off\r\n")]);
    assert_eq!(findings(&image), [""; 0]);
}

#[test]
fn an_error_page_in_the_place_of_a_program_is_shown() {
    let mut image = extension();
    let xml: &[u8] = b"<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code></Error>";
    list(&mut image, "darwin", &[("darwin/tool", 0o755, xml)]);
    list(&mut image, "windows", &[("windows/tool.exe", 0o755, b"Not Found")]);
    let error = |path: &str, kind: &str, line: &str| {
        format!(
            "error[binary-error-page] {path} in {BOTH}: `{path}` is {kind}, which looks like a downloaded \
             error page: it begins `{line}`"
        )
    };
    let xml = std::str::from_utf8(xml).unwrap();
    let expected = [
        error("/darwin/tool", "an XML document", xml),
        error("/windows/tool.exe", "a text", "Not Found"),
    ];
    assert_eq!(findings(&image), expected);
    let text = check(image.archive()).text();
    assert!(text.contains("`curl -fsSL`") && text.contains("sha256sum -c"), "{text}");
}
