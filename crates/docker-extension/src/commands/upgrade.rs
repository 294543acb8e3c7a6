//! `upgrade`: updates the files of a project that belong to the tool.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use semver::Version;
use similar::TextDiff;
use xshell::Shell;

use super::current_directory;
use crate::cargo::lockfile;
use crate::cli::{self, UpgradeArgs};
use crate::error::{Error, Result};
use crate::files::{self, IoContext};
use crate::output;
use crate::project::renamed::{self, Migrated};
use crate::scaffold::tool_source::{MANIFEST, ToolSource, VENDORED, dependency_in};
use crate::scaffold::upgrade::{FileChange, Upgrade, plan};
use crate::scaffold::{Record, origin, record, tool_files, vendor};
use crate::style::{DIM, GOOD, WARNING};
use crate::text;

/// # Errors
/// The project was not created by `new`, or uses another version of the tool; with `--check`, it is out of
/// date.
pub fn run(args: &UpgradeArgs) -> Result<()> {
    let sh = Shell::new()?;
    let (root, record) = find_record(&current_directory(&sh)?)?;
    let dependency = read_dependency(&root)?;
    let copy = replaceable_copy(&root, &dependency, &record)?;
    let migrated = migrate(&root.join("Cargo.toml"))?;
    let current = tool_files(&dependency);
    let texts = read_texts(&root, record.tool.keys().chain(current.iter().map(|file| &file.path)))?;
    let upgrade = plan(&record, current, &record::version(), |path| texts.get(path).cloned());

    output::print(&report(copy.as_ref(), &migrated, &upgrade, args.check))?;
    let count = usize::from(copy.is_some()) + migrated.renamed.len() + upgrade.changes.len();
    if args.check {
        return if count == 0 { Ok(()) } else { Err(outdated(count)) };
    }
    if copy.is_some() {
        replace_copy(&root)?;
    }
    apply(&root, &migrated, &upgrade)?;
    if upgrade.record != record {
        files::write(&root.join(Record::PATH), upgrade.record.json())?;
    }
    Ok(())
}

/// The nearest directory at or above `here` that has a record, and the record.
fn find_record(here: &Utf8Path) -> Result<(Utf8PathBuf, Record)> {
    let root = here.ancestors().find(|dir| dir.join(Record::PATH).is_file()).ok_or_else(|| {
        let path = Record::PATH;
        Error::new(format!(
            "`{here}` is not in a project: neither it nor a parent directory has a `{path}`"
        ))
        .help("run it in a project that `docker-extension new` has created")
        .usage()
    })?;
    Ok((root.to_owned(), Record::parse(&files::read_text(&root.join(Record::PATH))?)?))
}

/// The texts of the files that exist.
///
/// # Errors
/// A file exists but can't be read: it must not be taken for a missing one, and overwritten.
fn read_texts<'a>(
    root: &Utf8Path,
    paths: impl Iterator<Item = &'a Utf8PathBuf>,
) -> Result<BTreeMap<Utf8PathBuf, String>> {
    let mut texts = BTreeMap::new();
    for path in paths {
        match std::fs::read_to_string(root.join(path)) {
            Ok(text) => {
                texts.insert(path.clone(), text);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(files::error("read", root.join(path), error)
                    .help("make it a UTF-8 text, or move it to another path"));
            }
            Err(error) => return Err(files::error("read", root.join(path), error)),
        }
    }
    Ok(texts)
}

fn read_dependency(root: &Utf8Path) -> Result<String> {
    let path = root.join(MANIFEST);
    dependency_in(&files::read_text(&path)?).ok_or_else(|| {
        Error::new(format!("`{path}` has no dependency `{}`", cli::NAME))
            .help("add it under `[dependencies]`")
            .usage()
    })
}

fn migrate(manifest: &Utf8Path) -> Result<Migrated> {
    renamed::migrate(&files::read_text(manifest)?).map_err(|error| {
        Error::new(format!("`{manifest}` is not valid TOML"))
            .because(error)
            .help("fix the reported line")
            .usage()
    })
}

/// Checks that the project uses this version of the tool. Some if the project has an older copy of the tool,
/// with the version of the copy.
fn replaceable_copy(root: &Utf8Path, dependency: &str, record: &Record) -> Result<Option<Version>> {
    let version = record::version();
    if record.version > version {
        return Err(older(&record.version));
    }
    let is_copy = dependency == ToolSource::Vendor.dependency();
    let used = if is_copy {
        manifest_version(&root.join(VENDORED).join("Cargo.toml"))?
    } else {
        lockfile::locked_version(root, cli::NAME)?
    };
    match used {
        used if used == version => Ok(None),
        used if used > version => Err(older(&used)),
        used if is_copy => Ok(Some(used)),
        used => {
            let what =
                format!("the project uses {} {used}, but this is version {version}", cli::NAME);
            Err(Error::new(what)
                .help("run `cargo xtask upgrade`, which uses the project's version")
                .usage())
        }
    }
}

fn older(used: &Version) -> Error {
    let (name, version) = (cli::NAME, record::version());
    Error::new(format!("this is {name} {version}, but the project was upgraded to {used}"))
        .help(format!("run `cargo update --package {name}`, or install the newer version"))
        .usage()
}

fn manifest_version(path: &Utf8Path) -> Result<Version> {
    let manifest: Option<toml::Table> = files::read_text(path)?.parse().ok();
    let version = manifest.as_ref().and_then(|it| it.get("package")?.get("version")?.as_str());
    version.and_then(|version| version.parse().ok()).ok_or_else(|| {
        Error::new(format!("`{path}` has no valid `version`"))
            .help("restore the file from the repository's history")
            .usage()
    })
}

/// The changes that are made, or with `--check` would be made.
fn report(
    copy: Option<&Version>,
    migrated: &Migrated,
    upgrade: &Upgrade,
    is_check: bool,
) -> String {
    let version = &upgrade.record.version;
    let mut text = String::new();
    let mut line = |action: &str, what: String| {
        let _ = writeln!(text, "{GOOD}{action:>9}{GOOD:#} {what}");
    };
    if let Some(old) = copy {
        line("replace", format!("{VENDORED} {old} with {version}"));
    }
    for (old, new) in &migrated.renamed {
        line("rename", format!("`{old}` to `{new}` in Cargo.toml"));
    }
    for change in &upgrade.changes {
        match change {
            FileChange::Create(file) => line("create", file.path.to_string()),
            FileChange::Replace(file) => line("replace", file.path.to_string()),
            FileChange::Delete(path) => line("delete", path.to_string()),
            FileChange::Keep { .. } => {}
        }
    }
    for change in &upgrade.changes {
        if let FileChange::Keep { file, authors } = change {
            let path = &file.path;
            let _ = writeln!(
                text,
                "{WARNING}{:>9}{WARNING:#} {path}, because you have changed it. The new version differs:",
                "keep"
            );
            let diff = TextDiff::from_lines(authors, &file.text);
            let (yours, ours) =
                (format!("{path} (yours)"), format!("{path} ({} {version})", cli::NAME));
            let _ = writeln!(text, "{}", diff.unified_diff().header(&yours, &ours));
        }
    }
    if text.is_empty() {
        return format!("{GOOD}✓{GOOD:#} the project is up to date with {} {version}\n", cli::NAME);
    }
    if !is_check {
        let _ = writeln!(text, "{DIM}Review the changes with `git diff` and commit them.{DIM:#}");
    }
    text
}

fn outdated(count: usize) -> Error {
    let changes = text::count(count, "change");
    let (name, version) = (cli::NAME, record::version());
    Error::new(format!("the project is out of date: {name} {version} requires {changes}"))
        .help("run `cargo xtask upgrade` and commit the changes")
}

/// Replaces the project's copy of the tool with this version.
fn replace_copy(root: &Utf8Path) -> Result<()> {
    vendor::copy_tool(origin::sources(), root)?;
    lockfile::update_workspace(root).map_err(|error| {
        Error::new("can't resolve the dependencies of the new version")
            .because(error)
            .help("check the network and run `cargo update --workspace`")
    })
}

fn apply(root: &Utf8Path, migrated: &Migrated, upgrade: &Upgrade) -> Result<()> {
    if !migrated.renamed.is_empty() {
        files::write(&root.join("Cargo.toml"), &migrated.text)?;
    }
    for change in &upgrade.changes {
        match change {
            FileChange::Create(file) | FileChange::Replace(file) => {
                let path = root.join(&file.path);
                path.parent().map_or(Ok(()), files::create_dir)?;
                files::write(&path, &file.text)?;
            }
            FileChange::Delete(path) => {
                let path = root.join(path);
                std::fs::remove_file(&path).doing("remove", &path)?;
            }
            FileChange::Keep { .. } => {}
        }
    }
    Ok(())
}
