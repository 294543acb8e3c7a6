//! Runs npm, and explains its failures.

use std::path::Path;

use camino::Utf8Path;
use xshell::{Cmd, Shell, cmd};

use super::lock::{self, Difference, PackageLock};
use crate::error::{Error, Result};
use crate::files;
use crate::interrupt::Interrupted;
use crate::oci::Digest;
use crate::process::{self, Output, ProcessError};
use crate::progress::Step;

/// Says from which files the packages were installed.
const STAMP: &str = "node_modules/.installed-from";
/// npm's list of the installed packages. npm changes it with them.
const INSTALLED: &str = "node_modules/.package-lock.json";

#[derive(Clone, Copy, Debug)]
pub struct Npm<'a> {
    pub program: &'a Path,
    /// The directory with `package.json`.
    pub directory: &'a Utf8Path,
    /// The same directory as the configuration writes it, for messages.
    pub shown: &'a Utf8Path,
}

/// Why npm failed.
enum NpmError {
    Interrupted(Interrupted),
    /// The lock file does not match `package.json`: npm's reasons.
    OutOfSync(Vec<String>),
    /// The registry can't be reached.
    Network(ProcessError),
    Other(ProcessError),
}

impl Npm<'_> {
    /// Fails as cargo does with `--locked` if the lock file does not match `package.json`, even if packages
    /// are installed. Only npm can compare versions, so it is asked if they differ.
    ///
    /// # Errors
    /// The lock file is missing or out of date.
    pub fn check_lock(&self, sh: &Shell) -> Result<()> {
        let name = self.lock()?;
        let Some(difference) =
            PackageLock::read(self.directory, name).and_then(|lock| lock.difference())
        else {
            return Ok(());
        };
        if self.is_installed(name) {
            return Ok(());
        }
        let _directory = sh.push_dir(self.directory);
        let npm = self.program;
        let command = cmd!(sh, "{npm} ci --dry-run --ignore-scripts --no-audit --no-fund");
        match (run(command, "", |_| {}), difference) {
            (Err(NpmError::Interrupted(interrupted)), _) => Err(interrupted.into()),
            (Err(NpmError::OutOfSync(reasons)), _) | (_, Difference::Packages(reasons)) => {
                Err(self.out_of_date(name, &reasons))
            }
            // Installing the packages reports any other failure.
            (_, Difference::Versions) => Ok(()),
        }
    }

    /// Installs the packages of the lock file, unless they are already installed.
    ///
    /// # Errors
    /// The lock file is missing or out of date, or npm fails.
    pub fn install(&self, sh: &Shell, step: &Step<'_>) -> Result<()> {
        let name = self.lock()?;
        if self.is_installed(name) {
            return Ok(());
        }
        self.check_lock(sh)?;
        step.at("npm ci");
        let Self { program: npm, shown: directory, .. } = self;
        let _directory = sh.push_dir(self.directory);
        let command = cmd!(sh, "{npm} ci --no-audit --no-fund");
        step.progress().detail(&command);
        run(command, process::NETWORK, |output| relay(output, step)).map_err(
            |error| match error {
                NpmError::Interrupted(interrupted) => interrupted.into(),
                NpmError::OutOfSync(reasons) => self.out_of_date(name, &reasons),
                NpmError::Network(error) => not_installed(directory).because(error).help(
                    "check the network connection, and npm's settings for a registry or proxy",
                ),
                NpmError::Other(error) => not_installed(directory).because(error).help(format!(
                    "run `npm ci` in `{directory}`, and fix the errors that it reports"
                )),
            },
        )?;
        let stamp = self.directory.join(STAMP);
        if let (Some(text), true) = (self.stamp(name), stamp.parent().is_some_and(Utf8Path::is_dir))
        {
            files::write(&stamp, text)?;
        }
        Ok(())
    }

    /// Runs a script of `package.json`. `hint` is for a script that never ends.
    ///
    /// # Errors
    /// It fails.
    pub fn run_script(
        &self,
        script: &str,
        hint: &'static str,
        sh: &Shell,
        step: &Step<'_>,
    ) -> Result<()> {
        step.at(format_args!("npm run {script}"));
        let Self { program: npm, shown: directory, .. } = self;
        let _directory = sh.push_dir(self.directory);
        let command = cmd!(sh, "{npm} run {script}");
        step.progress().detail(&command);
        process::run_hidden(command, hint, |output| relay(output, step)).map_err(|error| {
            match error {
                ProcessError::Interrupted(interrupted) => interrupted.into(),
                error => Error::new(format!("`npm run {script}` failed in `{directory}`"))
                    .because(error)
                    .help(format!(
                        "run `npm run {script}` in `{directory}`, and fix the errors that it reports"
                    )),
            }
        })
    }

    fn lock(&self) -> Result<&'static str> {
        lock::find(self.directory).ok_or_else(|| self.no_lock())
    }

    /// Whether the installed packages are those of the lock file and `package.json`, for this platform.
    fn is_installed(&self, lock: &str) -> bool {
        let installed = files::read_text(&self.directory.join(STAMP)).ok();
        installed.is_some() && installed == self.stamp(lock)
    }

    /// Changes if other packages must be installed, or if others have been installed.
    fn stamp(&self, lock: &str) -> Option<String> {
        let of_file = |path: &str| Digest::of_file(&self.directory.join(path)).ok();
        let (locked, _) = of_file(lock)?;
        let declared = PackageLock::read(self.directory, lock).map(|lock| lock.declared().hex());
        let declared = declared.unwrap_or_default();
        // npm writes none if there are no packages.
        let installed = of_file(INSTALLED).map(|(digest, _)| digest.hex()).unwrap_or_default();
        // Some packages contain programs for the platform on which they were installed.
        let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
        Some(format!("{} {declared} {installed} {os} {arch}", locked.hex()))
    }

    fn out_of_date(&self, lock: &str, reasons: &[String]) -> Error {
        let directory = self.shown;
        Error::new(format!(
            "`{directory}/{lock}` is out of date; packages are installed exactly as it says"
        ))
        .because(reasons.join("\n    "))
        .help(format!("run `npm install` in `{directory}`, and commit `{lock}`"))
    }

    fn no_lock(&self) -> Error {
        let directory = self.shown;
        let foreign = lock::find_foreign(self.directory)
            .map(|foreign| format!("; npm, which installs them, does not read `{foreign}`"))
            .unwrap_or_default();
        Error::new(format!(
            "`{directory}/package-lock.json` is missing, so the versions of its packages are not fixed\
             {foreign}"
        ))
        .help(format!("run `npm install` in `{directory}`, and commit `package-lock.json`"))
    }
}

fn not_installed(directory: &Utf8Path) -> Error {
    Error::new(format!("can't install the npm packages of `{directory}`"))
}

fn relay(output: Output<'_>, step: &Step<'_>) {
    match output {
        Output::Progress(text) => step.at(text),
        Output::Stdout(text) | Output::Stderr(text) => step.progress().detail(text),
    }
}

/// Runs `npm ci`. npm prints reasons before its whole help, of which an error keeps only the end.
fn run(
    command: Cmd<'_>,
    hint: &'static str,
    mut sink: impl FnMut(Output<'_>),
) -> Result<(), NpmError> {
    let mut report = NpmReport::default();
    let ended = process::run_hidden(command, hint, |output| {
        if let Output::Stderr(line) = output {
            report.add(line);
        }
        sink(output);
    });
    ended.map_err(|error| match error {
        ProcessError::Interrupted(interrupted) => NpmError::Interrupted(interrupted),
        _ if report.is_out_of_sync => NpmError::OutOfSync(report.reasons),
        error if report.is_network => NpmError::Network(error),
        error => NpmError::Other(error),
    })
}

/// What is recognized in npm's messages.
#[derive(Debug, Default)]
struct NpmReport {
    is_out_of_sync: bool,
    is_network: bool,
    /// Why the files are not in sync.
    reasons: Vec<String>,
}

impl NpmReport {
    fn add(&mut self, line: &str) {
        /// The codes of Node.js and npm for a registry that can't be reached.
        const NETWORK: [&str; 10] = [
            "ENOTFOUND",
            "EAI_AGAIN",
            "ECONNREFUSED",
            "ECONNRESET",
            "ENETUNREACH",
            "EHOSTUNREACH",
            "ETIMEDOUT",
            "ERR_SOCKET_TIMEOUT",
            "ENOTCACHED",
            "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
        ];
        let prefixes = ["npm error ", "npm ERR! "];
        let Some(text) = prefixes.iter().find_map(|prefix| line.strip_prefix(prefix)) else {
            return;
        };
        self.is_out_of_sync |= text.contains("are in sync");
        if let Some(code) = text.strip_prefix("code ") {
            self.is_network |= NETWORK.contains(&code.trim());
        }
        if ["Missing: ", "Invalid: "].iter().any(|start| text.starts_with(start)) {
            self.reasons.push(text.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn npms_reasons_are_found_before_its_help() {
        let mut report = NpmReport::default();
        for line in [
            "npm error code EUSAGE",
            "npm error `npm ci` can only install packages when your package.json and \
             package-lock.json or npm-shrinkwrap.json are in sync.",
            "npm error Missing: left-pad@1.3.0 from lock file",
            "npm ERR! Invalid: lock file's ms@2.1.3 does not satisfy ms@1.0.0",
            "npm error Options:",
        ] {
            report.add(line);
        }
        assert!(report.is_out_of_sync && !report.is_network);
        assert_eq!(
            report.reasons,
            [
                "Missing: left-pad@1.3.0 from lock file",
                "Invalid: lock file's ms@2.1.3 does not satisfy ms@1.0.0",
            ]
        );
        report.add("npm error code ECONNREFUSED");
        assert!(report.is_network);
    }
}
