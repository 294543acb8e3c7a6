//! Decides everything about a run before it begins: the host binaries for each target, how they are compiled
//! and linked, the image variants that contain them, the engine, and the destinations of the image.
//!
//! `dist --plan` prints the [`Plan`], `doctor` prints a summary of its [`Draft`], and `dist` executes it.

use std::collections::BTreeSet;
use std::thread;

use camino::{Utf8Path, Utf8PathBuf};
use xshell::Shell;

use crate::cli::DistArgs;
use crate::contents::labels::{Labels, LongTexts, labels};
use crate::dist;
use crate::engine::{self, Engine, EngineChoice, EngineRequest};
use crate::error::{Error, Result};
use crate::host_binaries::HostBinaryPlan;
use crate::oci::{Reference, Tag};
use crate::platform::HostPlatform;
use crate::project::config::Config;
use crate::project::{HostBinary, Project};
use crate::rules::Waiver;
use crate::sink::{DockerEngine, Registry, Sink};
use crate::text;
use crate::toolchain::{Toolchain, ToolchainPlan};
use crate::ui::UiSource;

mod publishable;
mod services;
mod show;

pub use show::TargetTools;

/// Everything about a run that can be known before it begins.
pub struct Plan<'a> {
    pub project: &'a Project,
    pub reference: Reference<Tag>,
    pub host_binaries: HostBinaryPlan<'a>,
    /// None if nothing is compiled.
    pub toolchain: Option<ToolchainPlan<'a>>,
    /// None without a dashboard tab.
    pub pages: Option<UiSource<'a>>,
    pub labels: Labels,
    /// The findings that the author accepts.
    pub waivers: Vec<Waiver>,
    /// Whether there are no placeholders, except accepted ones.
    pub is_publishable: bool,
    pub engine: EngineChoice,
    /// The directory for the finished files.
    pub output: Utf8PathBuf,
    /// The destinations of the finished image.
    pub sinks: Vec<Box<dyn Sink>>,
}

impl<'a> Plan<'a> {
    /// Inspects the machine and the project. It changes and downloads nothing.
    ///
    /// # Errors
    /// The options conflict with the project or each other, a file of the project can't be read, the image is
    /// to be pushed but has placeholders that no waiver covers, its services can't be started, or a tool is
    /// missing that `dist` can't download.
    pub fn new(
        project: &'a Project,
        args: &DistArgs,
        here: &Utf8Path,
        toolchain: &'a Toolchain,
        sh: &Shell,
    ) -> Result<Self> {
        let labels = labels(project, &long_texts(project)?);
        let waivers = Waiver::all(&project.config.allow, &args.allow);
        let publishable = publishable::check(project, &labels, &waivers);
        let is_publishable = publishable.is_ok();
        if args.push {
            publishable?;
        }
        let draft = Draft::new(project, args, here, toolchain, sh)?;
        draft.services?;
        let engine = draft.engine?;
        Ok(Self {
            project,
            reference: draft.reference,
            host_binaries: draft.host_binaries,
            toolchain: draft.toolchain?,
            pages: draft.pages?,
            labels,
            waivers,
            is_publishable,
            sinks: sinks(args, &engine.engine),
            engine,
            output: draft.output?,
        })
    }

    /// Whether the image will have everything that the configuration lists: all platforms, and the tab.
    pub fn is_complete(&self) -> bool {
        let all = HostBinaryPlan::new(self.project, &self.project.config.platforms);
        let has_tab = self.pages.is_some() || self.project.config.ui.is_none();
        has_tab && all.builds() == self.host_binaries.builds()
    }
}

/// The parts of a plan. Each part may fail on this machine.
pub struct Draft<'a> {
    pub reference: Reference<Tag>,
    pub host_binaries: HostBinaryPlan<'a>,
    pub toolchain: Result<Option<ToolchainPlan<'a>>>,
    pub pages: Result<Option<UiSource<'a>>>,
    /// Whether users' machines can start the services.
    pub services: Result<()>,
    pub engine: Result<EngineChoice>,
    pub output: Result<Utf8PathBuf>,
}

impl<'a> Draft<'a> {
    /// # Errors
    /// The options conflict with the project or each other.
    pub fn new(
        project: &'a Project,
        args: &DistArgs,
        here: &Utf8Path,
        toolchain: &'a Toolchain,
        sh: &Shell,
    ) -> Result<Self> {
        let config = &project.config;
        let platforms = if args.platform.is_empty() {
            config.platforms.clone()
        } else {
            args.platform.iter().copied().collect()
        };
        let reference = match &args.tag {
            Some(tag) => tag.reference(&config.image),
            None => config.image.with_tag(project.tag.clone()),
        };
        let ui = config.ui.as_ref().filter(|_| !args.no_ui);
        check_contents(project, &platforms, ui.is_some())?;
        let engine = engine_request(args)?;
        let host_binaries = HostBinaryPlan::new(project, &platforms);
        let platforms = host_binaries.platforms();

        let (engine, toolchain) = thread::scope(|scope| {
            // Docker may take seconds to answer.
            let engine =
                scope.spawn(|| engine::choose(engine, args.builder.as_deref(), args.attestations));
            let toolchain = (!platforms.is_empty()).then(|| {
                let linker = args.linker.unwrap_or(config.linker);
                let deny_unknown = args.deny_unknown_symbols;
                ToolchainPlan::decide(toolchain, project, &platforms, linker, deny_unknown, sh)
            });
            let engine = engine.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            (engine, toolchain.transpose())
        });
        Ok(Self {
            reference,
            host_binaries,
            toolchain,
            pages: ui.map(|ui| UiSource::find(project, ui)).transpose(),
            services: services::check(project, &Waiver::all(&config.allow, &args.allow)),
            engine: engine.map_err(Error::from),
            output: output(project, args, here),
        })
    }
}

fn long_texts(project: &Project) -> Result<LongTexts> {
    let Config { detailed_description, changelog, .. } = &project.config;
    Ok(LongTexts {
        detailed_description: project.long_text(detailed_description)?,
        changelog: project.long_text(changelog)?,
    })
}

fn output(project: &Project, args: &DistArgs, here: &Utf8Path) -> Result<Utf8PathBuf> {
    let output = match &args.output {
        Some(dir) => here.join(dir),
        None => project.root.join("dist"),
    };
    dist::check_place(project, &output)?;
    Ok(output)
}

fn sinks(args: &DistArgs, engine: &Engine) -> Vec<Box<dyn Sink>> {
    let mut sinks: Vec<Box<dyn Sink>> = Vec::new();
    if args.load {
        sinks.push(Box::new(DockerEngine));
    }
    if let (true, Engine::Docker(engine)) = (args.push, engine) {
        sinks.push(Box::new(Registry { engine: engine.clone() }));
    }
    sinks
}

/// # Errors
/// The options leave nothing to put into the image, or no host binary is for a requested platform.
fn check_contents(
    project: &Project,
    platforms: &BTreeSet<HostPlatform>,
    with_ui: bool,
) -> Result<()> {
    let binaries = &project.host_binaries;
    if binaries.is_empty() && !with_ui {
        let what = "nothing to build: the extension has no host binaries, and `--no-ui` leaves out its tab";
        return Err(Error::new(what).help("remove `--no-ui`").usage());
    }
    let is_built = |binary: &HostBinary| platforms.iter().any(|it| binary.runs_on(*it));
    if !binaries.is_empty() && !binaries.iter().any(is_built) {
        let platforms: Vec<String> = platforms.iter().map(ToString::to_string).collect();
        return Err(Error::new(format!("no host binary is for {}", text::list(&platforms)))
            .help(
                "choose other platforms, or add these to `platforms` of a package in `host-bins/`",
            )
            .usage());
    }
    Ok(())
}

/// The requested engine; some options require the docker engine.
fn engine_request(args: &DistArgs) -> Result<EngineRequest> {
    let needs_docker = [
        ("--push", args.push),
        ("--builder", args.builder.is_some()),
        ("--attestations", args.attestations),
    ];
    let needing = needs_docker.iter().find(|(_, is_given)| *is_given).map(|(option, _)| option);
    match (args.engine, needing) {
        (EngineRequest::Embedded, Some(option)) => {
            Err(Error::new(format!("the embedded engine does not support `{option}`"))
                .help(format!("remove `{option}`, or use `--engine docker`"))
                .usage())
        }
        (_, Some(_)) => Ok(EngineRequest::Docker),
        (engine, None) => Ok(engine),
    }
}
