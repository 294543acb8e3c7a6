//! `cargo xtask dist`: from the sources to a multi-platform image.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use xshell::Shell;

use crate::cli;
use crate::compile::{self, HostBinaryFile, Tools};
use crate::context::{self, Context, Parts};
use crate::dist::Dist;
use crate::dist::manifest::Manifest;
use crate::error::Error;
use crate::files::{self, IoContext};
use crate::image::{self, AnyEngine, Choice, Engine, EngineRequest, Image};
use crate::plan::HostBinaryPlan;
use crate::platform::HostPlatform;
use crate::progress::Progress;
use crate::project::Project;
use crate::project::config::LinkerChoice;
use crate::project::reference::ImageReference;
use crate::text;
use crate::toolchain::linker::{self, Linker};
use crate::toolchain::zigbuild::{self, Environment};
use crate::toolchain::{self, Toolchain, standard_library, zig};
use crate::ui::Pages;

mod plan;
mod summary;

/// Runs the command.
///
/// # Errors
/// Whatever keeps a step from its end. What the output folder held before is then still there.
pub fn run(options: &cli::Dist, progress: &Progress) -> Result<(), Error> {
    let sh = Shell::new()?;
    let request = Request::new(options, &sh)?;
    let project = &request.project;
    let binaries = HostBinaryPlan::new(project, &request.platforms);
    let toolchain = Toolchain::detect(&sh)?;
    let engine = image::choose(request.engine, options.builder.as_deref(), options.attestations)?;
    if options.plan {
        return plan::print(&request, &binaries, &toolchain, &engine, options.format, &sh);
    }

    let _lock = lock(project, progress)?;
    let mut dist = Dist::begin(project, &request.output)?;
    binaries.gaps().iter().for_each(|gap| progress.warn(gap));
    let (files, pages) = build(&request, &binaries, &toolchain, &sh, progress)?;
    let context = write_context(&request, &binaries, &files, pages.as_deref(), progress)?;
    let image = make_image(&request, &engine, &context, &dist.image_path(), progress)?;
    dist.add_host_binaries(&files)?;
    let manifest = dist.commit(&image)?;
    deliver(options, &request.output, &engine, &context, &image, &manifest, progress)?;
    summary::print(&request, &context, &manifest, options, progress)
}

/// The options and the project, put together and checked.
struct Request {
    project: Project,
    platforms: BTreeSet<HostPlatform>,
    reference: ImageReference,
    engine: EngineRequest,
    linker: LinkerChoice,
    output: Utf8PathBuf,
    with_ui: bool,
}

impl Request {
    fn new(options: &cli::Dist, sh: &Shell) -> Result<Self, Error> {
        let here = Utf8PathBuf::from_path_buf(sh.current_dir()).map_err(|path| {
            files::Error::new(
                "work in",
                path.to_string_lossy().into_owned(),
                std::io::Error::other("its path is not UTF-8"),
            )
        })?;
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
        if !with_ui && project.host_binaries.is_empty() {
            return Err(Error::Usage {
                what:
                    "there is nothing to put into the image: the extension has no host binaries, \
                       and `--no-ui` leaves its dashboard tab out"
                        .to_owned(),
                help: "leave `--no-ui` away".to_owned(),
            });
        }
        // Relative to where the person is for what the person names, else to the workspace.
        let output = if options.output == "dist" {
            project.root.join("dist")
        } else {
            here.join(&options.output)
        };
        Ok(Self {
            platforms,
            reference,
            engine: engine_request(options)?,
            linker: options.linker.unwrap_or(project.config.linker),
            output,
            with_ui,
            project,
        })
    }
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
        (EngineRequest::Embedded, Some(option)) => Err(Error::Usage {
            what: format!("the embedded engine can't do `{option}`"),
            help: format!("leave `{option}` away, or use `--engine docker`"),
        }),
        (_, Some(_)) => Ok(EngineRequest::Docker),
        (engine, None) => Ok(engine),
    }
}

/// One run at a time in a workspace: they would write the same folders.
fn lock(project: &Project, progress: &Progress) -> Result<std::fs::File, Error> {
    Ok(toolchain::cache::lock(&project.target_dir.join(".xtask-dist.lock"), progress)?)
}

/// Compiles the host binaries and builds the pages, both at the same time.
fn build<'a>(
    request: &Request,
    binaries: &HostBinaryPlan<'a>,
    toolchain: &Toolchain,
    sh: &Shell,
    progress: &Progress,
) -> Result<(Vec<HostBinaryFile<'a>>, Option<Utf8PathBuf>), Error> {
    let ui = request.project.config.ui.as_ref().filter(|_| request.with_ui);
    let pages = ui.map(|ui| Pages::find(&request.project, ui)).transpose()?;
    let own_shell = sh.clone();
    std::thread::scope(|scope| {
        let pages = scope.spawn(move || build_pages(pages.as_ref(), &own_shell, progress));
        let files = compile(request, binaries, toolchain, sh, progress);
        let pages = pages.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok((files?, pages?))
    })
}

fn build_pages(
    pages: Option<&Pages<'_>>,
    sh: &Shell,
    progress: &Progress,
) -> Result<Option<Utf8PathBuf>, Error> {
    let Some(pages) = pages else { return Ok(None) };
    let step = progress.step("Build the dashboard tab");
    let folder = pages.build(sh, &step)?;
    step.done("");
    Ok(Some(folder))
}

fn compile<'a>(
    request: &Request,
    binaries: &HostBinaryPlan<'a>,
    toolchain: &Toolchain,
    sh: &Shell,
    progress: &Progress,
) -> Result<Vec<HostBinaryFile<'a>>, Error> {
    let platforms = binaries.platforms();
    if platforms.is_empty() {
        return Ok(Vec::new());
    }
    let step = progress.step("Prepare the toolchain");
    let standard_library = standard_library::provide(toolchain, &platforms, &step)?;
    let (environment, linkers) = link_with(request, &platforms, toolchain, sh, &step)?;
    step.done(format_args!("standard library {standard_library}; {linkers}"));

    let step = progress.step("Compile the host binaries");
    let tools = Tools { toolchain, standard_library: &standard_library, environment: &environment };
    let files = compile::compile(&request.project, binaries, &tools, &step)?;
    step.done(text::list(&platforms.iter().map(ToString::to_string).collect::<Vec<_>>()));
    Ok(files)
}

/// Chooses what links each platform and prepares it; also says which it is.
fn link_with(
    request: &Request,
    platforms: &[HostPlatform],
    toolchain: &Toolchain,
    sh: &Shell,
    step: &crate::progress::Step<'_>,
) -> Result<(Environment, String), Error> {
    let mut for_zig = Vec::new();
    for &platform in platforms {
        let chosen = linker::choose(toolchain, platform, request.linker)?;
        step.progress().detail(format_args!("{platform}: {}, {}", chosen.linker, chosen.reason));
        if chosen.linker == Linker::Zig {
            for_zig.push(platform);
        }
    }
    if for_zig.is_empty() {
        return Ok((Environment::new(), "linked by the system".to_owned()));
    }
    let zig = zig::provide(sh, step)?;
    let minimum_macos = request.project.config.minimum_macos;
    let environment = zigbuild::environment(&zig, &for_zig, minimum_macos)?;
    let said = if for_zig.len() == platforms.len() { "" } else { " and the system" };
    Ok((environment, format!("linked by zig {} ({}){said}", zig.version, zig.origin)))
}

fn write_context(
    request: &Request,
    binaries: &HostBinaryPlan<'_>,
    files: &[HostBinaryFile<'_>],
    pages: Option<&Utf8Path>,
    progress: &Progress,
) -> Result<Context, Error> {
    let step = progress.step("Write the build context");
    let place = request.project.target_dir.join("extension");
    let parts = Parts { project: &request.project, plan: binaries, binaries: files, pages };
    let context = context::write(&parts, &place)?;
    step.done(&place);
    Ok(context)
}

fn make_image(
    request: &Request,
    choice: &Choice,
    context: &Context,
    archive: &Utf8Path,
    progress: &Progress,
) -> Result<Image, Error> {
    let step = progress.step("Make the image");
    progress.note(format_args!("engine {choice}"));
    let image = choice.engine.build(context, &request.reference, archive, &step)?;
    step.done(&image.reference);
    Ok(image)
}

/// Hands the image on, where that was asked for.
fn deliver(
    options: &cli::Dist,
    output: &Utf8Path,
    choice: &Choice,
    context: &Context,
    image: &Image,
    manifest: &Manifest,
    progress: &Progress,
) -> Result<(), Error> {
    if options.load {
        let step = progress.step("Load the image into Docker");
        image::load(&output.join(&manifest.image.archive), &step)?;
        step.done(&image.reference);
    }
    if let (true, AnyEngine::Docker(docker)) = (options.push, &choice.engine) {
        let step = progress.step("Push the image");
        docker.push(context, image, &step)?;
        step.done(&image.reference);
    }
    Ok(())
}

/// Writes to standard output; a reader that went away is no error.
fn print(text: &str) -> Result<(), Error> {
    use std::io::Write;
    match anstream::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(error).doing("write to", "standard output").map_err(Error::from)
        }
        _ => Ok(()),
    }
}
