//! The extension's services while the preview runs: Docker Compose starts them in the local engine, and
//! requests of the page reach the socket that `vm` exposes.
//!
//! Docker Desktop shares a directory with all services, `/run/guest-services`, in its virtual machine. Here it
//! is a volume. One more service, the relay, connects to a socket in it, because this process can't: the engine
//! may be in a virtual machine or on another computer.

use std::io;
use std::process::{Command, Stdio};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::exec::find_docker;
use crate::compose;
use crate::error::one_line;
use crate::files;
use crate::process::{self, Output, ProcessError};
use crate::progress::{Progress, Step};
use crate::project::Project;
use crate::project::config::{self, Vm};

/// Where services offer their sockets.
pub(super) const SOCKETS: &str = "/run/guest-services";
/// A container with `socat`, as Podman Desktop uses it for the same purpose.
const RELAY_IMAGE: &str = "alpine/socat";
const RELAY: &str = "docker-extension-relay";
const VOLUME: &str = "docker-extension-guest-services";
/// The interval at which the end of the session is noticed.
const PAUSE: Duration = Duration::from_millis(100);

/// The services of a session.
#[derive(Debug, Default)]
pub struct Services {
    state: Mutex<ServiceState>,
    changed: Condvar,
}

#[derive(Clone, Debug, Default)]
enum ServiceState {
    #[default]
    Starting,
    Running(RunningServices),
    /// A message for the page that says why.
    Unavailable(String),
}

/// Containers, by their ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningServices {
    /// The first service in the compose file: commands run in it, as in Docker Desktop.
    pub first: String,
    /// The relay and the path of the socket. None if the extension exposes none.
    pub socket: Option<(String, String)>,
}

impl Services {
    /// Starts the services, waits until `is_over`, and stops them.
    pub fn run(&self, project: &Project, progress: &Progress, is_over: impl Fn() -> bool) {
        let Some(vm) = &project.config.vm else {
            return self
                .set(ServiceState::Unavailable("the extension has no `vm` table".to_owned()));
        };
        let step = progress.step("Start the services");
        let started = ComposeProject::new(project, vm).and_then(|compose| {
            let started = compose.start(&step);
            if started.is_err() {
                compose.stop();
            }
            started.map(|running| (compose, running))
        });
        match started {
            Ok((compose, running)) => {
                step.done("");
                self.set(ServiceState::Running(running));
                while !is_over() {
                    thread::sleep(PAUSE);
                }
                self.set(ServiceState::Unavailable("the preview has ended".to_owned()));
                compose.stop();
            }
            Err(reason) => {
                drop(step);
                if !is_over() {
                    progress.warn(format_args!("the services are not available: {reason}"));
                }
                self.set(ServiceState::Unavailable(reason));
            }
        }
    }

    /// The services, when they have started.
    ///
    /// # Errors
    /// A message for the page: why they are not available.
    pub fn wait(&self, is_over: impl Fn() -> bool) -> Result<RunningServices, String> {
        let mut state = self.lock();
        loop {
            match &*state {
                ServiceState::Running(running) => return Ok(running.clone()),
                ServiceState::Unavailable(reason) => {
                    return Err(format!("the services are not available: {reason}"));
                }
                ServiceState::Starting if is_over() => {
                    return Err("the preview has ended".to_owned());
                }
                ServiceState::Starting => {
                    let waited = self.changed.wait_timeout(state, PAUSE);
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }

    fn set(&self, state: ServiceState) {
        *self.lock() = state;
        self.changed.notify_all();
    }

    /// Ignores poisoning: a panic does not leave the state invalid.
    fn lock(&self) -> MutexGuard<'_, ServiceState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The services as a project of Docker Compose.
struct ComposeProject {
    docker: std::path::PathBuf,
    /// The project's name, which is the same for each preview, so that a new one replaces what a killed one
    /// left behind.
    name: String,
    /// The extension's own compose file, and the additions.
    files: [String; 2],
    /// The extension's image.
    image: String,
    /// The first service.
    first: String,
    uses_own_image: bool,
    socket: Option<String>,
    /// Removed when the services have stopped.
    _directory: TempDir,
}

impl ComposeProject {
    /// Writes the files. The error says why the services are not available.
    fn new(project: &Project, vm: &Vm) -> Result<Self, String> {
        let docker = find_docker().ok_or("`docker` is not installed, or not on PATH")?;
        check_compose(&docker)?;
        let directory = tempfile::Builder::new()
            .prefix("docker-extension-services-")
            .tempdir()
            .map_err(|error| format!("can't create a temporary directory: {error}"))?;
        let path = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
        let (file, text) = match &vm.service {
            config::Service::Image(image) => {
                // A JSON document is also YAML.
                let text = json!({ "services": { "service": { "image": image } } }).to_string();
                let file = path("compose.json");
                files::write(camino::Utf8Path::new(&file), &text).map_err(|it| one_line(&it))?;
                (file, text)
            }
            config::Service::ComposeFile(path) => {
                let path = project.root.join(path);
                let text = files::read_text(&path).map_err(|error| one_line(&error))?;
                (path.to_string(), text)
            }
        };
        let services = service_names(&file, &text)?;
        let first = services.first().cloned().ok_or(format!("`{file}` contains no services"))?;
        let socket = vm.socket.as_deref().map(socket_path).transpose()?;
        let name = format!("docker-extension-preview-{}", project_name(project.name()));
        let additions = additions(&services, &name, socket.is_some()).to_string();
        let added = path("additions.json");
        files::write(camino::Utf8Path::new(&added), &additions).map_err(|it| one_line(&it))?;
        Ok(Self {
            docker,
            name,
            files: [file, added],
            image: project.config.image.with_tag(project.tag.clone()).to_string(),
            first,
            uses_own_image: text.contains(compose::PLUGIN_IMAGE),
            socket,
            _directory: directory,
        })
    }

    fn start(&self, step: &Step<'_>) -> Result<RunningServices, String> {
        let mut up = self.compose();
        up.args(["up", "--detach", "--quiet-pull"]);
        process::run(up, |output| match output {
            Output::Stdout(line) | Output::Stderr(line) | Output::Progress(line) => {
                step.relay(Output::Progress(line));
            }
        })
        .map_err(|error| self.explain(&error))?;
        let first = self.container(&self.first)?;
        let socket = match &self.socket {
            Some(socket) => Some((self.container(RELAY)?, socket.clone())),
            None => None,
        };
        Ok(RunningServices { first, socket })
    }

    /// Removes the containers, the networks and the shared volume. The extension's own volumes remain, as in
    /// Docker Desktop. It does not stop at Ctrl-C, which is why it runs.
    fn stop(&self) {
        let mut down = self.compose();
        down.args(["down", "--timeout", "3", "--remove-orphans"]);
        let mut remove = Command::new(&self.docker);
        remove.args(["volume", "rm", "--force", &volume_name(&self.name)]);
        for mut command in [down, remove] {
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            own_group(&mut command);
            // Nobody is left to read an error.
            let _: io::Result<_> = command.status();
        }
    }

    fn compose(&self) -> Command {
        let mut command = Command::new(&self.docker);
        command.args(["compose", "--project-name", &self.name]);
        self.files.iter().for_each(|file| {
            command.args(["--file", file]);
        });
        command.env(compose::PLUGIN_IMAGE, &self.image);
        command
    }

    /// The id of a service's container.
    fn container(&self, service: &str) -> Result<String, String> {
        let mut ps = self.compose();
        ps.args(["ps", "--quiet", service]);
        let ids = process::read(ps).map_err(|error| self.explain(&error))?;
        let id = ids.lines().next().filter(|id| !id.is_empty());
        id.map(str::to_owned).ok_or(format!("the service `{service}` has ended"))
    }

    fn explain(&self, error: &ProcessError) -> String {
        let messages: Vec<&str> = error.messages().lines().map(str::trim).collect();
        // The last line states the fault; those before show the progress.
        let last = messages.iter().rev().find(|line| !line.is_empty());
        let reason = last.map_or_else(|| one_line(error), |line| (*line).to_owned());
        let (name, _) = self.image.split_once(':').unwrap_or((&self.image, ""));
        if self.uses_own_image && error.messages().contains(name) {
            format!(
                "{reason}; run `cargo xtask dist --load`, which makes the image `{}`",
                self.image
            )
        } else {
            reason
        }
    }
}

fn check_compose(docker: &std::path::Path) -> Result<(), String> {
    let mut version = Command::new(docker);
    version.args(["compose", "version"]);
    process::read(version).map(drop).map_err(|_| {
        "Docker Compose is not installed: `docker compose version` fails; install Docker's compose plugin"
            .to_owned()
    })
}

/// The names of the services that are started, in the order of the file.
fn service_names(file: &str, text: &str) -> Result<Vec<String>, String> {
    let read = compose::read(text.as_bytes()).map_err(|error| {
        let compose::Position { line, column } = error.position;
        format!("`{file}` is not valid YAML: line {line}, column {column}: {}", error.reason)
    })?;
    Ok(read.services.into_iter().map(|service| service.name).collect())
}

/// What is added to the extension's compose file: the shared volume for each service, and the relay.
fn additions(services: &[String], project: &str, with_relay: bool) -> Value {
    if !with_relay {
        return json!({ "services": {} });
    }
    let mount = json!([{
        "type": "volume",
        "source": VOLUME,
        "target": SOCKETS,
        "volume": { "nocopy": true },
    }]);
    let mut all = serde_json::Map::new();
    for service in services {
        all.insert(service.clone(), json!({ "volumes": mount }));
    }
    all.insert(
        RELAY.to_owned(),
        json!({
            "image": RELAY_IMAGE,
            "network_mode": "none",
            "volumes": mount,
            // It only keeps the container running: each request runs its own command in it.
            "entrypoint": ["socat"],
            "command": [format!("UNIX-LISTEN:{SOCKETS}/.preview,fork,unlink-early"), "/dev/null"],
        }),
    );
    let name = volume_name(project);
    json!({ "services": all, "volumes": { VOLUME: { "name": name } } })
}

fn volume_name(project: &str) -> String {
    format!("{project}-guest-services")
}

/// A name that Docker Compose accepts.
fn project_name(name: &str) -> String {
    let is_kept = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    name.chars().map(|c| if is_kept(c) { c } else { '-' }).collect()
}

/// The path of the socket in the containers. Other characters have a meaning for `socat`.
fn socket_path(socket: &str) -> Result<String, String> {
    let name = socket.trim_start_matches(SOCKETS).trim_start_matches('/');
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if name.is_empty() || !name.chars().all(is_plain) {
        return Err(format!("`vm.socket` is `{socket}`, which is not a plain file name"));
    }
    Ok(format!("{SOCKETS}/{name}"))
}

/// Ctrl-C in the terminal must not end it.
fn own_group(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(not(unix))]
    let _ = command;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_shares_a_volume_with_the_relay() {
        let services = ["web".to_owned(), "db".to_owned()];
        let added = additions(&services, "preview", true);
        let names: Vec<&String> = added["services"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["db", RELAY, "web"]);
        for (name, service) in added["services"].as_object().unwrap() {
            assert_eq!(service["volumes"][0]["target"], SOCKETS, "{name}");
        }
        assert_eq!(added["volumes"][VOLUME]["name"], "preview-guest-services");
        assert_eq!(additions(&services, "preview", false), json!({ "services": {} }));
    }

    #[test]
    fn only_a_file_name_is_a_socket() {
        assert_eq!(socket_path("tool.sock").unwrap(), "/run/guest-services/tool.sock");
        assert_eq!(socket_path("/run/guest-services/a").unwrap(), "/run/guest-services/a");
        for socket in ["", "a,exec=x", "a b", "EXEC:sh"] {
            assert!(socket_path(socket).is_err(), "{socket}");
        }
    }

    #[test]
    fn services_with_a_profile_are_not_awaited() {
        let text = "services:\n  b: { image: b }\n  a: { image: a, profiles: [x] }\n";
        assert_eq!(service_names("c.yaml", text).unwrap(), ["b"]);
        let error = service_names("c.yaml", "a: [").unwrap_err();
        assert!(error.starts_with("`c.yaml` is not valid YAML: line "), "{error}");
    }

    #[test]
    fn requests_wait_until_the_services_have_started_or_failed() {
        let services = Services::default();
        assert_eq!(services.wait(|| true).unwrap_err(), "the preview has ended");
        thread::scope(|scope| {
            let waiting = scope.spawn(|| services.wait(|| false));
            services.set(ServiceState::Unavailable("no engine".to_owned()));
            let reason = waiting.join().unwrap().unwrap_err();
            assert_eq!(reason, "the services are not available: no engine");
        });
    }
}
