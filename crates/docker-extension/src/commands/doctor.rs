//! `cargo xtask doctor`: what this machine has for making the extension, and what a run would
//! download.

use std::collections::BTreeSet;
use std::fmt::Write;

use xshell::Shell;

use crate::error::Error;
use crate::image::{self, EngineRequest};
use crate::output;
use crate::platform::HostPlatform;
use crate::project::Project;
use crate::style::{DIM, GOOD, WARNING};
use crate::toolchain::linker::{self, Linker, Situation};
use crate::toolchain::standard_library::Expected;
use crate::toolchain::{Toolchain, cache, zig};
use crate::ui::Pages;

/// Runs the command. It changes nothing, and downloads nothing.
///
/// # Errors
/// There is no project here, or no Rust.
pub fn run() -> Result<(), Error> {
    let sh = Shell::new()?;
    let project = Project::load(&super::current_folder(&sh)?)?;
    let toolchain = Toolchain::detect(&sh)?;
    let mut report = Report::default();
    report.rust(&toolchain);
    let linkers = report.targets(&project, &toolchain)?;
    report.zig(&linkers, &sh)?;
    report.pages(&project);
    report.docker();
    report.good("cache", cache::folder()?);
    output::print(&report.0)
}

/// Lines with a mark: all is well, or something will be downloaded or is missing.
#[derive(Default)]
struct Report(String);

impl Report {
    fn good(&mut self, what: &str, state: impl std::fmt::Display) {
        let _ = writeln!(self.0, "{GOOD}✓{GOOD:#} {what:<14} {state}");
    }

    fn look(&mut self, what: &str, state: impl std::fmt::Display) {
        let _ = writeln!(self.0, "{WARNING}!{WARNING:#} {what:<14} {state}");
    }

    fn rust(&mut self, toolchain: &Toolchain) {
        let manager = if toolchain.rustup_name.is_some() { "by rustup" } else { "without rustup" };
        let Toolchain { version, host, sysroot, .. } = toolchain;
        self.good("Rust", format_args!("{version} for {host}, {manager} {DIM}{sysroot}{DIM:#}"));
    }

    fn targets(
        &mut self,
        project: &Project,
        toolchain: &Toolchain,
    ) -> Result<BTreeSet<Linker>, Error> {
        let mut linkers = BTreeSet::new();
        for &platform in &project.config.platforms {
            let (expected, situation) = Situation::before_a_run(toolchain, project, platform);
            let chosen = linker::choose(platform, project.config.linker, &situation)?;
            let state = format!(
                "standard library: {expected}; linker: {}, {}",
                chosen.linker, chosen.reason
            );
            let is_all_there = expected == Expected::Installed && !situation.downloads_mingw;
            self.target(platform, &state, is_all_there);
            linkers.insert(chosen.linker);
        }
        Ok(linkers)
    }

    fn target(&mut self, platform: HostPlatform, state: &str, is_all_there: bool) {
        let platform = platform.to_string();
        if is_all_there { self.good(&platform, state) } else { self.look(&platform, state) }
    }

    fn zig(&mut self, linkers: &BTreeSet<Linker>, sh: &Shell) -> Result<(), Error> {
        match zig::find(sh)? {
            Some(zig) => self.good("zig", format_args!("{} ({})", zig.version, zig.origin)),
            None if linkers.contains(&Linker::Zig) => {
                self.look("zig", "is needed, and will be downloaded with Python's pip");
            }
            None => self.good("zig", "not here, and not needed"),
        }
        Ok(())
    }

    fn pages(&mut self, project: &Project) {
        let Some(ui) = &project.config.ui else { return };
        match Pages::find(project, ui) {
            Ok(pages) => self.good("pages", pages.manner()),
            Err(error) => {
                let help = error.help().unwrap_or_default();
                self.look("pages", format_args!("{error}: {help}"));
            }
        }
    }

    fn docker(&mut self) {
        match image::choose(EngineRequest::Auto, None, false) {
            Ok(choice) => self.good("image", format_args!("engine {choice}")),
            Err(error) => self.look("image", error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_has_another_mark_than_what_is_there() {
        let mut report = Report::default();
        let platform = HostPlatform::DEFAULT[0];
        report.target(platform, "installed", true);
        report.target(platform, "will be downloaded", false);
        let marks: Vec<bool> = report.0.lines().map(|line| line.contains('✓')).collect();
        assert_eq!(marks, [true, false]);
    }
}
