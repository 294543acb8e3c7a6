//! `new`: creates a project for a new extension.

use camino::{Utf8Path, Utf8PathBuf};
use xshell::Shell;

use super::current_directory;
use crate::cargo::lockfile;
use crate::cli::NewArgs;
use crate::error::{Error, Result};
use crate::files;
use crate::interrupt;
use crate::output;
use crate::process::ProcessError;
use crate::progress::Progress;
use crate::prompt::Prompt;
use crate::scaffold::{Answers, ProjectFile, Record, ToolSource, origin, project_files, vendor};
use crate::style::{DIM, GOOD};
use crate::text;

mod interview;
mod place;
mod template_copy;

use interview::interview;
use place::Place;

/// # Errors
/// An answer is missing or invalid, or the project can't be created; then it leaves no files.
pub fn run(args: &NewArgs, progress: &Progress) -> Result<()> {
    let sh = Shell::new()?;
    let here = current_directory(&sh)?;
    let place = Place::choose(args.path.as_deref(), &here, &sh)?;
    let prompt = if args.yes { None } else { Prompt::on_terminal() };
    let answers = interview(args, place.directory(), prompt.as_ref())?;
    let tool = tool_source(args.tool.as_ref(), &place, &here, &sh)?;
    place.confirm(prompt.as_ref(), args.yes)?;

    let directory = place.directory().to_owned();
    let staging = place.begin()?;
    let files = project_files(&answers, &tool);
    write(&files, &tool, staging.path(), progress)?;
    interrupt::check().map_err(Error::showing)?;
    staging.commit()?;
    output::print(&summary(&answers, &files, &tool, &directory, &here))
}

/// Where the project gets the tool from; `asked` is the value of `--tool`.
fn tool_source(
    asked: Option<&ToolSource>,
    place: &Place,
    here: &Utf8Path,
    sh: &Shell,
) -> Result<ToolSource> {
    match asked {
        Some(ToolSource::Path(path)) => tool_directory(&here.join(path)).map(ToolSource::Path),
        Some(source) => Ok(source.clone()),
        // The sources will be deleted, and the clone's remote is the author's.
        None if place.contains(origin::sources()) => Ok(ToolSource::Vendor),
        None => origin::detect(sh),
    }
}

/// The directory of the tool's crate, if `path` is that directory or the repository.
fn tool_directory(path: &Utf8Path) -> Result<Utf8PathBuf> {
    let is_tool = |dir: &Utf8PathBuf| {
        let manifest = files::read_text(&dir.join("Cargo.toml")).unwrap_or_default();
        let manifest: Option<toml::Table> = manifest.parse().ok();
        let name = manifest.as_ref().and_then(|it| it.get("package")?.get("name")?.as_str());
        name == Some(crate::cli::NAME)
    };
    let candidates = [path.to_owned(), path.join("crates").join(crate::cli::NAME)];
    let found = candidates.into_iter().find(is_tool).ok_or_else(|| {
        Error::new(format!("`--tool`: `{path}` does not contain the crate `{}`", crate::cli::NAME))
            .help("use the path of the crate, or of a clone of its repository")
            .usage()
    })?;
    Ok(found.canonicalize_utf8().unwrap_or(found))
}

fn write(
    files: &[ProjectFile],
    tool: &ToolSource,
    directory: &Utf8Path,
    progress: &Progress,
) -> Result<()> {
    let step = progress.step("Write the project");
    for file in files {
        write_file(directory, &file.path, &file.text)?;
    }
    write_file(directory, Record::PATH.as_ref(), &Record::of(files).json())?;
    if *tool == ToolSource::Vendor {
        vendor::copy_tool(origin::sources(), directory)?;
    }
    step.done("");

    let step = progress.step("Resolve the dependencies");
    if let Some(tested) = origin::lock_file() {
        files::copy(&tested, &directory.join("Cargo.lock"), false)?;
    }
    lockfile::update_workspace(directory).map_err(|error| unresolved(error, tool))?;
    step.done("");
    Ok(())
}

fn write_file(directory: &Utf8Path, path: &Utf8Path, text: &str) -> Result<()> {
    let path = directory.join(path);
    if let Some(parent) = path.parent() {
        files::create_dir(parent)?;
    }
    files::write(&path, text)
}

fn unresolved(error: ProcessError, tool: &ToolSource) -> Error {
    let help = match error {
        ProcessError::NotFound { .. } => "install Rust with rustup: https://rustup.rs",
        _ => "check the network, or choose another source of the tool with `--tool`",
    };
    Error::new(format!(
        "can't resolve the dependencies of a project that gets the tool from {tool}"
    ))
    .because(error)
    .help(help)
}

fn summary(
    answers: &Answers,
    files: &[ProjectFile],
    tool: &ToolSource,
    directory: &Utf8Path,
    here: &Utf8Path,
) -> String {
    let name = &answers.name;
    let count = text::count(files.len() + 2, "file"); // with the record and the lock file
    let mut lines = vec![
        format!("{GOOD}✓{GOOD:#} Created the extension `{name}` in `{directory}` ({count})"),
        format!("  The tool comes from {tool}."),
    ];
    lines.extend(tool.note().map(|note| format!("  Note: {note}.")));
    let missing: Vec<String> =
        answers.license.missing_texts().iter().map(|id| format!("`LICENSE-{id}`")).collect();
    if !missing.is_empty() {
        lines.push(format!(
            "  Note: the text of the licence is missing; add {}.",
            text::list(&missing)
        ));
    }
    lines.push(String::new());
    lines.push("Next:".to_owned());
    if directory != here {
        let shown = directory.strip_prefix(here).unwrap_or(directory);
        lines.push(format!("  cd {}", text::shell_word(shown.as_str())));
    }
    if answers.parts.has_tab() {
        lines.push(format!(
            "  cargo xtask preview   {DIM}show it in a browser while you work on it{DIM:#}"
        ));
    }
    lines.push(format!("  cargo xtask dist      {DIM}build the image{DIM:#}"));
    lines.push(String::new());
    lines.join("\n")
}
