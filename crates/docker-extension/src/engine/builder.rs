//! Finds out, within a few seconds, whether a buildx builder can build an image of two platforms.

use std::fmt;
use std::process::Command;
use std::time::{Duration, Instant};

use xshell::{Shell, cmd};

use crate::error::Error;
use crate::interrupt::Interrupted;
use crate::process::{self, ProcessError};

/// The time for all questions to Docker together.
const LIMIT: Duration = Duration::from_secs(5);
/// The storage driver of an engine with the containerd image store.
const CONTAINERD: &str = "io.containerd.snapshotter.v1";

/// A buildx builder that can build an image of several platforms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildxBuilder {
    name: String,
    driver: String,
    is_running: bool,
}

impl BuildxBuilder {
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Some if the builder is the Docker Engine itself: the Docker context of the engine. buildx has such a
    /// builder for each context, with the name of the context.
    pub fn engine_context(&self) -> Option<&str> {
        (self.driver == "docker").then_some(&*self.name)
    }

    /// If not, the first build starts it, which may download an image.
    pub fn is_running(&self) -> bool {
        self.is_running
    }
}

impl fmt::Display for BuildxBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let store = if self.engine_context().is_some() { ", containerd image store" } else { "" };
        write!(f, "builder `{}` (driver {}{store})", self.name, self.driver)
    }
}

/// Why Docker can't build the image.
#[derive(Debug, thiserror::Error)]
pub enum NoBuilder {
    #[error("`docker` is not installed or not on PATH")]
    NoClient,
    /// The client does not start.
    #[error("can't run `docker`: {reason}")]
    Client { reason: String },
    #[error("`docker` has no buildx plugin")]
    NoBuildx,
    #[error("the builder `{name}` does not exist")]
    Unknown { name: String },
    /// Docker or the builder does not answer.
    #[error("Docker does not answer: {reason}")]
    Silent { reason: String },
    /// The builder can build images of one platform only.
    #[error(
        "the builder `{name}` can't build images of several platforms, because its Docker Engine uses \
         the classic image store"
    )]
    ClassicStore { name: String },
    /// The user pressed Ctrl-C.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl From<NoBuilder> for Error {
    fn from(reason: NoBuilder) -> Self {
        let help = reason.help();
        let is_usage = matches!(reason, NoBuilder::Unknown { .. });
        let error = Error::showing(reason);
        let error = if is_usage { error.usage() } else { error };
        match help {
            Some(help) => error.help(help),
            None => error,
        }
    }
}

impl NoBuilder {
    /// What the user can do.
    pub fn help(&self) -> Option<&'static str> {
        let help = match self {
            NoBuilder::NoClient => {
                "install Docker, or use `--engine embedded`, which does not need it"
            }
            NoBuilder::Client { .. } => "use `--engine embedded`, which does not need Docker",
            NoBuilder::NoBuildx => {
                "install the buildx plugin (part of Docker Desktop; on Linux the package \
                 `docker-buildx-plugin` or `docker-buildx`), or use `--engine embedded`"
            }
            NoBuilder::Unknown { .. } => {
                "choose one of the builders that `docker buildx ls` lists, or create one with \
                 `docker buildx create`"
            }
            NoBuilder::Silent { .. } => {
                "start Docker (`docker info` must succeed), choose another builder with `--builder`, or \
                 use `--engine embedded`"
            }
            NoBuilder::ClassicStore { .. } => {
                "enable the containerd image store (in Docker Desktop: Settings, General; \
                 elsewhere: `{\"features\": {\"containerd-snapshotter\": true}}` in daemon.json), \
                 create a builder with `docker buildx create --use --driver docker-container`, or \
                 use `--engine embedded`"
            }
            NoBuilder::Interrupted(_) => return None,
        };
        Some(help)
    }
}

/// Inspects the builder of that name, or the current one. Does not start it.
pub fn probe(builder: Option<&str>) -> Result<BuildxBuilder, NoBuilder> {
    let docker = DockerClient::new()?;
    let inspected = docker.inspect(builder)?;
    let is_running = inspected.node_statuses.iter().any(|status| status == "running");
    if !is_running {
        if let Some(reason) = inspected.error {
            return Err(NoBuilder::Silent { reason });
        }
        if inspected.driver == "remote" {
            // Builders of the other drivers can be started from here.
            let reason = format!("the builder `{}` is not reachable", inspected.name);
            return Err(NoBuilder::Silent { reason });
        }
    }
    let builder = BuildxBuilder { name: inspected.name, driver: inspected.driver, is_running };
    match builder.engine_context() {
        Some(engine) if !docker.has_containerd_store(engine)? => {
            Err(NoBuilder::ClassicStore { name: builder.name })
        }
        _ => Ok(builder),
    }
}

/// Checks, before long work, that a Docker Engine answers.
pub fn check_engine() -> Result<(), NoBuilder> {
    let docker = DockerClient::new()?;
    docker.read(cmd!(docker.shell, "docker version")).map(drop).map_err(no_answer)
}

/// The `docker` command, which must answer before the deadline.
struct DockerClient {
    shell: Shell,
    deadline: Instant,
}

impl DockerClient {
    fn new() -> Result<Self, NoBuilder> {
        let shell =
            Shell::new().map_err(|error| NoBuilder::Client { reason: error.to_string() })?;
        Ok(Self { shell, deadline: Instant::now() + LIMIT })
    }

    fn inspect(&self, builder: Option<&str>) -> Result<Inspected, NoBuilder> {
        let command = cmd!(self.shell, "docker buildx inspect {builder...}");
        let error = match self.read(command) {
            Ok(text) => return Ok(Inspected::parse(&text)),
            Err(error) => error,
        };
        let has_failed = matches!(error, ProcessError::Failed { .. });
        // Without buildx, the error message depends on the version of Docker.
        let version = has_failed.then(|| self.read(cmd!(self.shell, "docker buildx version")));
        if let Some(Err(ProcessError::Failed { .. })) = version {
            return Err(NoBuilder::NoBuildx);
        }
        match builder {
            Some(name) if has_failed && error.messages().contains("no builder") => {
                Err(NoBuilder::Unknown { name: name.to_owned() })
            }
            _ => Err(no_answer(error)),
        }
    }

    fn has_containerd_store(&self, engine: &str) -> Result<bool, NoBuilder> {
        let format = "{{json .DriverStatus}}";
        let command = cmd!(self.shell, "docker --context {engine} info --format {format}");
        Ok(self.read(command).map_err(no_answer)?.contains(CONTAINERD))
    }

    fn read(&self, command: impl Into<Command>) -> Result<String, ProcessError> {
        process::read_within(command, self.deadline.saturating_duration_since(Instant::now()))
    }
}

fn no_answer(error: ProcessError) -> NoBuilder {
    match error {
        ProcessError::Interrupted(interrupted) => NoBuilder::Interrupted(interrupted),
        ProcessError::NotFound { .. } => NoBuilder::NoClient,
        ProcessError::Start { source, .. } | ProcessError::Wait { source, .. } => {
            NoBuilder::Client { reason: source.to_string() }
        }
        ProcessError::TimedOut { .. } => {
            NoBuilder::Silent { reason: format!("no answer within {} seconds", LIMIT.as_secs()) }
        }
        ProcessError::Failed { .. } => {
            let last = error.messages().lines().rfind(|line| !line.trim().is_empty());
            NoBuilder::Silent { reason: last.map_or_else(|| error.to_string(), str::to_owned) }
        }
    }
}

/// The fields of `docker buildx inspect` that are used.
#[derive(Debug, Default, PartialEq, Eq)]
struct Inspected {
    name: String,
    driver: String,
    node_statuses: Vec<String>,
    /// The first error of the builder or a node.
    error: Option<String>,
}

impl Inspected {
    /// Reads `Key: value` lines and ignores unknown ones.
    fn parse(text: &str) -> Self {
        let mut found = Inspected::default();
        let mut in_nodes = false;
        // Indented lines are a list that belongs to the key above.
        for line in text.lines().filter(|line| !line.starts_with([' ', '\t'])) {
            let Some((key, value)) = line.split_once(':') else { continue };
            let value = value.trim().to_owned();
            match key {
                "Nodes" => in_nodes = true,
                "Status" if in_nodes => found.node_statuses.push(value),
                "Name" if !in_nodes => found.name = value,
                "Driver" if !in_nodes => found.driver = value,
                "Error" => found.error = found.error.or(Some(value)),
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_engine_is_distinguished_from_one_that_does_not_answer() {
        let running = Inspected::parse(
            "Name:   default\nDriver: docker\n\nNodes:\nName:             default\n\
             Endpoint:         default\nStatus:           running\nBuildKit version: v0.13\n\
             Labels:\n org.mobyproject.buildkit.worker.executor: containerd\n Status: odd\n",
        );
        assert_eq!((running.name.as_str(), running.driver.as_str()), ("default", "docker"));
        assert_eq!((running.node_statuses, running.error), (vec!["running".to_owned()], None));

        let silent = Inspected::parse(
            "Name:          default\nDriver:        \nError:         Cannot connect to the Docker \
             daemon at unix:///x. Is the docker daemon running?\n",
        );
        assert!(silent.error.unwrap().starts_with("Cannot connect"));
    }

    #[test]
    fn every_node_of_a_builder_is_read() {
        let found = Inspected::parse(
            "Name: farm\nDriver: remote\nNodes:\nName: a\nEndpoint: tcp://a:1\nError: no route\n\
             \nName: b\nEndpoint: tcp://b:1\nStatus: running\n",
        );
        assert_eq!(found.node_statuses, ["running"]);
        assert_eq!(found.error.as_deref(), Some("no route"));
    }
}
