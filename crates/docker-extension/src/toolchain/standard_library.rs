//! Where a target's standard library comes from.
//!
//! The sources, in the order in which they are tried: it is installed; rustup adds it; cargo builds it
//! from the sources in the toolchain; rustup adds these sources; on Debian and its derivatives, the
//! distribution has the sources of exactly this compiler.

use std::fmt;

use camino::Utf8PathBuf;
use xshell::{Cmd, Shell};

use super::route::{LibraryOrigin, Route, Routes};
use super::rust::Toolchain;
use super::{cache, debian};
use crate::error::{Error, Result};
use crate::interrupt;
use crate::lock::lock;
use crate::platform::HostPlatform;
use crate::process;
use crate::progress::Step;
use crate::text;

/// The standard library of one cargo invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StandardLibrary {
    /// The toolchain has it for every target.
    Prebuilt,
    /// Cargo builds it.
    FromSource(Sources),
}

impl fmt::Display for StandardLibrary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StandardLibrary::Prebuilt => f.write_str("from the toolchain"),
            StandardLibrary::FromSource(sources) => write!(f, "built from `{}`", sources.library),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources {
    /// The directory `library`.
    pub library: Utf8PathBuf,
    /// Whether it is where cargo looks by default.
    pub in_toolchain: bool,
}

/// A failed attempt, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Attempt {
    what: &'static str,
    why: String,
}

fn listed(attempts: &[Attempt]) -> String {
    attempts.iter().map(|attempt| format!("\n  {}: {}", attempt.what, attempt.why)).collect()
}

/// Provides the standard libraries through the first route that works.
///
/// # Errors
/// No route works; the error lists the attempts.
pub(super) fn provide<'a>(
    toolchain: &Toolchain,
    routes: &'a Routes,
    sh: &Shell,
    step: &Step<'_>,
) -> Result<(StandardLibrary, &'a Route)> {
    let first = &routes.first;
    let platforms: Vec<HostPlatform> = first.linkers.keys().copied().collect();
    if first.library == (LibraryOrigin::Toolchain { missing: Vec::new() }) {
        return Ok((StandardLibrary::Prebuilt, first));
    }
    // Held until the sources are available: rustup may install these too.
    let _lock = lock(&cache::directory()?.join("standard-library.lock"), step.progress())?;
    let mut tried = Vec::new();
    let from_source = match &first.library {
        LibraryOrigin::Toolchain { .. } => {
            // Another run may have installed them while this one waited for the lock.
            match add_targets(toolchain, &missing(toolchain, &platforms), sh, step) {
                Ok(()) => return Ok((StandardLibrary::Prebuilt, first)),
                Err(attempt) => tried.push(attempt),
            }
            interrupt::check()?;
            routes.otherwise.as_ref()
        }
        LibraryOrigin::Source => Some(first),
    };
    let targets = triples(&missing(toolchain, &platforms));
    if let Some(route) = from_source {
        step.progress().note(format_args!(
            "rustup has no standard library for {}: building it from source, once, which takes about 40 seconds per target",
            text::list(&targets),
        ));
        for way in [in_toolchain, add_sources, debian_sources] {
            match way(toolchain, sh, step) {
                Ok(sources) => return Ok((StandardLibrary::FromSource(sources), route)),
                Err(attempt) => tried.push(attempt),
            }
            interrupt::check()?;
        }
    }
    let names = targets.join(", ");
    let what = format!("no standard library for {names}:{}", listed(&tried));
    Err(Error::new(what).help(format!(
        "check the network connection, or add it yourself: `rustup target add {}`",
        targets.join(" ")
    )))
}

fn missing(toolchain: &Toolchain, platforms: &[HostPlatform]) -> Vec<HostPlatform> {
    let platforms = platforms.iter().copied();
    platforms.filter(|platform| !toolchain.has_standard_library(*platform)).collect()
}

fn triples(platforms: &[HostPlatform]) -> Vec<String> {
    platforms.iter().map(|platform| platform.triple().to_string()).collect()
}

fn add_targets(
    toolchain: &Toolchain,
    missing: &[HostPlatform],
    sh: &Shell,
    step: &Step<'_>,
) -> Result<(), Attempt> {
    if missing.is_empty() {
        return Ok(());
    }
    let failed = |why| Attempt { what: "rustup target add", why };
    let targets = triples(missing);
    let command = toolchain
        .rustup(sh, &["target", "add"])
        .ok_or_else(|| failed("rustup does not manage this toolchain".to_owned()))?
        .args(&targets);
    step.progress().note(format_args!(
        "downloading the standard library for {} with rustup (about 25 MB each, once)",
        text::list(&targets)
    ));
    rustup(command, step).map_err(failed)?;
    if missing.iter().all(|platform| toolchain.has_standard_library(*platform)) {
        return Ok(());
    }
    Err(failed("rustup reports it as installed, but it is missing".to_owned()))
}

fn in_toolchain(toolchain: &Toolchain, _: &Shell, _: &Step<'_>) -> Result<Sources, Attempt> {
    let library = toolchain.sysroot.join("lib/rustlib/src/rust/library");
    if debian::is_library(&library) {
        return Ok(Sources { library, in_toolchain: true });
    }
    Err(Attempt { what: "the toolchain's rust-src", why: "not installed".to_owned() })
}

fn add_sources(toolchain: &Toolchain, sh: &Shell, step: &Step<'_>) -> Result<Sources, Attempt> {
    let failed = |why| Attempt { what: "rustup component add rust-src", why };
    let command = toolchain
        .rustup(sh, &["component", "add"])
        .ok_or_else(|| failed("rustup does not manage this toolchain".to_owned()))?
        .arg("rust-src");
    step.progress()
        .note("downloading the standard library's sources with rustup (about 4 MB, once)");
    rustup(command, step).map_err(failed)?;
    in_toolchain(toolchain, sh, step)
}

fn debian_sources(toolchain: &Toolchain, sh: &Shell, step: &Step<'_>) -> Result<Sources, Attempt> {
    debian::rust_src(&toolchain.version, sh, step)
        .map(|library| Sources { library, in_toolchain: false })
        .map_err(|error| Attempt { what: "Debian's rust-src", why: reasons(&error) })
}

/// Runs rustup and hides its output, except the first error line of a failure.
fn rustup(command: Cmd<'_>, step: &Step<'_>) -> Result<(), String> {
    step.progress().detail(&command);
    process::run_hidden(command, process::NETWORK, |output| match output {
        process::Output::Stderr(line) => step.at(line),
        other => step.relay(other),
    })
    .map_err(|error| {
        let lines = error.messages().lines();
        lines
            .filter_map(|line| line.strip_prefix("error: "))
            .next()
            .map_or_else(|| error.to_string(), str::to_owned)
    })
}

fn reasons(error: &dyn std::error::Error) -> String {
    let mut reasons = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        reasons.push_str(": ");
        reasons.push_str(&error.to_string());
        source = error.source();
    }
    reasons
}
