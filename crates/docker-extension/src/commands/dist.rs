//! `dist`: builds the multi-platform image and the other files of a release.

use camino::{Utf8Path, Utf8PathBuf};
use xshell::Shell;

use super::current_directory;
use crate::cli::DistArgs;
use crate::compile::{self, Compiled, HostBinaryFile};
use crate::contents::ContentsInput;
use crate::context::Context;
use crate::dist::StagedDist;
use crate::embed;
use crate::error::{Error, Result};
use crate::image::Image;
use crate::interrupt;
use crate::lock::lock;
use crate::output;
use crate::page_files::PageFiles;
use crate::plan::Plan;
use crate::progress::Progress;
use crate::project::Project;
use crate::sink::{ArchiveFile, Sink};
use crate::text;
use crate::toolchain::Toolchain;
use crate::validate::report::ReportFormat;
use crate::validate::source::ExtensionSources;

mod check;
mod summary;

use check::ReportOutput;

/// # Errors
/// A step failed. The output directory has either its old contents or all new files.
pub fn run(args: &DistArgs, progress: &Progress) -> Result<()> {
    let sh = Shell::new()?;
    let here = current_directory(&sh)?;
    if args.plan && ![ReportFormat::Text, ReportFormat::Json].contains(&args.format) {
        let what =
            "a plan has no findings, so `--plan` supports the formats `text` and `json` only";
        return Err(Error::new(what).help("use `--format json`, or remove `--plan`").usage());
    }
    let project = Project::load(&here)?;
    // Docker may take seconds to answer.
    let step = progress.step("Plan the run");
    let toolchain = Toolchain::detect(&sh)?;
    let plan = Plan::new(&project, args, &here, &toolchain, &sh)?;
    step.done("");
    if args.plan {
        return output::print(&match args.format {
            ReportFormat::Json => plan.json(),
            _ => plan.text(),
        });
    }
    execute(&plan, args, &sh, progress).map_err(|error| {
        if interrupt::is_interrupted() {
            error.note(format!("`{}` was not changed", plan.output))
        } else {
            error
        }
    })
}

fn execute(plan: &Plan<'_>, args: &DistArgs, sh: &Shell, progress: &Progress) -> Result<()> {
    plan.sinks.iter().try_for_each(|sink| sink.check())?;
    let _lock = lock(&plan.project.target_dir.join(".xtask-dist.lock"), progress)?;
    let mut dist = StagedDist::begin(plan.project, &plan.output)?;
    plan.host_binaries.gaps().iter().for_each(|gap| progress.warn(gap));
    missing_licences(plan).for_each(|warning| progress.warn(warning));
    let output =
        ReportOutput { format: args.format, sources: ExtensionSources::of_project(plan.project)? };
    let (Compiled { files, breaches }, pages) = build(plan, sh, progress)?;
    check::host_binaries(plan, &breaches, &output)?;
    let context = write_context(plan, &files, pages.as_deref(), progress)?;
    let image = make_image(plan, &context, &dist.unchecked_image_path(), progress)?;
    check::image(plan, &image, &breaches, &output, progress)?;
    ArchiveFile { path: dist.image_path() }.deliver(&image, &context, progress)?;
    dist.add_host_binaries(&frozen(&files, &context))?;
    let (image, manifest) = dist.commit(image, plan.engine.engine.kind())?;
    if output.format == ReportFormat::Text {
        summary::print(plan, &context, &manifest, args, progress)?;
    }
    plan.sinks
        .iter()
        .try_for_each(|sink| sink.deliver(&image, &context, progress))
        .map_err(|error| error.note(format!("the finished build is in `{}`", plan.output)))
}

/// The warnings about licence files that the archives of the host binaries lack.
fn missing_licences<'a>(plan: &'a Plan<'_>) -> impl Iterator<Item = &'a String> {
    let is_built =
        |package: &str| plan.host_binaries.builds().iter().any(|it| it.binary.package == package);
    let licences = plan.project.licences.iter().filter(move |(package, _)| is_built(package));
    licences.filter_map(|(_, licences)| licences.warning.as_ref())
}

/// Compiles the host binaries and builds the pages at the same time.
fn build<'a>(
    plan: &Plan<'a>,
    sh: &Shell,
    progress: &Progress,
) -> Result<(Compiled<'a>, Option<Utf8PathBuf>)> {
    let own_shell = sh.clone();
    std::thread::scope(|scope| {
        let pages = scope.spawn(move || build_pages(plan, &own_shell, progress));
        let compiled = compile_host_binaries(plan, sh, progress);
        let pages = pages.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        if let (Err(_), Err(error)) = (&compiled, &pages) {
            // Only one of the two errors is returned.
            progress.warn(error);
        }
        Ok((compiled?, pages?))
    })
}

fn build_pages(plan: &Plan<'_>, sh: &Shell, progress: &Progress) -> Result<Option<Utf8PathBuf>> {
    let Some(pages) = &plan.pages else { return Ok(None) };
    let step = progress.step("Build the dashboard tab");
    let directory = pages.build(sh, &step)?;
    step.done("");
    Ok(Some(directory))
}

fn compile_host_binaries<'a>(
    plan: &Plan<'a>,
    sh: &Shell,
    progress: &Progress,
) -> Result<Compiled<'a>> {
    let Some(toolchain) = &plan.toolchain else { return Ok(Compiled::default()) };
    let step = progress.step("Prepare the toolchain");
    let tools = toolchain.prepare(plan.project, sh, &step)?;
    step.done(&tools);

    let step = progress.step("Compile the host binaries");
    let mut compiled =
        compile::compile(plan.project, &plan.host_binaries, &tools, &plan.waivers, &step)?;
    compiled.files = embed::embed(plan.project, compiled.files, &step)?;
    let platforms = plan.host_binaries.platforms();
    step.done(text::list(&platforms.iter().map(ToString::to_string).collect::<Vec<_>>()));
    Ok(compiled)
}

fn write_context(
    plan: &Plan<'_>,
    files: &[HostBinaryFile<'_>],
    pages: Option<&Utf8Path>,
    progress: &Progress,
) -> Result<Context> {
    let step = progress.step("Write the build context");
    let project = plan.project;
    let contents = ContentsInput {
        project,
        host_binaries: &plan.host_binaries,
        files,
        pages: pages.map(PageFiles::list).transpose()?.as_ref(),
        labels: &plan.labels,
    }
    .contents()?;
    let place = project.context_directory();
    let context = Context::write(contents, &plan.reference, &place)?;
    step.done(&place);
    Ok(context)
}

/// The host binaries at their paths in the build context.
fn frozen<'a>(files: &[HostBinaryFile<'a>], context: &Context) -> Vec<HostBinaryFile<'a>> {
    let paths = context.contents().context_paths();
    let copy = |file: &HostBinaryFile<'a>| {
        let path = paths.get(&*file.path).expect("each host binary is in an image variant");
        HostBinaryFile { build: file.build, path: context.dir().join(path) }
    };
    files.iter().map(copy).collect()
}

fn make_image(
    plan: &Plan<'_>,
    context: &Context,
    archive: &Utf8Path,
    progress: &Progress,
) -> Result<Image> {
    let step = progress.step("Build the image");
    progress.note(format_args!("engine {}", plan.engine));
    let image = plan.engine.engine.build(context, &plan.reference, archive, &step)?;
    step.done(&image.reference);
    Ok(image)
}
