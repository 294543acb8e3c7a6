use std::io;

use crate::support::{alone, hostports, run, text};

#[test]
fn help_and_version_are_printed() {
    let _alone = alone();
    for line in ["--help", "-h", "watch --help"] {
        let help = run(line);
        assert_eq!(help.status.code(), Some(0));
        assert!(text(&help.stdout).contains("Usage: hostports COMMAND"));
        assert_eq!(text(&help.stderr), "");
    }
    for line in ["--version", "-V"] {
        let version = run(line);
        assert_eq!(version.status.code(), Some(0));
        let expected = concat!("hostports ", env!("CARGO_PKG_VERSION"));
        assert_eq!(text(&version.stdout).trim_end(), expected);
    }
}

#[test]
fn invalid_arguments_fail_with_status_2_and_one_line() {
    let _alone = alone();
    for line in ["", "lst", "list --all", "check", "check 0", "free --from x", "watch --interval"] {
        let output = run(line);
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert_eq!(text(&output.stdout), "", "{line}");
        let message = text(&output.stderr);
        assert!(message.starts_with("hostports: "), "{message}");
        assert!(message.ends_with(" (see hostports --help)\n"), "{message}");
        assert_eq!(message.matches('\n').count(), 1, "{message}");
    }
}

#[test]
fn a_closed_output_is_not_an_error() {
    let _alone = alone();
    for line in ["list", "free", "watch", "--help", "lst"] {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        let errors = writer.try_clone().expect("a second writer");
        let status = hostports(line).stdout(writer).stderr(errors).status().expect("runs");
        assert_eq!(status.code(), Some(if line == "lst" { 2 } else { 0 }), "{line}");
    }
}
