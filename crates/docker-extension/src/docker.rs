//! The `docker` command: running it, and what its failures mean.

use std::fmt;
use std::process::Command;

use crate::error::{Error, Result};
use crate::process::{self, Output, ProcessError};
use crate::progress::Step;

/// What Docker was asked to do with an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DockerTask {
    Build,
    Push,
    Load,
    /// To look at it in its registry.
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

/// Runs Docker. It writes many lines about little: only the last one is shown, unless the user wants
/// all of them.
pub fn run(command: impl Into<Command>, task: DockerTask, step: &Step<'_>) -> Result<()> {
    let all = step.progress().is_verbose();
    let relay = |output: Output<'_>| match output {
        Output::Stdout(line) | Output::Stderr(line) if all => step.relay(Output::Stdout(line)),
        Output::Stdout(line) | Output::Stderr(line) | Output::Progress(line) => {
            step.relay(Output::Progress(line));
        }
    };
    process::run(command, relay).map_err(|error| failure(task, error))
}

/// Runs Docker, and returns what it writes to its standard output.
pub fn read(command: impl Into<Command>, task: DockerTask) -> Result<String> {
    process::read(command).map_err(|error| failure(task, error))
}

fn failure(task: DockerTask, source: ProcessError) -> Error {
    let help = help(&source);
    let error = Error::new(format!("Docker could not {task} the image")).because(source);
    match help {
        Some(help) => error.help(help),
        None => error,
    }
}

/// What to do about a failure that users meet; Docker's own words tell which it is.
pub fn help(error: &ProcessError) -> Option<String> {
    const LOG_IN: &str = "log in with `docker login`, and check the image's name";
    // In lower case, as the same words come in several.
    const REMEDIES: [(&str, &str); 8] = [
        (
            "permission denied while trying to connect to the docker",
            "allow your user to talk to Docker: `docker info` must answer",
        ),
        ("no space left", "make room on the disk that Docker keeps its data on"),
        ("unauthorized", LOG_IN),
        ("authorization", LOG_IN),
        ("denied", LOG_IN),
        ("forbidden", LOG_IN),
        ("cannot connect to the docker daemon", "start Docker: `docker info` must answer"),
        ("connection refused", "check that the registry in the image's name can be reached"),
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
    fn a_failure_of_docker_is_quoted_and_helped() {
        for (words, remedy) in [
            ("push access denied", "docker login"),
            ("unexpected status from HEAD request to http://a/b: 401 Unauthorized", "docker login"),
            ("Cannot connect to the Docker daemon at unix:///run/docker.sock", "docker info"),
        ] {
            let mut command = Command::new("sh");
            command.args(["-c", "echo \"$0\" >&2; exit 1", words]);
            let error = read(command, DockerTask::Push).unwrap_err();
            assert_eq!(error.to_string(), "Docker could not push the image");
            assert!(error.message().contains(words), "{words}");
            assert!(error.advice().is_some_and(|help| help.contains(remedy)), "{words}");
        }
    }
}
