//! The dev server of the `ui` package, such as Vite. It loads changed modules into the page.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;
use xshell::{Cmd, Shell, cmd};

use crate::error::{Error, Result};
use crate::files;
use crate::process::{self, Output, ProcessError};
use crate::progress::Progress;
use crate::ui::Npm;

/// The script in `package.json` that starts the dev server.
const SCRIPT: &str = "dev";
/// How long to wait between two attempts to connect.
const POLL: Duration = Duration::from_millis(50);
/// After this time, the preview reports that the dev server does not answer.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A dev server that is not started yet.
#[derive(Debug)]
pub struct DevServer<'a> {
    npm: Npm<'a>,
    /// The address at which it will listen.
    pub address: SocketAddr,
}

impl<'a> DevServer<'a> {
    /// Chooses a free port.
    ///
    /// # Errors
    /// `package.json` can't be read or has no script `dev`, or no port is free.
    pub fn new(npm: Npm<'a>) -> Result<Self> {
        let package = npm.directory.join("package.json");
        let json: Value = serde_json::from_str(&files::read_text(&package)?)
            .map_err(|error| Error::new(format!("can't read `{package}`")).because(error))?;
        if json.pointer(&format!("/scripts/{SCRIPT}")).is_none() {
            return Err(Error::new(format!("`{package}` has no script `{SCRIPT}`"))
                .help(format!("add `\"{SCRIPT}\": \"vite\"` to `scripts`")));
        }
        // The dev server can't inherit a socket, so the port is released before it starts.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr())
            .map_err(|error| Error::new("no free port for the dev server").because(error))?;
        Ok(Self { npm, address })
    }

    /// Runs the dev server until Ctrl-C.
    ///
    /// # Errors
    /// It exits by itself, with any exit status.
    pub fn run(&self, progress: &Progress) -> Result<()> {
        let sh = Shell::new()?;
        sh.change_dir(self.npm.directory);
        let command = self.command(&sh, progress);
        progress.detail(&command);
        let ended = process::serve(command, |output| match output {
            Output::Stdout(text) | Output::Stderr(text) | Output::Progress(text) => {
                if !text.trim().is_empty() {
                    progress.note(text);
                }
            }
        });
        let error = Error::new(format!("the dev server `npm run {SCRIPT}` exited"));
        let error = error.help(format!(
            "make `npm run {SCRIPT}` start a server that accepts Vite's options `--host`, `--port` and \
             `--strictPort`, and fix the errors that it printed"
        ));
        match ended {
            // Ctrl-C ends the preview.
            Err(ProcessError::Interrupted(_)) => Ok(()),
            Err(reason) => Err(error.because(reason)),
            Ok(()) => Err(error),
        }
    }

    fn command<'s>(&self, sh: &'s Shell, progress: &Progress) -> Cmd<'s> {
        let npm = self.npm.program;
        let (host, port) = (self.address.ip().to_string(), self.address.port().to_string());
        // It would print its own address, where `window.ddClient` is missing.
        let quiet: &[&str] = if progress.is_verbose() { &[] } else { &["--logLevel", "warn"] };
        let vite = ["--strictPort", "--clearScreen", "false"];
        cmd!(sh, "{npm} run --silent {SCRIPT} -- --host {host} --port {port} {vite...} {quiet...}")
            // For the same reason, it must not open a browser.
            .env("BROWSER", "none")
    }

    /// Waits until it accepts connections, or until `is_over`.
    pub fn wait(&self, progress: &Progress, is_over: impl Fn() -> bool) {
        let started = Instant::now();
        let mut is_reported = false;
        while !is_over() && TcpStream::connect(self.address).is_err() {
            std::thread::sleep(POLL);
            if !is_reported && started.elapsed() > TIMEOUT {
                progress
                    .note(format_args!("the dev server is not listening on {} yet", self.address));
                is_reported = true;
            }
        }
    }
}
