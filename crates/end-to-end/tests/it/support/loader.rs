//! Starts macOS programs for Intel on x86-64 Linux.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use serde_json::Value;

use super::{repository, run};

/// Builds a program of this workspace for this machine.
pub fn built(package: &str) -> PathBuf {
    let mut command = Command::new("cargo");
    command.args(["build", "--quiet", "--message-format=json", "--package", package]);
    let messages = run(command.current_dir(repository()));
    let mut messages = messages.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let executable = messages.find_map(|it| Some(it["executable"].as_str()?.into()));
    executable.unwrap()
}

/// Starts a macOS program for Intel under our loader.
pub fn start(program: &Path, args: &[&str]) -> Output {
    static LOADER: LazyLock<PathBuf> = LazyLock::new(|| built("mach-o-loader"));
    let mut command = Command::new(&*LOADER);
    command.arg(program).args(args).env_remove("RUST_BACKTRACE").output().unwrap()
}
