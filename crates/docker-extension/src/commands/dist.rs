//! `cargo xtask dist`: from the sources to a multi-platform image.

use camino::{Utf8Path, Utf8PathBuf};
use xshell::Shell;

use crate::cli;
use crate::compile::{self, HostBinaryFile};
use crate::context::{self, Context, Parts};
use crate::dist::Dist;
use crate::error::Error;
use crate::image::read::{ImageSource, StoredImage};
use crate::image::{self, AnyEngine, Engine, EngineChoice, Image};
use crate::interrupt;
use crate::lock::lock;
use crate::plan::HostBinaryPlan;
use crate::progress::Progress;
use crate::text;
use crate::toolchain::{self, Toolchain};
use crate::ui::Pages;
use crate::validate;
use crate::validate::rules::{Severity, labels};

mod plan;
mod request;
mod summary;

use request::Request;

/// Runs the command.
///
/// # Errors
/// Whatever keeps a step from its end. Before the last files are written, what the output folder
/// held is still there; after that it is complete.
pub fn run(options: &cli::Dist, progress: &Progress) -> Result<(), Error> {
    let sh = Shell::new()?;
    let request = Request::new(options, &sh)?;
    build_and_deliver(options, &request, &sh, progress).map_err(|error| {
        if interrupt::is_interrupted() {
            error.note(format!("nothing in `{}` was changed", request.output))
        } else {
            error
        }
    })
}

fn build_and_deliver(
    options: &cli::Dist,
    request: &Request,
    sh: &Shell,
    progress: &Progress,
) -> Result<(), Error> {
    let project = &request.project;
    let binaries = HostBinaryPlan::new(project, &request.platforms);
    let pages = request.ui().map(|ui| Pages::find(project, ui)).transpose()?;
    let toolchain = Toolchain::detect(sh)?;
    let engine = image::choose(request.engine, options.builder.as_deref(), options.attestations)?;
    if options.plan {
        let plan = plan::Plan::new(request, &binaries, pages.as_ref(), &toolchain, &engine, sh)?;
        return plan.print(options.format);
    }
    if options.load {
        image::check_load()?;
    }

    let _lock = lock(&project.target_dir.join(".xtask-dist.lock"), progress)?;
    let mut dist = Dist::begin(project, &request.output)?;
    binaries.gaps().iter().for_each(|gap| progress.warn(gap));
    let (files, pages) = build(request, &binaries, pages.as_ref(), &toolchain, sh, progress)?;
    let context = write_context(request, &binaries, &files, pages.as_deref(), progress)?;
    let image = make_image(request, &engine, &context, &dist.image_path(), progress)?;
    check(&image, progress)?;
    dist.add_host_binaries(&files)?;
    let (image, manifest) = dist.commit(image)?;
    summary::print(request, &context, &manifest, options, progress)?;
    deliver(options, &engine, &context, &image, progress).map_err(|error| {
        Error::from(error).note(format!("the finished build is in `{}`", request.output))
    })
}

/// Compiles the host binaries and builds the pages, both at the same time.
fn build<'a>(
    request: &Request,
    binaries: &HostBinaryPlan<'a>,
    pages: Option<&Pages<'_>>,
    toolchain: &Toolchain,
    sh: &Shell,
    progress: &Progress,
) -> Result<(Vec<HostBinaryFile<'a>>, Option<Utf8PathBuf>), Error> {
    let own_shell = sh.clone();
    std::thread::scope(|scope| {
        let pages = scope.spawn(move || build_pages(pages, &own_shell, progress));
        let files = compile_host_binaries(request, binaries, toolchain, sh, progress);
        let pages = pages.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        if let (Err(_), Err(error)) = (&files, &pages) {
            // Only one of two errors is returned; this one is not to be lost.
            progress.warn(error);
        }
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

fn compile_host_binaries<'a>(
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
    let mut tools =
        toolchain::prepare(toolchain, &request.project, &platforms, request.linker, sh, &step)?;
    tools.deny_unknown_symbols = request.deny_unknown_symbols;
    step.done(&tools);

    let step = progress.step("Compile the host binaries");
    let files = compile::compile(&request.project, binaries, &tools, &step)?;
    step.done(text::list(&platforms.iter().map(ToString::to_string).collect::<Vec<_>>()));
    Ok(files)
}

fn write_context(
    request: &Request,
    binaries: &HostBinaryPlan<'_>,
    files: &[HostBinaryFile<'_>],
    pages: Option<&Utf8Path>,
    progress: &Progress,
) -> Result<Context, Error> {
    let step = progress.step("Write the build context");
    let place = request.project.context_folder();
    let parts = Parts { project: &request.project, plan: binaries, binaries: files, pages };
    let context = context::write(&parts, &place)?;
    step.done(&place);
    Ok(context)
}

fn make_image(
    request: &Request,
    choice: &EngineChoice,
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

/// Looks at the image as every machine will. The tag is the person's choice: while they try things it
/// need not be a version.
fn check(image: &Image, progress: &Progress) -> Result<(), Error> {
    let step = progress.step("Validate the image");
    let source = ImageSource::Archive { path: image.archive.clone(), image: None };
    let opened = StoredImage::open(&source, &step);
    let report = validate::image::check(opened, &image.reference.to_string())?;
    let report = report.without(&labels::TAG);
    if report.count(Severity::Error) > 0 {
        let report = report.text();
        return Err(Error::new(format!("the image was built but failed validation:\n\n{report}")));
    }
    if report.count(Severity::Warning) > 0 {
        progress.warn(report.text().trim_end());
    }
    step.done(report.counts());
    Ok(())
}

/// Hands the image on, where that was asked for.
fn deliver(
    options: &cli::Dist,
    choice: &EngineChoice,
    context: &Context,
    image: &Image,
    progress: &Progress,
) -> Result<(), image::Error> {
    if options.load {
        let step = progress.step("Load the image into Docker");
        image::load(&image.archive, &step)?;
        step.done(&image.reference);
    }
    if let (true, AnyEngine::Docker(docker)) = (options.push, &choice.engine) {
        if !image.reference.tag.is_semver() {
            let tag = &image.reference.tag;
            progress.warn(format_args!("the marketplace takes no tag but a version, not `{tag}`"));
        }
        let step = progress.step("Push the image");
        docker.push(context, image, &step)?;
        step.done(&image.reference);
    }
    Ok(())
}
