//! `cargo xtask validate`: checks an extension image against what Docker Desktop, the marketplace and users'
//! machines require.

use camino::{Utf8Path, Utf8PathBuf};
use xshell::Shell;

use super::current_directory;
use crate::cli::{self, Denied};
use crate::contents::UI_DIRECTORY;
use crate::dist;
use crate::error::{Error, one_line};
use crate::files;
use crate::host_binaries::HostBinaryPlan;
use crate::image::read::{ImageSource, StoredImage, Variant};
use crate::oci::ImageName;
use crate::output;
use crate::platform::ImagePlatform;
use crate::progress::Progress;
use crate::project::Project;
use crate::rules::{
    ONLY_BUILT, Rule, Severity, Waiver, WaiverOrigin, metadata as metadata_rules, online,
};
use crate::text;
use crate::validate::online::Pictures;
use crate::validate::report::{Subject, ValidationReport};
use crate::validate::source::ExtensionSources;
use crate::validate::{image, metadata, source};

enum Checked {
    /// Only a `metadata.json`.
    Metadata(Utf8PathBuf),
    Image {
        source: ImageSource,
        /// Whether it is what the project's last `dist` made.
        is_last_dist: bool,
    },
}

/// What was found, and what can be said about it in this directory.
struct CheckedReport {
    report: ValidationReport,
    relation: ProjectRelation,
    /// Whether a rule was checked.
    is_checked: fn(&Rule, is_online: bool) -> bool,
}

/// What a validated image or file has to do with the project in the current directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ProjectRelation {
    /// It comes from elsewhere.
    Foreign,
    /// It belongs to the project, but lacks parts, or is of another version.
    Part,
    /// It is everything that the project configures.
    Whole,
}

/// Runs the command.
///
/// # Errors
/// The image can't be accessed, or the report has errors or denied warnings.
pub fn run(options: &cli::ValidateArgs, progress: &Progress) -> Result<(), Error> {
    let sh = Shell::new()?;
    let here = current_directory(&sh)?;
    let checked = find(options.image.as_deref(), &here)?;
    let project = project_at(&here, progress);
    let CheckedReport { report, relation, is_checked } = match &checked {
        Checked::Metadata(path) if options.online => return Err(no_labels(path)),
        Checked::Metadata(path) => check_metadata(path, project.as_ref())?,
        Checked::Image { source, is_last_dist } => {
            check_image(source, *is_last_dist, project.as_ref(), options.online, progress)?
        }
    };
    let own = project.as_ref().filter(|_| relation != ProjectRelation::Foreign);
    let configured = own.map(|project| &project.config.allow[..]).unwrap_or_default();
    let waivers = Waiver::all(configured, &options.allow);
    let report = report.waive(&waivers, |waiver| {
        let is_from_option = waiver.origin == WaiverOrigin::Option;
        (is_from_option || relation == ProjectRelation::Whole)
            && is_checked(waiver.rule.rule(), options.online)
    });
    let sources = match (&checked, own) {
        (Checked::Metadata(path), _) => ExtensionSources::of_metadata(path, &here),
        (Checked::Image { .. }, Some(project)) => ExtensionSources::of_project(project)?,
        // The image may have been built from this file.
        (Checked::Image { .. }, None) => {
            ExtensionSources::of_metadata(&here.join("metadata.json"), &here)
        }
    };
    output::print(&report.render(options.format, &sources))?;
    let denied_warnings = match options.deny {
        Some(Denied::Warnings) => report.count(Severity::Warning),
        None => 0,
    };
    match report.count(Severity::Error) + denied_warnings {
        0 => Ok(()),
        count => {
            let errors = text::count(count, "error");
            Err(Error::new(format!("`{}`: validation failed with {errors}", report.subject.name)))
        }
    }
}

/// What the argument names. The default is the last image that `dist` made.
fn find(text: Option<&str>, here: &Utf8Path) -> Result<Checked, Error> {
    let Some(text) = text else {
        let directory = Project::load(here)?.root.join("dist");
        let source = last_dist(&directory)?.ok_or_else(|| {
            Error::new(format!("`{directory}` contains no image to validate"))
                .help("run `cargo xtask dist`, or name an image")
                .usage()
        })?;
        return Ok(Checked::Image { source, is_last_dist: true });
    };
    let path = here.join(text);
    if path.extension() == Some("json") && path.is_file() {
        return Ok(Checked::Metadata(path));
    }
    match last_dist(&path)? {
        Some(source) => Ok(Checked::Image { source, is_last_dist: false }),
        None => {
            let source = ImageSource::parse(text, here)?;
            Ok(Checked::Image { source, is_last_dist: false })
        }
    }
}

/// The image in an output directory of `dist`.
fn last_dist(directory: &Utf8Path) -> Result<Option<ImageSource>, Error> {
    let manifest = directory.join(dist::MANIFEST);
    if !manifest.is_file() {
        return Ok(None);
    }
    let archive = dist::manifest::archive(&files::read_text(&manifest)?).ok_or_else(|| {
        Error::new(format!("`{manifest}` does not name the image"))
            .help("run `cargo xtask dist` again, or name the image")
            .usage()
    })?;
    let path = directory.join(archive);
    Ok(Some(ImageSource::Archive { path, image: None }))
}

/// The project around `here`. Without a `Cargo.toml` that configures an extension, cargo is not called: the
/// command also works for images that were built with other tools, and on machines without cargo.
fn project_at(here: &Utf8Path, progress: &Progress) -> Option<Project> {
    let is_configured = |directory: &Utf8Path| {
        let text = files::read_text(&directory.join("Cargo.toml")).unwrap_or_default();
        text.contains("docker-extension")
    };
    if !here.ancestors().any(is_configured) {
        return None;
    }
    Project::find(here).unwrap_or_else(|error| {
        let reason = one_line(&error);
        progress.warn(format_args!("the waivers in `Cargo.toml` are ignored: {reason}"));
        None
    })
}

fn check_metadata(path: &Utf8Path, project: Option<&Project>) -> Result<CheckedReport, Error> {
    let (_, breaches) = metadata::read(&files::read(path)?);
    let subject = Subject { name: path.to_string(), ..Subject::default() };
    let findings = breaches.into_iter().map(|breach| breach.found_in(Vec::new())).collect();
    let is_inside = project.is_some_and(|it| source::normalized(path).starts_with(&it.root));
    Ok(CheckedReport {
        report: ValidationReport::new(subject, findings),
        relation: if is_inside { ProjectRelation::Part } else { ProjectRelation::Foreign },
        is_checked: |rule, _| metadata_rules::ALL.contains(&rule),
    })
}

fn no_labels(path: &Utf8Path) -> Error {
    Error::new(format!("`{path}` has no labels, so `--online` has no pictures to check"))
        .help("name an image, or remove `--online`")
        .usage()
}

fn check_image(
    source: &ImageSource,
    is_last_dist: bool,
    project: Option<&Project>,
    is_online: bool,
    progress: &Progress,
) -> Result<CheckedReport, Error> {
    let step = progress.step("Read the image");
    let name = source.to_string();
    let opened = StoredImage::open(source, &step);
    let pictures = match &opened {
        Ok(image) if is_online => Pictures::of(image),
        _ => Pictures::default(),
    };
    let relation = match (&opened, project) {
        (Ok(image), Some(project)) => relation(image, project, is_last_dist),
        _ => ProjectRelation::Foreign,
    };
    let mut report = image::check(opened, &name)?;
    step.done(&name);
    if !pictures.is_empty() {
        let step = progress.step(format!("Fetch {}", pictures.in_words()));
        report = report.with(pictures.check(&step)?);
        step.done("");
    }
    let is_checked = |rule: &Rule, is_online: bool| {
        !ONLY_BUILT.contains(&rule) && (is_online || !online::ALL.contains(&rule))
    };
    Ok(CheckedReport { report, relation, is_checked })
}

fn relation(image: &StoredImage, project: &Project, is_last_dist: bool) -> ProjectRelation {
    let config = &project.config;
    let has_name = image.name.as_ref().map(ImageName::full_name) == Some(config.image.full_name());
    if !is_last_dist && !has_name {
        return ProjectRelation::Foreign;
    }
    let is_this_version = is_last_dist || image.tag.as_ref() == Some(&project.tag);
    let plan = HostBinaryPlan::new(project, &config.platforms);
    let has_all = ImagePlatform::ALL.iter().all(|platform| {
        let is_it = |it: &&Variant| it.platform.image_platform() == Some(*platform);
        let Some(variant) = image.variants.iter().find(is_it) else { return false };
        let has = |path: &str| variant.tree.resolve(path).is_ok();
        let has_tab = config.ui.is_none() || has(&format!("/{UI_DIRECTORY}"));
        has_tab && plan.placements(*platform).iter().all(|it| has(&it.path()))
    });
    if is_this_version && has_all { ProjectRelation::Whole } else { ProjectRelation::Part }
}
