//! Runs a program for a page, and sends the program's output to the page.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use serde::Deserialize;

use super::programs::Programs;
use super::search_path::SearchPath;
use super::services::{RunningServices, Services};
use super::tabs::{Tab, TabMessage};
use super::utf8::Utf8Pieces;
use crate::error::one_line;
use crate::process::{self, Event, ProcessError, Running, Stream};
use crate::text;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExecRequest {
    /// The page's number for the program.
    pub exec: u64,
    program: Program,
    args: Vec<String>,
    cwd: Option<PathBuf>,
    #[serde(default)]
    env: BTreeMap<String, Option<String>>,
}

/// The only programs that a page may run.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Program {
    Docker,
    /// A host binary, by its file name.
    Host(String),
    /// Any program in the container of the first service.
    Vm(String),
}

/// Why a program was not run.
#[derive(Debug, thiserror::Error)]
enum ExecError {
    #[error("`{name}` is not a host binary of this extension{}", available(.names))]
    Undeclared { name: String, names: Vec<String> },
    #[error("the host binaries don't compile; fix the errors that the preview shows")]
    NotBuilt,
    #[error("`docker` is not installed, or not on PATH")]
    NoDocker,
    #[error("`cwd` is `{}`, which is not a directory", .0.display())]
    NoDirectory(PathBuf),
    #[error("{0:?} is not a valid name of an environment variable")]
    Variable(String),
    /// Why the services are not available.
    #[error("{0}")]
    Services(String),
    #[error(transparent)]
    Process(#[from] ProcessError),
}

fn available(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { String::new() } else { format!("; it has {}", text::list(&names)) }
}

impl ExecError {
    /// Node's error code, which Docker Desktop passes on.
    fn code(&self) -> &'static str {
        match self {
            ExecError::Undeclared { .. }
            | ExecError::NotBuilt
            | ExecError::NoDocker
            | ExecError::NoDirectory(_)
            | ExecError::Services(_)
            | ExecError::Process(ProcessError::NotFound { .. }) => "ENOENT",
            ExecError::Variable(_) => "EINVAL",
            ExecError::Process(_) => "EACCES",
        }
    }
}

/// What a page may run.
pub struct Executables<'a> {
    /// `None` until the host binaries are built.
    pub programs: Option<&'a Programs>,
    /// The PATH of host binaries.
    pub search_path: SearchPath,
    pub services: &'a Services,
}

/// Runs the program until it ends. Ends it when `is_cancelled`, or when the page is gone.
pub fn run(
    request: &ExecRequest,
    tab: &Tab,
    executables: &Executables<'_>,
    is_cancelled: impl Fn() -> bool,
) {
    let exec = request.exec;
    // An error means that the page is gone.
    let _ = match run_until(request, tab, executables, is_cancelled) {
        Ok((status, killed)) => tab.send(&TabMessage::Exit {
            exec,
            code: status.code(),
            signal: signal(status).as_deref(),
            killed,
        }),
        Err(error) => {
            tab.send(&TabMessage::Failed { exec, message: &one_line(&error), code: error.code() })
        }
    };
    tab.remove_program(exec);
}

fn run_until(
    request: &ExecRequest,
    tab: &Tab,
    executables: &Executables<'_>,
    is_cancelled: impl Fn() -> bool,
) -> Result<(ExitStatus, bool), ExecError> {
    let exec = request.exec;
    let command = command(request, executables, &is_cancelled)?;
    let mut running = Running::start(command, &[])?;
    let (mut stdout, mut stderr) = (Utf8Pieces::default(), Utf8Pieces::default());
    loop {
        let sent = match running.next_event() {
            Event::Output(Stream::Stdout, bytes) => {
                tab.send(&TabMessage::Stdout { exec, text: &stdout.push(&bytes) })
            }
            Event::Output(Stream::Stderr, bytes) => {
                tab.send(&TabMessage::Stderr { exec, text: &stderr.push(&bytes) })
            }
            Event::Quiet => Ok(()),
            Event::Ended => break,
        };
        if sent.is_err() || is_cancelled() {
            running.end(process::Request::Terminate);
            return Ok((running.wait()?, true));
        }
    }
    for (text, is_stdout) in [(stdout.finish(), true), (stderr.finish(), false)] {
        let text = text.as_str();
        if !text.is_empty() {
            let message = if is_stdout {
                TabMessage::Stdout { exec, text }
            } else {
                TabMessage::Stderr { exec, text }
            };
            let _ = tab.send(&message);
        }
    }
    Ok((running.wait()?, false))
}

/// Runs in the container, as Docker Desktop does. `cwd` and `env` are those in the container.
fn in_container(
    request: &ExecRequest,
    name: &str,
    services: &RunningServices,
) -> Result<Command, ExecError> {
    let mut command = Command::new(docker()?);
    command.arg("exec");
    if let Some(cwd) = &request.cwd {
        command.arg("--workdir").arg(cwd);
    }
    for (variable, value) in &request.env {
        check_variable(variable)?;
        if let Some(value) = value {
            command.arg("--env").arg(format!("{variable}={value}"));
        }
    }
    command.arg(&services.first).arg(name).args(&request.args);
    Ok(command)
}

fn check_variable(name: &str) -> Result<(), ExecError> {
    if name.is_empty() || name.contains(['=', '\0']) {
        return Err(ExecError::Variable(name.to_owned()));
    }
    Ok(())
}

/// The page's PATH and working directory don't change which program is found, and no shell interprets
/// the arguments.
fn command(
    request: &ExecRequest,
    executables: &Executables<'_>,
    is_cancelled: impl Fn() -> bool,
) -> Result<Command, ExecError> {
    let Executables { programs, search_path, services } = *executables;
    let program = match &request.program {
        Program::Docker => docker()?,
        Program::Host(name) => host_binary(name, programs)?,
        Program::Vm(name) => {
            let services = services.wait(is_cancelled).map_err(ExecError::Services)?;
            return in_container(request, name, &services);
        }
    };
    let mut command = Command::new(program);
    command.args(&request.args);
    let default = programs.map_or_else(std::env::temp_dir, |it| it.directory().to_owned());
    let directory = default.join(request.cwd.as_deref().unwrap_or(Path::new("")));
    if !directory.is_dir() {
        return Err(ExecError::NoDirectory(directory));
    }
    command.current_dir(directory);
    if let (Program::Host(_), Some(path)) = (&request.program, search_path.value()) {
        command.env("PATH", path);
    }
    for (name, value) in &request.env {
        check_variable(name)?;
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    Ok(command)
}

fn host_binary(name: &str, programs: Option<&Programs>) -> Result<PathBuf, ExecError> {
    let programs = programs.ok_or(ExecError::NotBuilt)?;
    programs.path(name).ok_or_else(|| ExecError::Undeclared {
        name: name.to_owned(),
        names: programs.names().map(str::to_owned).collect(),
    })
}

/// The absolute path of Docker's command line.
pub(super) fn find_docker() -> Option<PathBuf> {
    let found = which::which("docker").ok()?;
    // On Windows a script runs in a shell.
    let is_script = cfg!(windows) && found.extension() != Some(OsStr::new("exe"));
    (!is_script).then_some(found)
}

fn docker() -> Result<PathBuf, ExecError> {
    find_docker().ok_or(ExecError::NoDocker)
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<String> {
    // The others have different numbers on different systems.
    const NAMES: [&str; 16] = [
        "", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "", "SIGFPE", "SIGKILL",
        "", "SIGSEGV", "", "SIGPIPE", "SIGALRM", "SIGTERM",
    ];
    let number = std::os::unix::process::ExitStatusExt::signal(&status)?;
    let name = usize::try_from(number).ok().and_then(|number| NAMES.get(number));
    Some(match name {
        Some(name) if !name.is_empty() => (*name).to_owned(),
        _ => format!("signal {number}"),
    })
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<String> {
    None
}
