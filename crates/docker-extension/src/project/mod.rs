//! The project: what its `Cargo.toml` files say about the extension, found and checked.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::{Metadata, Package, TargetKind};
use semver::Version;
use serde_json::Value;

use crate::cargo::build::BinaryName;
use crate::cargo::metadata;
use crate::error::Error;
use crate::files;
use crate::oci::Tag;
use crate::platform::{HostPlatform, Os};
use crate::text;

pub mod config;
pub mod licences;
pub mod renamed;
mod table;
#[cfg(test)]
pub(crate) mod testing;

use config::{Config, LongText};
use licences::Licences;
pub use table::Problem;

/// The directory of the workspace whose packages are host binaries.
pub const HOST_BINS: &str = "host-bins";

const KEYS_HELP: &str =
    "docs/configuration.md in the repository of docker-extension lists every key of the table";

/// An extension's workspace, its configuration checked.
#[derive(Clone, Debug)]
pub struct Project {
    pub root: Utf8PathBuf,
    pub target_dir: Utf8PathBuf,
    /// The workspace's version: the extension's, and its image's tag.
    pub version: Version,
    pub tag: Tag,
    pub config: Config,
    /// The host binaries, by package and name.
    pub host_binaries: Vec<HostBinary>,
    /// The licences of the packages that have host binaries, by the packages' names.
    pub licences: BTreeMap<String, Licences>,
}

/// A `bin` target of a package under `host-bins/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostBinary {
    pub package: String,
    pub name: String,
    /// The platforms to which its package narrows it, if it does.
    pub only: Option<BTreeSet<HostPlatform>>,
}

impl HostBinary {
    /// Whether it is to be built for `platform` where the extension is.
    pub fn runs_on(&self, platform: HostPlatform) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&platform))
    }
}

impl<'a> From<&'a HostBinary> for BinaryName<'a> {
    fn from(binary: &'a HostBinary) -> Self {
        BinaryName { package: &binary.package, name: &binary.name }
    }
}

impl Project {
    /// Finds the workspace around the directory `dir` and checks what it says.
    ///
    /// # Errors
    /// Nothing to load, or an invalid project; all problems of the configuration are in one error.
    pub fn load(dir: &Utf8Path) -> Result<Self, Error> {
        let metadata = workspace(dir)?.ok_or_else(|| no_workspace(dir))?;
        let table = extension_table(&metadata).ok_or_else(|| no_extension(&metadata))?;
        Self::read(&metadata, table).map_err(Error::usage)
    }

    /// Like [`Self::load`]; none where there is no extension.
    pub fn find(dir: &Utf8Path) -> Result<Option<Self>, Error> {
        let Some(metadata) = workspace(dir)? else { return Ok(None) };
        let Some(table) = extension_table(&metadata) else { return Ok(None) };
        Self::read(&metadata, table).map(Some).map_err(Error::usage)
    }

    fn read(metadata: &Metadata, table: &Value) -> Result<Self, Error> {
        let root = metadata.workspace_root.clone();
        let manifest = root.join("Cargo.toml");
        let config = Config::parse(table).map_err(|problems| invalid(&manifest, &problems))?;
        let (version, tag) = workspace_version(&manifest)?;
        let host_binaries = host_binaries(metadata)?;
        if host_binaries.is_empty() && config.ui.is_none() {
            return Err(empty());
        }
        let project = Self {
            target_dir: metadata.target_directory.clone(),
            version,
            tag,
            licences: licences(metadata, &host_binaries),
            config,
            host_binaries,
            root,
        };
        project.check_files()?;
        Ok(project)
    }

    /// What the files made from the project are named after.
    pub fn name(&self) -> &str {
        self.config.image.short()
    }

    pub fn context_folder(&self) -> Utf8PathBuf {
        self.target_dir.join("extension")
    }

    /// A long text of the configuration, from its file if it has one.
    ///
    /// # Errors
    /// The file can't be read, or is not UTF-8.
    pub fn long_text(&self, text: &LongText) -> files::Result<String> {
        match text {
            LongText::Inline(text) => Ok(text.clone()),
            LongText::File(path) => {
                let text = files::read_text(&self.root.join(path))?;
                Ok(text.trim_end().replace("\r\n", "\n"))
            }
        }
    }

    /// Every file and folder that the configuration names must be there.
    fn check_files(&self) -> Result<(), Error> {
        let config = &self.config;
        let mut files = vec![("icon", &config.icon)];
        for (key, text) in [
            ("detailed-description.file", &config.detailed_description),
            ("changelog.file", &config.changelog),
        ] {
            if let LongText::File(path) = text {
                files.push((key, path));
            }
        }
        if let Some(config::Vm { service: config::Service::ComposeFile(path), .. }) = &config.vm {
            files.push(("vm.composefile", path));
        }
        let folders = config.ui.iter().map(|ui| ("ui.directory", &ui.folder));

        let is_file = |path: &Utf8PathBuf| self.root.join(path).is_file();
        let is_folder = |path: &Utf8PathBuf| self.root.join(path).is_dir();
        let no_files = files.into_iter().filter(|(_, path)| !is_file(path));
        let no_folders = folders.filter(|(_, path)| !is_folder(path));
        let problems: Vec<Problem> = no_files
            .map(|(key, path)| self.missing(key, path, "a file"))
            .chain(no_folders.map(|(key, path)| self.missing(key, path, "a folder")))
            .collect();
        if problems.is_empty() {
            return Ok(());
        }
        Err(invalid(&self.root.join("Cargo.toml"), &problems))
    }

    fn missing(&self, key: &str, path: &Utf8Path, expected: &str) -> Problem {
        let found = if self.root.join(path).exists() { "is not one" } else { "is not there" };
        Problem::Value {
            key: format!("{}.{key}", config::WORKSPACE_KEY),
            found: format!("`{path}`, which {found}"),
            expected: expected.to_owned(),
        }
    }
}

/// None where neither `dir` nor a directory above it has a `Cargo.toml`.
fn workspace(dir: &Utf8Path) -> Result<Option<Metadata>, Error> {
    match metadata::workspace(dir) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(_) if !dir.ancestors().any(|dir| dir.join("Cargo.toml").is_file()) => Ok(None),
        Err(error) => Err(Error::new("cargo can't read the workspace")
            .help(workspace_help(&error))
            .because(error)
            .usage()),
    }
}

fn workspace_help(error: &cargo_metadata::Error) -> String {
    let glob = format!("{HOST_BINS}/*");
    match error {
        // What cargo reports is a manifest that nobody has written.
        cargo_metadata::Error::CargoMetadata { stderr } if stderr.contains(&glob) => format!(
            "cargo needs a match for each of `members`: without host binaries create the empty file \
             `{HOST_BINS}/.gitkeep`, or remove `{glob}` from `members`"
        ),
        _ => "fix what cargo reports".to_owned(),
    }
}

fn extension_table(metadata: &Metadata) -> Option<&Value> {
    metadata.workspace_metadata.get("docker-extension")
}

fn no_workspace(dir: &Utf8Path) -> Error {
    Error::new(format!(
        "there is no cargo workspace: `{dir}` and its parent directories have no `Cargo.toml`"
    ))
    .help("run this in the directory of the extension, or in one below it")
    .usage()
}

fn no_extension(metadata: &Metadata) -> Error {
    let manifest = metadata.workspace_root.join("Cargo.toml");
    let key = config::WORKSPACE_KEY;
    Error::new(format!("`{manifest}` does not configure an extension: it has no table `{key}`"))
        .help(KEYS_HELP)
        .usage()
}

fn invalid(manifest: &Utf8Path, problems: &[Problem]) -> Error {
    let count = text::count(problems.len(), "problem");
    let listed: String = problems.iter().map(|problem| format!("\n  {problem}")).collect();
    Error::new(format!("`{manifest}` has {count}{listed}")).help(KEYS_HELP)
}

fn empty() -> Error {
    let key = config::WORKSPACE_KEY;
    Error::new(format!(
        "the extension is empty: no host binary under `{HOST_BINS}/`, and no `{key}.ui`"
    ))
    .help(format!("add a package with a program under `{HOST_BINS}/`, or a `ui` table with a page"))
}

/// `cargo metadata` knows only the packages' versions, so this reads the manifest itself.
fn workspace_version(manifest: &Utf8Path) -> Result<(Version, Tag), Error> {
    let text = files::read_text(manifest)?;
    let document: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        Error::new(format!("`{manifest}` is not valid TOML"))
            .because(error)
            .help("fix the line that the reason names")
    })?;
    let version = document
        .get("workspace")
        .and_then(|workspace| workspace.get("package")?.get("version")?.as_str())
        .ok_or_else(|| {
            Error::new(format!(
                "the extension has no version: `workspace.package.version` is missing in `{manifest}`"
            ))
            .help("add `version = \"0.1.0\"` to `[workspace.package]`")
        })?;
    let parsed = version.parse().map_err(|error| invalid_version(manifest, version, error))?;
    let tag = version.parse().map_err(|error| invalid_version(manifest, version, error))?;
    Ok((parsed, tag))
}

fn invalid_version(
    manifest: &Utf8Path,
    version: &str,
    reason: impl std::error::Error + Send + Sync + 'static,
) -> Error {
    Error::new(format!(
        "`{manifest}`: `workspace.package.version` is `{version}`, expected a version such as `1.2.3`"
    ))
    .because(reason)
    .help(
        "write a semantic version without `+`: the marketplace reads the image's tag as one, and a \
         tag can't contain a `+`",
    )
}

fn host_binaries(metadata: &Metadata) -> Result<Vec<HostBinary>, Error> {
    let folder = metadata.workspace_root.join(HOST_BINS);
    let mut found = Vec::new();
    for package in metadata.workspace_packages() {
        if !package.manifest_path.starts_with(&folder) {
            continue;
        }
        let only = package_platforms(package)?;
        let mut programs = package
            .targets
            .iter()
            .filter(|target| target.kind.contains(&TargetKind::Bin))
            .peekable();
        // A library may be in the directory of the package that uses it.
        let is_own_entry =
            package.manifest_path.parent().and_then(Utf8Path::parent) == Some(&*folder);
        if programs.peek().is_none() && is_own_entry {
            return Err(no_program(package));
        }
        found.extend(programs.map(|program| HostBinary {
            package: package.name.to_string(),
            name: program.name.clone(),
            only: only.clone(),
        }));
    }
    found.sort_by(|a, b| (&a.package, &a.name).cmp(&(&b.package, &b.name)));
    check_names(&found)?;
    Ok(found)
}

fn no_program(package: &Package) -> Error {
    let (name, manifest) = (&package.name, &package.manifest_path);
    Error::new(format!(
        "the package `{name}` has no `bin` target, but is under `{HOST_BINS}/`: `{manifest}`"
    ))
    .help(format!(
        "add a `src/main.rs`, or move a package that is only a library out of `{HOST_BINS}/`"
    ))
}

fn package_platforms(package: &Package) -> Result<Option<BTreeSet<HostPlatform>>, Error> {
    let Some(table) = package.metadata.get("docker-extension") else { return Ok(None) };
    config::parse_package(table).map_err(|problems| invalid(&package.manifest_path, &problems))
}

/// Consumers put all host binaries of an operating system into one folder, on file systems that may
/// take upper and lower case for the same.
fn check_names(binaries: &[HostBinary]) -> Result<(), Error> {
    let mut same: BTreeMap<(Os, String), Vec<&HostBinary>> = BTreeMap::new();
    for binary in binaries {
        let systems: BTreeSet<Os> = HostPlatform::ALL
            .into_iter()
            .filter(|platform| binary.runs_on(*platform))
            .map(|platform| platform.os)
            .collect();
        for os in systems {
            same.entry((os, binary.name.to_lowercase())).or_default().push(binary);
        }
    }
    let Some(same) = same.into_values().find(|same| same.len() > 1) else { return Ok(()) };
    let packages: Vec<String> = same.iter().map(|binary| format!("`{}`", binary.package)).collect();
    let (name, packages) = (&same[0].name, text::list(&packages));
    Err(Error::new(format!("two host binaries are called `{name}`: in the packages {packages}"))
        .help(
            "rename one of them: consumers copy all host binaries of a platform into one directory",
        ))
}

fn licences(metadata: &Metadata, binaries: &[HostBinary]) -> BTreeMap<String, Licences> {
    let is_built = |package: &Package| binaries.iter().any(|it| it.package == *package.name);
    let packages = metadata.workspace_packages().into_iter().filter(|package| is_built(package));
    let licences = |package| Licences::find(package, &metadata.workspace_root);
    packages.map(|package| (package.name.to_string(), licences(package))).collect()
}
