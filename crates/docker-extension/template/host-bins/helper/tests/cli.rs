//! Runs the program as the dashboard tab does.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

const NAME: &str = env!("CARGO_PKG_NAME");
const PROGRAM: &str = env!(concat!("CARGO_BIN_EXE_", env!("CARGO_PKG_NAME")));

fn helper(arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments);
    command
}

fn stdout(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn search_path_reports_existing_and_missing_directories() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bin");
    let missing = directory.join("missing");
    fs::create_dir_all(directory.join("subdirectory")).unwrap();
    fs::write(directory.join("one"), "").unwrap();
    fs::write(directory.join("two"), "").unwrap();

    let path = env::join_paths([&directory, &missing]).unwrap();
    let output = helper(&["search-path"]).env("PATH", path).output().unwrap();
    let report: Value = serde_json::from_str(&stdout(output)).unwrap();
    let directories = json!([
        { "path": directory, "exists": true, "files": 2 },
        { "path": missing, "exists": false, "files": null },
    ]);
    assert_eq!(
        report,
        json!({ "schema_version": 1, "directories": directories })
    );
}

#[test]
fn version_and_help_are_printed() {
    let version = stdout(helper(&["--version"]).output().unwrap());
    assert_eq!(version, format!("{NAME} {}\n", env!("CARGO_PKG_VERSION")));
    let help = stdout(helper(&["--help"]).output().unwrap());
    assert!(help.contains(&format!("Usage: {NAME} <COMMAND>")), "{help}");
}

#[test]
fn invalid_arguments_fail_with_status_2_and_a_message() {
    for arguments in [&[][..], &["search"], &["search-path", "now"]] {
        let output = helper(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.starts_with(&format!("{NAME}: ")), "{message}");
    }
}
