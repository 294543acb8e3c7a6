//! The pages' own dev server, which loads what has changed into the page.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use serde_json::Value;

use crate::files;
use crate::process::{self, Output};
use crate::progress::Progress;
use crate::ui::Npm;

/// The script in `package.json` that starts it.
const SCRIPT: &str = "dev";
/// How often to look whether it answers.
const POLL: Duration = Duration::from_millis(50);
/// After how long to say that it doesn't.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why there is no dev server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The package has no script for it.
    #[error("`{package}` has no script `{SCRIPT}`")]
    NoScript {
        /// The file `package.json`.
        package: Utf8PathBuf,
    },
    /// `package.json` is no JSON.
    #[error("`{package}` can't be read")]
    Package {
        /// The file.
        package: Utf8PathBuf,
        /// The reason.
        source: serde_json::Error,
    },
    /// There is no port for it.
    #[error("there is no port for the dev server")]
    Port(#[source] std::io::Error),
    /// It has ended.
    #[error("the dev server `npm run {SCRIPT}` has ended")]
    Ended {
        /// Why, if it said so.
        #[source]
        source: Option<process::ProcessError>,
    },
    /// A file can't be read.
    #[error(transparent)]
    Files(#[from] files::Error),
}

impl Error {
    /// What the person can do.
    pub fn help(&self) -> Option<String> {
        match self {
            Error::NoScript { .. } => Some(format!("add `\"{SCRIPT}\": \"vite\"` to its scripts")),
            Error::Ended { .. } => Some(format!(
                "mend what it says; it is given Vite's options `--host`, `--port` and \
                 `--strictPort`, which `npm run {SCRIPT}` has to take"
            )),
            Error::Files(error) => error.advice().map(str::to_owned),
            Error::Package { .. } | Error::Port(_) => None,
        }
    }
}

/// A dev server that is not started yet.
#[derive(Debug)]
pub struct DevServer<'a> {
    npm: Npm<'a>,
    /// Where it will listen.
    pub address: SocketAddr,
}

impl<'a> DevServer<'a> {
    /// Finds a port for it.
    ///
    /// # Errors
    /// The package has no script that starts one.
    pub fn new(npm: Npm<'a>) -> Result<Self, Error> {
        let package = npm.folder.join("package.json");
        let json: Value = serde_json::from_str(&files::read_text(&package)?)
            .map_err(|source| Error::Package { package: package.clone(), source })?;
        if json.pointer(&format!("/scripts/{SCRIPT}")).is_none() {
            return Err(Error::NoScript { package });
        }
        // It can be handed no socket, so the port is free again for a moment.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr())
            .map_err(Error::Port)?;
        Ok(Self { npm, address })
    }

    /// Runs it until Ctrl-C, or until it ends by itself.
    ///
    /// # Errors
    /// It has ended by itself.
    pub fn run(&self, progress: &Progress) -> Result<(), Error> {
        let command = self.command(progress);
        progress.detail(format_args!("{command:?}"));
        let ended = process::run(command, |output| match output {
            Output::Stdout(text) | Output::Stderr(text) | Output::Progress(text) => {
                if !text.trim().is_empty() {
                    progress.note(text);
                }
            }
        });
        match ended {
            // It is how a preview ends.
            Err(process::ProcessError::Interrupted(_)) => Ok(()),
            ended => Err(Error::Ended { source: ended.err() }),
        }
    }

    fn command(&self, progress: &Progress) -> Command {
        let mut command = Command::new(self.npm.program);
        command.current_dir(self.npm.folder).args(["run", "--silent", SCRIPT, "--"]);
        command.args(["--host", &self.address.ip().to_string()]);
        command.args(["--port", &self.address.port().to_string(), "--strictPort"]);
        command.args(["--clearScreen", "false"]);
        if !progress.is_verbose() {
            // The address that it would show is one without `window.ddClient`.
            command.args(["--logLevel", "warn"]);
        }
        // Nor is that one to be opened, whatever its configuration says.
        command.env("BROWSER", "none");
        command
    }

    /// Waits until it answers; `is_over` tells that it never will.
    pub fn wait(&self, progress: &Progress, is_over: impl Fn() -> bool) {
        let started = Instant::now();
        let mut is_told = false;
        while !is_over() && TcpStream::connect(self.address).is_err() {
            std::thread::sleep(POLL);
            if !is_told && started.elapsed() > PATIENCE {
                progress.note(format_args!("the dev server does not listen at {}", self.address));
                is_told = true;
            }
        }
    }
}
