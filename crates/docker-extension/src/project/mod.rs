//! The project: finds the extension's workspace, and reads and checks its `Cargo.toml` files.

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

pub mod added_symbols;
pub mod config;
pub mod licences;
pub mod renamed;
mod table;
#[cfg(test)]
pub(crate) mod testing;

use config::{Config, LongText, PackageConfig, WindowsResources};
use licences::Licences;
pub use table::Problem;

/// The directory of the workspace whose packages are host binaries.
pub const HOST_BINS: &str = "host-bins";

const KEYS_HELP: &str = "see docs/configuration.md in the repository of docker-extension, which \
                         describes every key";

/// An extension's workspace with a valid configuration.
#[derive(Clone, Debug)]
pub struct Project {
    pub root: Utf8PathBuf,
    pub target_dir: Utf8PathBuf,
    /// The version of the workspace, which is the extension's.
    pub version: Version,
    /// The version as the image's tag.
    pub tag: Tag,
    pub config: Config,
    /// Sorted by package and name.
    pub host_binaries: Vec<HostBinary>,
    /// The licences of the packages with host binaries, by package name.
    pub licences: BTreeMap<String, Licences>,
    /// The packages with host binaries, by name.
    pub packages: BTreeMap<String, HostPackage>,
}

/// What a package under `host-bins/` says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPackage {
    pub version: Version,
    pub description: Option<String>,
    /// An SPDX expression.
    pub license: Option<String>,
    /// In place of the workspace's setting.
    pub windows_resources: Option<WindowsResources>,
}

/// A `bin` target of a package under `host-bins/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostBinary {
    pub package: String,
    pub name: String,
    /// The platforms to which its package restricts it.
    pub only: Option<BTreeSet<HostPlatform>>,
}

impl HostBinary {
    /// Whether its package allows `platform`.
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
    /// Loads the workspace at or above the directory `dir`.
    ///
    /// # Errors
    /// `dir` is not in an extension's workspace, or the project is invalid. One error has all problems of
    /// the configuration.
    pub fn load(dir: &Utf8Path) -> Result<Self, Error> {
        let metadata = workspace(dir)?.ok_or_else(|| no_workspace(dir))?;
        let table = extension_table(&metadata)?.ok_or_else(|| no_extension(&metadata))?;
        Self::read(&metadata, table).map_err(Error::usage)
    }

    /// Like [`Self::load`]; none if `dir` is not in an extension's workspace.
    pub fn find(dir: &Utf8Path) -> Result<Option<Self>, Error> {
        let Some(metadata) = workspace(dir)? else { return Ok(None) };
        let Some(table) = extension_table(&metadata)? else { return Ok(None) };
        Self::read(&metadata, table).map(Some).map_err(Error::usage)
    }

    fn read(metadata: &Metadata, table: &Value) -> Result<Self, Error> {
        let root = metadata.workspace_root.clone();
        let manifest = root.join("Cargo.toml");
        let config = Config::parse(table).map_err(|problems| invalid(&manifest, &problems))?;
        let (version, tag) = workspace_version(&manifest)?;
        let (host_binaries, packages) = host_binaries(metadata)?;
        if host_binaries.is_empty() && config.ui.is_none() {
            return Err(empty());
        }
        let project = Self {
            target_dir: metadata.target_directory.clone(),
            version,
            tag,
            licences: licences(metadata, &host_binaries),
            packages,
            config,
            host_binaries,
            root,
        };
        project.check_files()?;
        Ok(project)
    }

    /// The name of the extension in the names of its files.
    pub fn name(&self) -> &str {
        self.config.image.short()
    }

    pub fn context_directory(&self) -> Utf8PathBuf {
        self.target_dir.join("extension")
    }

    /// Whether this host binary gets resources if it is for Windows.
    pub fn windows_resources(&self, binary: &HostBinary) -> WindowsResources {
        let own = self.packages.get(&binary.package).and_then(|it| it.windows_resources);
        own.unwrap_or(self.config.windows_resources)
    }

    /// A long text of the configuration; read from its file if it has one.
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

    /// Checks that every configured file and directory exists.
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
        let directories = config.ui.iter().map(|ui| ("ui.directory", &ui.directory));

        let is_file = |path: &Utf8PathBuf| self.root.join(path).is_file();
        let is_directory = |path: &Utf8PathBuf| self.root.join(path).is_dir();
        let no_files = files.into_iter().filter(|(_, path)| !is_file(path));
        let no_directories = directories.filter(|(_, path)| !is_directory(path));
        let problems: Vec<Problem> = no_files
            .map(|(key, path)| self.missing(key, path, "a file"))
            .chain(no_directories.map(|(key, path)| self.missing(key, path, "a directory")))
            .collect();
        if problems.is_empty() {
            return Ok(());
        }
        Err(invalid(&self.root.join("Cargo.toml"), &problems))
    }

    fn missing(&self, key: &str, path: &Utf8Path, expected: &str) -> Problem {
        let exists = self.root.join(path).exists();
        let reason =
            if exists { format!("it is not {expected}") } else { "it does not exist".to_owned() };
        Problem::Value {
            key: format!("{}.{key}", config::WORKSPACE_KEY),
            found: format!("`{path}` ({reason})"),
            expected: format!("{expected} in the workspace"),
        }
    }
}

/// None if neither `dir` nor a parent directory has a `Cargo.toml`.
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
        // Cargo reports a manifest at a path that the author never wrote.
        cargo_metadata::Error::CargoMetadata { stderr } if stderr.contains(&glob) => format!(
            "create the empty file `{HOST_BINS}/.gitkeep`, or remove `{glob}` from `members`: cargo \
             rejects a member that matches nothing"
        ),
        _ => "fix the problem that cargo reports".to_owned(),
    }
}

/// The last part of [`config::WORKSPACE_KEY`].
const TABLE: &str = "docker-extension";

/// # Errors
/// A table has a similar name or is at another place: its keys would be ignored.
fn extension_table(metadata: &Metadata) -> Result<Option<&Value>, Error> {
    let table = metadata.workspace_metadata.get(TABLE);
    let manifest = metadata.workspace_root.join("Cargo.toml");
    match misnamed_table(&manifest, table.is_some()) {
        Some(misnamed) => {
            Err(Error::new(format!("`{manifest}`: the table `[{misnamed}]` is misnamed"))
                .help(format!("rename it to `[{}]`", config::WORKSPACE_KEY))
                .usage())
        }
        None => Ok(table),
    }
}

/// The full key of a table that is probably meant to be the extension's.
fn misnamed_table(manifest: &Utf8Path, has_table: bool) -> Option<String> {
    const MISSPELLING: usize = 2;
    const PARENTS: [&[&str]; 5] =
        [&["workspace", "metadata"], &["workspace"], &["package", "metadata"], &["metadata"], &[]];
    let document: toml::Table = files::read_text(manifest).ok()?.parse().ok()?;
    let plain = |key: &str| key.to_lowercase().replace(|c: char| !c.is_alphanumeric(), "");
    let is_similar = |key: &str| strsim::levenshtein(&plain(key), &plain(TABLE)) <= MISSPELLING;

    // Beside the right table, only its sibling is certainly meant for this tool.
    let parents = if has_table { &PARENTS[..1] } else { &PARENTS[..] };
    parents.iter().find_map(|path| {
        let parent = path
            .iter()
            .try_fold(&document, |table, key| table.get(*key).and_then(|it| it.as_table()));
        let tables = parent?.iter().filter(|(_, value)| value.is_table());
        let mut keys = tables.map(|(key, _)| [*path, &[key]].concat().join("."));
        keys.find(|key| {
            let name = key.rsplit('.').next().unwrap_or_default();
            is_similar(name) && key != config::WORKSPACE_KEY
        })
    })
}

fn no_workspace(dir: &Utf8Path) -> Error {
    Error::new(format!(
        "`{dir}` is not in a cargo workspace: neither it nor a parent directory has a `Cargo.toml`"
    ))
    .help("run this command in the directory of an extension")
    .usage()
}

fn no_extension(metadata: &Metadata) -> Error {
    let manifest = metadata.workspace_root.join("Cargo.toml");
    let key = config::WORKSPACE_KEY;
    Error::new(format!(
        "`{manifest}` does not configure an extension: the table `[{key}]` is missing"
    ))
    .help(KEYS_HELP)
    .usage()
}

fn invalid(manifest: &Utf8Path, problems: &[Problem]) -> Error {
    let count = text::count(problems.len(), "problem");
    let listed: String = problems.iter().map(|problem| format!("\n  {problem}")).collect();
    Error::new(format!("`{manifest}`: the configuration of the extension has {count}{listed}"))
        .help(KEYS_HELP)
}

fn empty() -> Error {
    let key = config::WORKSPACE_KEY;
    Error::new(format!(
        "the extension is empty: it has no host binary in `{HOST_BINS}/` and no table `[{key}.ui]`"
    ))
    .help(format!("add a package with a program to `{HOST_BINS}/`, or add the `ui` table"))
}

/// Reads the manifest, because `cargo metadata` reports only the versions of packages.
fn workspace_version(manifest: &Utf8Path) -> Result<(Version, Tag), Error> {
    let text = files::read_text(manifest)?;
    let document: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        Error::new(format!("`{manifest}` is not valid TOML"))
            .because(error)
            .help("fix the reported line")
    })?;
    let version = document
        .get("workspace")
        .and_then(|workspace| workspace.get("package")?.get("version")?.as_str())
        .ok_or_else(|| {
            Error::new(format!("`{manifest}`: `workspace.package.version` is missing"))
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
    .help("set a semantic version without `+`: it becomes the image's tag, which can't contain a `+`")
}

type HostPackages = BTreeMap<String, HostPackage>;

fn host_binaries(metadata: &Metadata) -> Result<(Vec<HostBinary>, HostPackages), Error> {
    let directory = metadata.workspace_root.join(HOST_BINS);
    let mut found = Vec::new();
    let mut packages = HostPackages::new();
    for package in metadata.workspace_packages() {
        if !package.manifest_path.starts_with(&directory) {
            continue;
        }
        let PackageConfig { platforms: only, windows_resources } = package_config(package)?;
        let mut programs = package
            .targets
            .iter()
            .filter(|target| target.kind.contains(&TargetKind::Bin))
            .peekable();
        // A library may be inside the directory of the package that uses it.
        let is_own_entry =
            package.manifest_path.parent().and_then(Utf8Path::parent) == Some(&*directory);
        if programs.peek().is_none() && is_own_entry {
            return Err(no_program(package));
        }
        let details = HostPackage {
            version: package.version.clone(),
            description: package
                .description
                .as_deref()
                .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")),
            license: package.license.clone(),
            windows_resources,
        };
        packages.insert(package.name.to_string(), details);
        found.extend(programs.map(|program| HostBinary {
            package: package.name.to_string(),
            name: program.name.clone(),
            only: only.clone(),
        }));
    }
    found.sort_by(|a, b| (&a.package, &a.name).cmp(&(&b.package, &b.name)));
    check_names(&found)?;
    Ok((found, packages))
}

fn no_program(package: &Package) -> Error {
    let (name, manifest) = (&package.name, &package.manifest_path);
    Error::new(format!(
        "`{manifest}`: the package `{name}` is in `{HOST_BINS}/`, but has no `bin` target"
    ))
    .help(format!(
        "add `src/main.rs`, or move the package out of `{HOST_BINS}/` if it is a library"
    ))
}

fn package_config(package: &Package) -> Result<PackageConfig, Error> {
    let Some(table) = package.metadata.get(TABLE) else { return Ok(PackageConfig::default()) };
    config::parse_package(table).map_err(|problems| invalid(&package.manifest_path, &problems))
}

/// Docker Desktop copies all host binaries of an operating system into one directory, on file systems that
/// may ignore case.
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
    Err(Error::new(format!(
        "the packages {packages} have a host binary with the same name, `{name}`"
    ))
    .help("rename one of them: Docker Desktop copies all host binaries into one directory"))
}

fn licences(metadata: &Metadata, binaries: &[HostBinary]) -> BTreeMap<String, Licences> {
    let is_built = |package: &Package| binaries.iter().any(|it| it.package == *package.name);
    let packages = metadata.workspace_packages().into_iter().filter(|package| is_built(package));
    let licences = |package| Licences::find(package, &metadata.workspace_root);
    packages.map(|package| (package.name.to_string(), licences(package))).collect()
}
