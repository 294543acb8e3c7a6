//! How fast the Rust toolchain links, beside zig. The only test of its file: while it measures, no other
//! one runs.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::time::Instant;

use support::{Extension, stderr, zig};

const DEFAULT: [&str; 3] = ["darwin-amd64", "darwin-arm64", "windows-amd64"];

/// On a machine where nothing was linked before; zig itself is there.
#[test]
#[ignore = "needs zig, which it downloads"]
fn the_first_link_takes_no_more_than_a_tenth_of_zigs() {
    let zig = zig();
    assert!(zig.args.is_empty(), "ZIG names one program");
    for platform in DEFAULT {
        let times = ["lld", "zig"].map(|linker| {
            let extension = Extension::new();
            let cache = tempfile::tempdir().unwrap();
            let link = || {
                let _ = fs::remove_dir_all(extension.path("target"));
                let started = Instant::now();
                let args = ["dist", "--engine", "embedded", "--linker", linker, "--platform"];
                let mut command = extension.xtask(&args);
                command.arg(platform).env("ZIG", &zig.program).env("XDG_CACHE_HOME", cache.path());
                let output = command.output().unwrap();
                assert!(output.status.success(), "{}", stderr(&output));
                started.elapsed().as_secs_f64()
            };
            let times = [link(), link()];
            println!("{platform:<14} {linker}: first {:.1} s, second {:.1} s", times[0], times[1]);
            times
        });
        assert!(times[0][0] <= times[1][0] / 10.0, "{platform}: {times:?}");
    }
}
