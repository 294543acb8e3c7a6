//! Compares the linking speed of the Rust toolchain with that of zig.
//!
//! The test measures processor time instead of elapsed time, because other tests run at the same time.

use crate::support;

use std::process::Command;

use support::{Extension, stderr, zig};

const DEFAULT: [&str; 3] = ["darwin-amd64", "darwin-arm64", "windows-amd64"];

/// The processor time of a command and its child processes, in seconds.
fn processor_time(command: &Command) -> f64 {
    let mut shell = Command::new("sh");
    shell.args(["-c", "\"$@\" >&2; status=$?; times; exit $status", "sh"]);
    shell.arg(command.get_program()).args(command.get_args());
    if let Some(directory) = command.get_current_dir() {
        shell.current_dir(directory);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let output = shell.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    // `0m0.004s 0m0.001s`, for the shell itself and for its children.
    let times = support::stdout(&output);
    let seconds = times.split_whitespace().map(|time| {
        let (minutes, seconds) = time.strip_suffix('s').unwrap().split_once('m').unwrap();
        60.0 * minutes.parse::<f64>().unwrap() + seconds.parse::<f64>().unwrap()
    });
    seconds.sum()
}

/// On a machine where nothing was linked before, but zig is installed.
#[test]
#[ignore = "needs zig, which it downloads"]
fn the_first_link_takes_no_more_than_a_tenth_of_zigs() {
    let zig = zig();
    assert!(zig.args.is_empty(), "ZIG must be a single program");
    for platform in DEFAULT {
        let [lld, zig] = ["lld", "zig"].map(|linker| {
            let extension = Extension::new();
            let cache = tempfile::tempdir().unwrap();
            let args = ["dist", "--engine", "embedded", "--linker", linker, "--platform", platform];
            let mut command = extension.xtask(&args);
            command.env("ZIG", &zig.program).env("XDG_CACHE_HOME", cache.path());
            processor_time(&command)
        });
        println!("{platform:<14} lld {lld:.1} s, zig {zig:.1} s");
        assert!(lld <= zig / 10.0, "{platform}: {lld} {zig}");
    }
}
