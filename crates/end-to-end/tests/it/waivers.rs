//! Waivers, and the formats of reports.

use crate::support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::{Value, json};
use support::{Extension, TABLE, run, stderr, stdout};

const WAIVERS: &str = "
[[workspace.metadata.docker-extension.allow]]
rule = \"label-vendor\"
reason = \"We publish it for Docker.\"

[[workspace.metadata.docker-extension.allow]]
rule = \"icon-type\"
path = \"/icon.*\"
reason = \"It is fine.\"
";

/// An extension with an error in a label.
fn extension(waivers: &str) -> Extension {
    let extension = Extension::with_pages();
    configure(&extension, waivers);
    extension
}

fn configure(extension: &Extension, waivers: &str) {
    let table = TABLE.replace("vendor = \"Me\"", "vendor = \"Docker Inc.\"");
    let tab = "[workspace.metadata.docker-extension.ui]\ntitle = \"Tool\"\n";
    extension.manifest(&format!("{table}\n{tab}{waivers}"));
}

/// The exit status, standard output and standard error.
fn xtask(extension: &Extension, args: &[&str]) -> (Option<i32>, String, String) {
    let output = extension.xtask(args).output().unwrap();
    (output.status.code(), stdout(&output), stderr(&output))
}

const DIST: [&str; 3] = ["dist", "--engine", "embedded"];

#[test]
fn a_waived_error_does_not_fail_a_run_and_is_shown_with_its_reason() {
    let extension = extension(WAIVERS);
    let dist = |args: &[&str]| xtask(&extension, &[&DIST[..], args].concat());
    let validate = |args: &[&str]| xtask(&extension, &[&["validate"], args].concat());
    const WAIVED: &str = "waived error[label-vendor]: vendor `Docker Inc.` is not the publisher of the \
                          extension\n  --> label org.opencontainers.image.vendor in linux/amd64 and \
                          linux/arm64\n  reason: We publish it for Docker.\n";
    const UNUSED: &str = "warning[allow-unused]: waiver for `icon-type` in `/icon.*` does not match any \
                          finding\n  --> workspace.metadata.docker-extension.allow[1]\n";

    // A part of the extension says nothing about waivers for the rest.
    let (code, _, messages) = dist(&["--platform", "darwin-arm64"]);
    assert_eq!(code, Some(0), "{messages}");
    assert!(messages.contains(WAIVED) && !messages.contains("allow-unused"), "{messages}");
    let (code, report, _) = validate(&[]);
    assert_eq!(code, Some(0), "{report}");
    assert!(report.contains(WAIVED) && !report.contains("allow-unused"), "{report}");

    let (code, _, messages) = dist(&[]);
    assert_eq!(code, Some(0), "{messages}");
    assert!(messages.contains(WAIVED) && messages.contains(UNUSED), "{messages}");
    for args in [&[][..], &["dist"], &["dist/tool-1.2.3.oci.tar"]] {
        let (code, report, _) = validate(args);
        assert_eq!(code, Some(0), "{report}");
        assert!(report.contains(WAIVED) && report.contains(UNUSED), "{args:?}: {report}");
        assert!(report.trim_end().ends_with("1 warning, 1 note and 1 waived finding"), "{report}");
    }
    assert_eq!(validate(&["--deny", "warnings"]).0, Some(1));

    let (code, report, _) = validate(&["--format", "json"]);
    assert_eq!(code, Some(0));
    let report: Value = serde_json::from_str(&report).unwrap();
    let counts = json!({ "errors": 0, "warnings": 1, "notes": 1, "waived": 1 });
    assert_eq!(report["counts"], counts, "{report:#}");
    let waived = &report["waived"][0];
    assert_eq!((&waived["rule"], &waived["severity"]), (&json!("label-vendor"), &json!("error")));
    assert_eq!(waived["reason"], "We publish it for Docker.");
    assert_eq!(waived["waived_by"], "workspace.metadata.docker-extension.allow[0]");

    // The waivers of a project are not for images from elsewhere.
    let (code, _, messages) = dist(&["--tag", "you/other:1.2.3", "--output", "other"]);
    assert_eq!(code, Some(0), "{messages}");
    let foreign = ["other/tool-1.2.3.oci.tar"];
    let (code, report, _) = validate(&foreign);
    assert_eq!(code, Some(1), "{report}");
    assert!(report.contains("\nerror[label-vendor]: ") || report.starts_with("error["), "{report}");
    assert!(!report.contains("allow-unused"), "{report}");
    let allow = ["--allow", "label-vendor,label-title"];
    let (code, report, _) = validate(&[&foreign[..], &allow].concat());
    assert_eq!(code, Some(0), "{report}");
    assert!(report.contains("\n  reason: allowed by `--allow label-vendor`\n"), "{report}");
    let unused = "waiver for `label-title` does not match any finding\n  --> --allow label-title\n";
    assert!(report.contains(unused), "{report}");
}

#[test]
fn an_error_of_a_host_binary_that_only_the_build_finds_can_be_waived() {
    let extension = Extension::new();
    // The linker follows the last of these options.
    extension.write(
        "host-bins/tool/build.rs",
        "fn main() { if std::env::var(\"TARGET\").unwrap() == \"aarch64-apple-darwin\" {\n\
         for arg in [\"-platform_version\", \"macos\", \"13.0\", \"13.0\"] {\n\
         println!(\"cargo::rustc-link-arg={arg}\"); } } }",
    );
    let table = format!("{TABLE}minimum-macos = \"11.0\"\n");
    extension.manifest(&table);
    let (code, annotations, messages) =
        xtask(&extension, &[&DIST[..], &["--format=github"]].concat());
    assert_eq!(code, Some(1), "{messages}");
    let manifest = fs::read_to_string(extension.path("Cargo.toml")).unwrap();
    let end = "title=minimum-macos::`/darwin/tool` requires macOS 13.0, which is newer than";
    let lines: Vec<&str> = manifest.lines().collect();
    let line = 1 + lines.iter().position(|line| line.starts_with("minimum-macos")).unwrap();
    let start = format!("::error file=Cargo.toml,line={line},");
    assert!(annotations.starts_with(&start), "{annotations}");
    assert!(annotations.contains(end), "{annotations}");
    assert!(messages.ends_with("built but would not run with 1 error\n"), "{messages}");

    extension.manifest(&format!(
        "{table}[[workspace.metadata.docker-extension.allow]]\nrule = \"minimum-macos\"\n\
         path = \"/darwin/tool\"\nreason = \"It is the same.\"\n"
    ));
    let (code, _, messages) = xtask(&extension, &DIST);
    assert_eq!(code, Some(0), "{messages}");
    let waived = "waived error[minimum-macos]: `/darwin/tool` requires macOS 13.0, which is newer than \
                  `minimum-macos` (11.0)\n  --> /darwin/tool in linux/arm64\n  reason: It is the same.\n";
    assert!(messages.contains(waived) && !messages.contains("allow-unused"), "{messages}");
    // The image does not contain the promise, so the rule is not checked.
    let (code, report, _) = xtask(&extension, &["validate", "--deny", "warnings"]);
    assert_eq!(code, Some(0), "{report}");
}

#[test]
fn an_error_without_a_waiver_fails_dist_in_every_format() {
    let extension = extension("");
    let dist = |args: &[&str]| xtask(&extension, &[&DIST[..], args].concat());
    let (code, _, messages) = dist(&[]);
    assert_eq!(code, Some(1), "{messages}");
    assert!(messages.contains("built but failed validation:\n\nerror[label-vendor]"), "{messages}");

    let (code, annotations, messages) = dist(&["--format", "github"]);
    assert_eq!(code, Some(1), "{messages}");
    let manifest = fs::read_to_string(extension.path("Cargo.toml")).unwrap();
    let line = 1 + manifest.lines().position(|line| line.starts_with("vendor")).unwrap();
    let start =
        format!("::error file=Cargo.toml,line={line},title=label-vendor::vendor `Docker Inc.`");
    assert!(annotations.starts_with(&start), "{annotations}");
    assert!(messages.contains("failed validation with 1 error\n"), "{messages}");
    assert!(!messages.contains("label-vendor"), "{messages}");

    let (code, report, messages) = dist(&["--format", "sarif", "--allow", "label-vendor"]);
    assert_eq!(code, Some(0), "{messages}");
    let log: Value = serde_json::from_str(&report).expect("only the report is printed");
    let suppression = &log["runs"][0]["results"][1]["suppressions"][0];
    assert_eq!(suppression["justification"], "allowed by `--allow label-vendor`", "{report}");

    let (code, _, messages) = dist(&["--plan", "--format", "sarif"]);
    assert_eq!(code, Some(2), "{messages}");
    assert!(
        messages.contains("`--plan` supports the formats `text` and `json` only"),
        "{messages}"
    );
}

#[test]
fn annotations_of_a_metadata_file_have_its_lines() {
    let extension = Extension::new();
    extension.write("app/metadata.json", "{\n  \"icon\": \"icon.svg\",\n  \"name\": \"x\"\n}\n");
    let validate = ["validate", "app/metadata.json", "--format", "github"];
    let (code, annotations, _) = xtask(&extension, &validate);
    assert_eq!(code, Some(1));
    let start =
        "::error file=app/metadata.json,line=3,col=11,title=metadata-obsolete-key::obsolete";
    assert!(annotations.starts_with(start), "{annotations}");
    extension.write("app/metadata.json", "{\n  \"icon\": icon.svg\n}\n");
    let annotations = xtask(&extension, &validate).1;
    let start = "::error file=app/metadata.json,line=2,col=11,title=metadata-syntax::";
    assert!(annotations.starts_with(start), "{annotations}");
}

/// The validator of the authors of the format, with its package installed.
static VALIDATOR: LazyLock<PathBuf> = LazyLock::new(|| {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sarif");
    run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&directory));
    let program = directory.join("node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool");
    // npm may be configured not to run the package's script, which does this.
    run(Command::new("chmod").arg("u+x").arg(&program));
    program
});

/// The faults of a file, by the schema of the format and by the rules of GitHub code scanning.
fn faults(file: &Path) -> Vec<String> {
    let mut command = Command::new(&*VALIDATOR);
    command.arg("validate").arg(file).args(["--rule-kind", "Sarif;Ghas"]);
    command.args(["--log", "ForceOverwrite", "--output"]).arg(file.with_extension("result"));
    let output = run(command.env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1"));
    assert!(output.contains("1 files scanned"), "{output}");
    output.lines().filter(|line| line.contains(": error ")).map(str::to_owned).collect()
}

#[test]
#[ignore = "needs npm"]
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn the_sarif_report_is_valid_and_accepted_by_code_scanning() {
    let extension = extension(WAIVERS);
    extension.write("metadata.json", "{ \"icon\": 1, \"vm\": {}, \"x\": [] }");
    extension.dist(&[]);
    let file = extension.path("report.sarif");
    let report = |args: &[&str]| {
        let report = xtask(&extension, &[&["validate", "--format", "sarif"], args].concat()).1;
        fs::write(&file, &report).unwrap();
        serde_json::from_str::<Value>(&report).unwrap()
    };
    // With a waived finding, in a file without a project, and without any finding.
    for args in [&[][..], &["metadata.json"], &["--allow", "label-vendor,binary-emulated"]] {
        report(args);
        assert_eq!(faults(&file), [""; 0], "{args:?}");
    }
    let fails_if = |spoil: fn(&mut Value)| {
        let mut log = report(&[]);
        spoil(&mut log["runs"][0]["results"][0]);
        fs::write(&file, log.to_string()).unwrap();
        assert_ne!(faults(&file), [""; 0], "the validator accepts {log}");
    };
    // The first is a rule of GitHub, the second of the schema.
    fails_if(|result| _ = result.as_object_mut().unwrap().remove("locations"));
    fails_if(|result| result["reason"] = json!("unknown"));
}
