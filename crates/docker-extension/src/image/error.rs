//! What can keep an engine from making an image, and what to do about it.

use std::{fmt, io};

use camino::{Utf8Path, Utf8PathBuf};

use crate::interrupt::{self, Interrupted};
use crate::oci::Digest;
use crate::{files, process};

/// An engine could not make, push or load an image.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read or written.
    #[error(transparent)]
    Files(#[from] files::Error),
    /// The person pressed Ctrl-C.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// Something in the context that the image must not have.
    #[error("`{path}` is {kind}: the image takes plain files and folders only")]
    Unsupported {
        /// Where it is.
        path: Utf8PathBuf,
        /// What it is.
        kind: &'static str,
    },
    /// Two sources of a layer have the same name.
    #[error("`{path}` would be in the image twice")]
    Twice {
        /// The path in the image.
        path: Utf8PathBuf,
    },
    /// The folder that all commands start in is gone.
    #[error("can't run `docker` from here")]
    Shell(#[from] xshell::Error),
    /// Docker failed.
    #[error("Docker could not {task} the image")]
    Docker {
        /// What it was to do.
        task: Task,
        /// How it failed.
        source: process::ProcessError,
    },
    /// An archive that is not one of an extension's image.
    #[error("`{path}` is not an image of both platforms: {reason}")]
    Archive {
        /// The archive.
        path: Utf8PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// What Docker says about an image in the registry is not understood.
    #[error("can't read from buildx which image the registry has")]
    Answer(#[source] serde_json::Error),
    /// The pushed image is not the one that was built.
    #[error("the image that was pushed is {pushed}, but {built} was built")]
    Changed {
        /// The digest in the registry.
        pushed: Digest,
        /// The digest in the archive.
        built: Digest,
    },
}

/// What Docker was asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// To build it.
    Build,
    /// To push it to its registry.
    Push,
    /// To load it into the engine.
    Load,
    /// To look at it in its registry.
    Inspect,
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Task::Build => "build",
            Task::Push => "push",
            Task::Load => "load",
            Task::Inspect => "inspect",
        })
    }
}

impl Error {
    /// An error of reading or writing, which may be that work was interrupted.
    pub(super) fn io(action: &'static str, path: impl AsRef<Utf8Path>, error: io::Error) -> Self {
        match interrupt::check() {
            Err(interrupted) => interrupted.into(),
            Ok(()) => files::error(action, path.as_ref(), error).into(),
        }
    }

    /// An error of running Docker.
    pub(super) fn docker(task: Task, error: process::ProcessError) -> Self {
        match error {
            process::ProcessError::Interrupted(interrupted) => interrupted.into(),
            source => Error::Docker { task, source },
        }
    }

    /// What the person can do.
    pub fn help(&self) -> Option<String> {
        match self {
            Error::Files(error) => error.advice().map(str::to_owned),
            Error::Unsupported { .. } => {
                Some("put the file itself in its place; consumers on Windows fail on links".into())
            }
            Error::Twice { .. } => Some("rename one of the two".into()),
            Error::Docker { source, .. } => docker_help(source),
            Error::Changed { .. } => Some("run it again, and leave the sources alone".into()),
            Error::Interrupted(_) | Error::Shell(_) | Error::Archive { .. } | Error::Answer(_) => {
                None
            }
        }
    }
}

/// The remedies of failures that people meet; Docker's own words tell which it is.
pub(super) fn docker_help(error: &process::ProcessError) -> Option<String> {
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
            let mut command = std::process::Command::new("sh");
            command.args(["-c", "echo \"$0\" >&2; exit 1", words]);
            let error = Error::docker(Task::Push, process::read(command).unwrap_err());
            assert_eq!(error.to_string(), "Docker could not push the image");
            assert!(error.help().is_some_and(|help| help.contains(remedy)), "{words}");
        }
    }
}
