//! What is asked for: the options and the project, put together and checked.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use xshell::Shell;

use crate::cli;
use crate::commands::current_folder;
use crate::error::Error;
use crate::image::EngineRequest;
use crate::platform::HostPlatform;
use crate::project::config::{LinkerRequest, Ui};
use crate::project::reference::ImageReference;
use crate::project::{HostBinary, Project};
use crate::text;

/// A request that makes sense.
pub(super) struct Request {
    pub project: Project,
    pub platforms: BTreeSet<HostPlatform>,
    pub reference: ImageReference,
    pub engine: EngineRequest,
    pub linker: LinkerRequest,
    pub deny_unknown_symbols: bool,
    pub output: Utf8PathBuf,
    with_ui: bool,
}

impl Request {
    /// Finds the project around the folder that the shell is in.
    ///
    /// # Errors
    /// The project has problems, or the options contradict it or each other.
    pub fn new(options: &cli::Dist, sh: &Shell) -> Result<Self, Error> {
        let here = current_folder(sh)?;
        let project = Project::load(&here)?;
        let platforms = if options.platform.is_empty() {
            project.config.platforms.clone()
        } else {
            options.platform.iter().copied().collect()
        };
        let name = &project.config.image;
        let reference = match &options.tag {
            Some(tag) => tag.reference(name),
            None => name.with_tag(project.tag.clone()),
        };
        let with_ui = project.config.ui.is_some() && !options.no_ui;
        check_contents(&project, &platforms, with_ui)?;
        let output = match &options.output {
            Some(folder) => here.join(folder),
            None => project.root.join("dist"),
        };
        Ok(Self {
            platforms,
            reference,
            engine: engine_request(options)?,
            linker: options.linker.unwrap_or(project.config.linker),
            deny_unknown_symbols: options.deny_unknown_symbols,
            output,
            with_ui,
            project,
        })
    }

    /// The dashboard tab, unless it is left out.
    pub fn ui(&self) -> Option<&Ui> {
        self.project.config.ui.as_ref().filter(|_| self.with_ui)
    }
}

/// Options can leave so much out that nothing is left.
fn check_contents(
    project: &Project,
    platforms: &BTreeSet<HostPlatform>,
    with_ui: bool,
) -> Result<(), Error> {
    let binaries = &project.host_binaries;
    if binaries.is_empty() && !with_ui {
        return Err(Error::new(
            "the extension has no host binaries, and `--no-ui` leaves its dashboard tab out",
        )
        .help("drop `--no-ui`")
        .usage());
    }
    let is_built = |binary: &HostBinary| platforms.iter().any(|it| binary.runs_on(*it));
    if !binaries.is_empty() && !binaries.iter().any(is_built) {
        let platforms: Vec<String> = platforms.iter().map(ToString::to_string).collect();
        return Err(Error::new(format!("no host binary is for {}", text::list(&platforms)))
            .help("choose other platforms, or widen those of the packages under `host-bins/`")
            .usage());
    }
    Ok(())
}

/// Some options can only be done by Docker's builder.
fn engine_request(options: &cli::Dist) -> Result<EngineRequest, Error> {
    let needs_docker = [
        ("--push", options.push),
        ("--builder", options.builder.is_some()),
        ("--attestations", options.attestations),
    ];
    let needing = needs_docker.iter().find(|(_, is_given)| *is_given).map(|(option, _)| option);
    match (options.engine, needing) {
        (EngineRequest::Embedded, Some(option)) => {
            Err(Error::new(format!("the embedded engine can't do `{option}`"))
                .help(format!("drop `{option}`, or use `--engine docker`"))
                .usage())
        }
        (_, Some(_)) => Ok(EngineRequest::Docker),
        (engine, None) => Ok(engine),
    }
}
