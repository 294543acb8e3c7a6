//! `doctor`: shows which tools are installed and what `dist` would download.

use std::fmt::{Display, Write};

use camino::Utf8Path;
use xshell::Shell;

use super::current_directory;
use crate::cli::DistArgs;
use crate::engine::{self, EngineChoice, EngineRequest};
use crate::error::{Error, Result};
use crate::node::{self, NodeRange};
use crate::output;
use crate::plan::{Draft, TargetTools};
use crate::project::Project;
use crate::style::{BAD, DIM, GOOD, WARNING};
use crate::text;
use crate::toolchain::zig::ZigPlan;
use crate::toolchain::{Toolchain, ToolchainPlan, cache};
use crate::ui::UiSource;

/// Changes nothing, and downloads nothing.
///
/// # Errors
/// The project is invalid, or `dist` can't run on this machine.
pub fn run() -> Result<()> {
    let sh = Shell::new()?;
    let here = current_directory(&sh)?;
    let mut report = Report::default();
    let toolchain = Toolchain::detect(&sh);
    report.rust(&toolchain);
    match (Project::find(&here)?, &toolchain) {
        (Some(project), Ok(toolchain)) => report.project(&project, toolchain, &here, &sh)?,
        (Some(_), Err(_)) => {}
        (None, _) => report.machine(&sh),
    }
    report.good("cache", cache::directory()?);
    output::print(&report.text)?;
    match report.problems {
        0 => Ok(()),
        count => {
            Err(Error::new(format!("`dist` can't run here: {}", text::count(count, "problem"))))
        }
    }
}

/// Lines with a mark: `✓` is ready, `!` needs a download or attention, `✗` makes `dist` fail.
#[derive(Default)]
struct Report {
    text: String,
    problems: usize,
}

impl Report {
    fn good(&mut self, what: impl Display, state: impl Display) {
        let _ = writeln!(self.text, "{GOOD}✓{GOOD:#} {what:<14} {state}");
    }

    fn attention(&mut self, what: impl Display, state: impl Display) {
        let _ = writeln!(self.text, "{WARNING}!{WARNING:#} {what:<14} {state}");
    }

    fn bad(&mut self, what: impl Display, error: &Error) {
        let help = error.advice().map(|help| format!(": {help}")).unwrap_or_default();
        let _ = writeln!(self.text, "{BAD}✗{BAD:#} {what:<14} {error}{help}");
        self.problems += 1;
    }

    fn rust(&mut self, toolchain: &Result<Toolchain>) {
        match toolchain {
            Ok(Toolchain { version, host, sysroot, rustup_name, .. }) => {
                let manager = if rustup_name.is_some() { "by rustup" } else { "without rustup" };
                let place = format_args!("{DIM}{sysroot}{DIM:#}");
                self.good("Rust", format_args!("{version} for {host}, {manager} {place}"));
            }
            Err(error) => self.bad("Rust", error),
        }
    }

    fn project(
        &mut self,
        project: &Project,
        toolchain: &Toolchain,
        here: &Utf8Path,
        sh: &Shell,
    ) -> Result<()> {
        let draft = Draft::new(project, &DistArgs::default(), here, toolchain, sh)?;
        match &draft.toolchain {
            Ok(Some(toolchain)) => self.targets(toolchain),
            Ok(None) => {}
            Err(error) => self.bad("toolchain", error),
        }
        match &draft.pages {
            Ok(Some(pages)) => {
                if let (Some(_), Ok(version)) = (pages.npm(), node::version()) {
                    self.good("Node.js", version);
                }
                self.good("pages", UiSource::manner(pages));
            }
            Ok(None) => {}
            Err(error) => self.bad("pages", error),
        }
        if let Err(error) = &draft.services {
            self.bad("services", error);
        }
        self.engine(&draft.engine);
        if let Err(error) = &draft.output {
            self.bad("output", error);
        }
        Ok(())
    }

    fn targets(&mut self, toolchain: &ToolchainPlan<'_>) {
        let route = &toolchain.routes.first;
        for (platform, linker) in &route.linkers {
            let Some(tools) = TargetTools::of(&toolchain.routes, *platform) else { continue };
            if tools.is_installed() && !linker.downloads_mingw {
                self.good(platform, tools);
            } else {
                self.attention(platform, tools);
            }
        }
        match &toolchain.zig {
            Some(zig @ ZigPlan::Found { has_zigbuild: true, .. }) => self.good("zig", zig),
            Some(zig) if route.uses_zig() => self.attention("zig", format_args!("needed: {zig}")),
            Some(zig @ ZigPlan::Found { .. }) => self.good("zig", zig),
            Some(ZigPlan::Download) | None => self.good("zig", "not needed"),
        }
    }

    /// Outside a project: the tools that `dist` and `validate` can use.
    fn machine(&mut self, sh: &Shell) {
        match ZigPlan::decide(sh) {
            Ok(zig @ ZigPlan::Found { .. }) => self.good("zig", zig),
            Ok(ZigPlan::Download) => {
                self.good("zig", "not installed; only host binaries that compile C need it");
            }
            Err(error) => self.bad("zig", &error),
        }
        match node::version() {
            Ok(version) if NodeRange::of_template().includes(&version) => {
                self.good("Node.js", version);
            }
            Ok(version) => {
                let range = NodeRange::of_template();
                let state =
                    format_args!("{version}; a dashboard tab built with Vite needs `{range}`");
                self.attention("Node.js", state);
            }
            Err(error) => self.attention("Node.js", error),
        }
        self.engine(&engine::choose(EngineRequest::Auto, None, false).map_err(Error::from));
        let place = "this is not an extension's directory; run `cargo xtask doctor` in one";
        self.attention("project", place);
    }

    fn engine(&mut self, engine: &Result<EngineChoice>) {
        match engine {
            Ok(choice) => self.good("image", format_args!("engine {choice}")),
            Err(error) => self.bad("image", error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_incomplete_and_missing_tools_have_different_marks() {
        let mut report = Report::default();
        report.good("darwin-amd64", "installed");
        report.attention("darwin-arm64", "will be downloaded");
        report.bad("pages", &Error::new("no npm").help("install Node.js"));
        let text = anstream::adapter::strip_str(&report.text).to_string();
        let marks: Vec<Option<char>> = text.lines().map(|line| line.chars().next()).collect();
        assert_eq!(marks, [Some('✓'), Some('!'), Some('✗')]);
        assert!(text.contains("no npm: install Node.js"), "{text}");
        assert_eq!(report.problems, 1);
    }
}
