//! Runs the `docker` command and explains its failures.

use std::fmt;
use std::process::Command;

use crate::error::{Error, Result};
use crate::process::{self, Output, ProcessError};
use crate::progress::Step;

/// What `docker` does with an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DockerTask {
    Build,
    Push,
    Load,
    /// In its registry.
    Inspect,
}

impl fmt::Display for DockerTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DockerTask::Build => "build",
            DockerTask::Push => "push",
            DockerTask::Load => "load",
            DockerTask::Inspect => "inspect",
        })
    }
}

/// Runs Docker. Only the last line of its output is shown, except with `--verbose`.
pub fn run(command: impl Into<Command>, task: DockerTask, step: &Step<'_>) -> Result<()> {
    let all = step.progress().is_verbose();
    let relay = |output: Output<'_>| match output {
        Output::Stdout(line) | Output::Stderr(line) if all => step.relay(Output::Stdout(line)),
        Output::Stdout(line) | Output::Stderr(line) | Output::Progress(line) => {
            step.relay(Output::Progress(line));
        }
    };
    process::run_hidden(command, "", relay).map_err(|error| failure(task, error))
}

/// Runs Docker and returns its standard output.
pub fn read(command: impl Into<Command>, task: DockerTask) -> Result<String> {
    process::read(command).map_err(|error| failure(task, error))
}

fn failure(task: DockerTask, source: ProcessError) -> Error {
    let help = help(&source);
    let error = Error::new(format!("could not {task} the image")).because(source);
    match help {
        Some(help) => error.help(help),
        None => error,
    }
}

/// What to do about a failure, recognized by words in Docker's messages.
pub fn help(error: &ProcessError) -> Option<String> {
    const LOG_IN: &str = "log in with `docker login`, and check the image name";
    // In lower case, because Docker's messages differ in case.
    const REMEDIES: [(&str, &str); 8] = [
        (
            "permission denied while trying to connect to the docker",
            "allow your user to use Docker; `docker info` must succeed",
        ),
        (
            "no space left",
            "free space on the disk with Docker's data, such as with `docker system prune`",
        ),
        ("unauthorized", LOG_IN),
        ("authorization", LOG_IN),
        ("denied", LOG_IN),
        ("forbidden", LOG_IN),
        ("cannot connect to the docker daemon", "start Docker; `docker info` must succeed"),
        ("connection refused", "check that the registry in the image name is reachable"),
    ];
    let messages = error.messages().to_lowercase();
    let remedy = REMEDIES.iter().find(|(words, _)| messages.contains(words));
    remedy.map(|(_, help)| (*help).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_failure_of_docker_is_quoted_and_gets_a_help_line() {
        for (words, remedy) in [
            ("push access denied", "docker login"),
            ("unexpected status from HEAD request to http://a/b: 401 Unauthorized", "docker login"),
            ("Cannot connect to the Docker daemon at unix:///run/docker.sock", "docker info"),
        ] {
            let mut command = Command::new("sh");
            command.args(["-c", "echo \"$0\" >&2; exit 1", words]);
            let error = read(command, DockerTask::Push).unwrap_err();
            assert_eq!(error.to_string(), "could not push the image");
            assert!(error.message().contains(words), "{words}");
            assert!(error.advice().is_some_and(|help| help.contains(remedy)), "{words}");
        }
    }
}
