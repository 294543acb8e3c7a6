//! The pages' own dev server, which loads what has changed into the page.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;
use xshell::{Cmd, Shell, cmd};

use crate::error::{Error, Result};
use crate::files;
use crate::process::{self, Output, ProcessError};
use crate::progress::Progress;
use crate::ui::Npm;

/// The script in `package.json` that starts it.
const SCRIPT: &str = "dev";
/// How often to look whether it answers.
const POLL: Duration = Duration::from_millis(50);
/// After how long to say that it doesn't.
const PATIENCE: Duration = Duration::from_secs(20);

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
    pub fn new(npm: Npm<'a>) -> Result<Self> {
        let package = npm.folder.join("package.json");
        let json: Value = serde_json::from_str(&files::read_text(&package)?)
            .map_err(|error| Error::new(format!("can't read `{package}`")).because(error))?;
        if json.pointer(&format!("/scripts/{SCRIPT}")).is_none() {
            return Err(Error::new(format!("`{package}` has no script `{SCRIPT}`"))
                .help(format!("add `\"{SCRIPT}\": \"vite\"` to its scripts")));
        }
        // It can be handed no socket, so the port is free again for a moment.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr())
            .map_err(|error| Error::new("there is no port for the dev server").because(error))?;
        Ok(Self { npm, address })
    }

    /// Runs it until Ctrl-C, or until it ends by itself.
    ///
    /// # Errors
    /// It has ended by itself.
    pub fn run(&self, progress: &Progress) -> Result<()> {
        let sh = Shell::new()?;
        sh.change_dir(self.npm.folder);
        let command = self.command(&sh, progress);
        progress.detail(&command);
        let ended = process::run(command, |output| match output {
            Output::Stdout(text) | Output::Stderr(text) | Output::Progress(text) => {
                if !text.trim().is_empty() {
                    progress.note(text);
                }
            }
        });
        let error = Error::new(format!("the dev server `npm run {SCRIPT}` has ended"));
        let error = error.help(format!(
            "fix what it says; it is given Vite's options `--host`, `--port` and `--strictPort`, \
             which `npm run {SCRIPT}` has to take"
        ));
        match ended {
            // It is how a preview ends.
            Err(ProcessError::Interrupted(_)) => Ok(()),
            Err(reason) => Err(error.because(reason)),
            Ok(()) => Err(error),
        }
    }

    fn command<'s>(&self, sh: &'s Shell, progress: &Progress) -> Cmd<'s> {
        let npm = self.npm.program;
        let (host, port) = (self.address.ip().to_string(), self.address.port().to_string());
        // The address that it would show is one without `window.ddClient`.
        let quiet: &[&str] = if progress.is_verbose() { &[] } else { &["--logLevel", "warn"] };
        let vite = ["--strictPort", "--clearScreen", "false"];
        cmd!(sh, "{npm} run --silent {SCRIPT} -- --host {host} --port {port} {vite...} {quiet...}")
            // Nor is that one to be opened, whatever its configuration says.
            .env("BROWSER", "none")
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
