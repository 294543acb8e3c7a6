//! `cargo xtask validate`: checks an extension image against what Docker Desktop, the marketplace and users'
//! machines require.

use camino::{Utf8Path, Utf8PathBuf};
use xshell::Shell;

use super::current_directory;
use crate::cli::{self, Denied, Format};
use crate::dist;
use crate::error::Error;
use crate::files;
use crate::image::read::{ImageSource, StoredImage};
use crate::output;
use crate::progress::Progress;
use crate::project::Project;
use crate::rules::Severity;
use crate::text;
use crate::validate::online::Pictures;
use crate::validate::report::{Subject, ValidationReport};
use crate::validate::{image, metadata};

enum Checked {
    /// Only a `metadata.json`.
    Metadata(Utf8PathBuf),
    Image(ImageSource),
}

/// Runs the command.
///
/// # Errors
/// The image can't be accessed, or the report has errors or denied warnings.
pub fn run(options: &cli::ValidateArgs, progress: &Progress) -> Result<(), Error> {
    let sh = Shell::new()?;
    let here = current_directory(&sh)?;
    let report = match find(options.image.as_deref(), &here)? {
        Checked::Metadata(path) if options.online => return Err(no_labels(&path)),
        Checked::Metadata(path) => check_metadata(&path)?,
        Checked::Image(source) => check_image(&source, options.online, progress)?,
    };
    let report = report.without(options.allow.iter().map(|allowed| allowed.rule()));
    output::print(&match options.format {
        Format::Text => report.text(),
        Format::Json => report.json(),
    })?;
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
        return last_dist(&directory)?.ok_or_else(|| {
            Error::new(format!("`{directory}` contains no image to validate"))
                .help("run `cargo xtask dist`, or name an image")
                .usage()
        });
    };
    let path = here.join(text);
    if path.extension() == Some("json") && path.is_file() {
        return Ok(Checked::Metadata(path));
    }
    match last_dist(&path)? {
        Some(image) => Ok(image),
        None => Ok(Checked::Image(ImageSource::parse(text, here)?)),
    }
}

/// The image in an output directory of `dist`.
fn last_dist(directory: &Utf8Path) -> Result<Option<Checked>, Error> {
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
    Ok(Some(Checked::Image(ImageSource::Archive { path, image: None })))
}

fn check_metadata(path: &Utf8Path) -> Result<ValidationReport, Error> {
    let (_, breaches) = metadata::read(&files::read(path)?);
    let subject = Subject { name: path.to_string(), ..Subject::default() };
    let findings = breaches.into_iter().map(|breach| breach.found_in(Vec::new())).collect();
    Ok(ValidationReport::new(subject, findings))
}

fn no_labels(path: &Utf8Path) -> Error {
    Error::new(format!("`{path}` has no labels, so `--online` has no pictures to check"))
        .help("name an image, or remove `--online`")
        .usage()
}

fn check_image(
    source: &ImageSource,
    is_online: bool,
    progress: &Progress,
) -> Result<ValidationReport, Error> {
    let step = progress.step("Read the image");
    let name = source.to_string();
    let opened = StoredImage::open(source, &step);
    let pictures = match &opened {
        Ok(image) if is_online => Pictures::of(image),
        _ => Pictures::default(),
    };
    let report = image::check(opened, &name)?;
    step.done(&name);
    if pictures.is_empty() {
        return Ok(report);
    }
    let step = progress.step(format!("Fetch {}", pictures.in_words()));
    let findings = pictures.check(&step)?;
    step.done("");
    Ok(report.with(findings))
}
