//! The project: what its `Cargo.toml` files say about the extension, found and checked.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::{Metadata, MetadataCommand, Package, TargetKind};
use semver::Version;

use crate::files;
use crate::platform::{HostPlatform, Os};
use crate::text;

pub mod config;
pub mod reference;
mod table;
#[cfg(test)]
pub(crate) mod testing;

use config::{Config, LongText};
use reference::Tag;
pub use table::Problem;

/// The folder of the workspace whose packages are host binaries.
pub const HOST_BINS: &str = "host-bins";

/// An extension's workspace, its configuration checked.
#[derive(Clone, Debug)]
pub struct Project {
    /// The workspace's folder.
    pub root: Utf8PathBuf,
    /// Cargo's target folder.
    pub target_dir: Utf8PathBuf,
    /// The workspace's version: the extension's, and its image's tag.
    pub version: Version,
    /// The tag that the version makes.
    pub tag: Tag,
    /// What `Cargo.toml` says about the extension.
    pub config: Config,
    /// The host binaries, by package and name.
    pub host_binaries: Vec<HostBinary>,
    /// Licence files in the workspace's folder; they go into every archive.
    pub licences: Vec<Utf8PathBuf>,
}

/// A `bin` target of a package under `host-bins/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostBinary {
    /// The package.
    pub package: String,
    /// The binary's name.
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

/// What is wrong with a project.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No `Cargo.toml` here or above.
    #[error(
        "there is no cargo workspace to work on: `{0}` and the folders above have no `Cargo.toml`"
    )]
    NoWorkspace(Utf8PathBuf),
    /// Cargo can't make sense of the workspace.
    #[error("cargo can't read the workspace")]
    Cargo(#[source] cargo_metadata::Error),
    /// The workspace has no table for the extension.
    #[error(
        "`{manifest}` does not say what the extension is: it has no table `{}`",
        config::WORKSPACE_KEY
    )]
    NoExtension {
        /// The workspace's manifest.
        manifest: Utf8PathBuf,
    },
    /// The workspace's manifest can't be read as TOML.
    #[error("`{manifest}` is not valid TOML")]
    Toml {
        /// The workspace's manifest.
        manifest: Utf8PathBuf,
        /// Where and why.
        source: toml::de::Error,
    },
    /// The workspace has no version.
    #[error("`{manifest}` gives the extension no version: `workspace.package.version` is missing")]
    NoVersion {
        /// The workspace's manifest.
        manifest: Utf8PathBuf,
    },
    /// The workspace's version is none, or none that a tag can express.
    #[error(
        "`{manifest}`: `workspace.package.version` is `{version}`, expected a version such as `1.2.3`"
    )]
    Version {
        /// The workspace's manifest.
        manifest: Utf8PathBuf,
        /// What stands there.
        version: String,
        /// Why it will not do.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The configuration has problems.
    #[error("`{manifest}` has {}{}", text::count(.problems.len(), "problem"), listed(.problems))]
    Configuration {
        /// The manifest.
        manifest: Utf8PathBuf,
        /// All of them.
        problems: Vec<Problem>,
    },
    /// There is nothing to put into an extension.
    #[error(
        "the extension is empty: no host binary under `{HOST_BINS}/`, and no `{}.ui`",
        config::WORKSPACE_KEY
    )]
    Empty,
    /// Two binaries would overwrite each other on the user's machine.
    #[error("two host binaries are called `{name}`: in the packages {}", text::list(.packages))]
    SameName {
        /// The name.
        name: String,
        /// The packages that have it.
        packages: Vec<String>,
    },
    /// A file can't be read.
    #[error(transparent)]
    Files(#[from] files::Error),
}

fn listed(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}

impl Error {
    /// What the person can do.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Error::Cargo(_) => "mend what cargo names".to_owned(),
            Error::NoWorkspace(_) => {
                "run `cargo xtask` in the folder of the extension, or in one below it".to_owned()
            }
            Error::NoExtension { .. } | Error::Configuration { .. } => {
                "README.md lists every key of the table, with an example".to_owned()
            }
            Error::Toml { .. } => "mend the line that the reason names".to_owned(),
            Error::NoVersion { .. } => "add `version = \"0.1.0\"` to `[workspace.package]`".to_owned(),
            Error::Version { .. } => {
                "write a semantic version without `+`: the marketplace reads the image's tag as one, \
                 and a tag can't hold a `+`"
                    .to_owned()
            }
            Error::Empty => format!(
                "add a package with a program under `{HOST_BINS}/`, or a `ui` table with a page"
            ),
            Error::SameName { .. } => "rename one of them: consumers copy all host binaries of a \
                                       platform into one folder"
                .to_owned(),
            Error::Files(error) => return error.advice().map(str::to_owned),
        };
        Some(help)
    }
}

impl Project {
    /// Finds the workspace around the folder `dir` and checks what it says.
    ///
    /// # Errors
    /// What is wrong with it; every problem of the configuration at once.
    pub fn load(dir: &Utf8Path) -> Result<Self, Error> {
        let metadata = MetadataCommand::new()
            .current_dir(dir)
            .no_deps()
            .exec()
            .map_err(|error| explain(dir, error))?;
        Self::from_metadata(&metadata)
    }

    /// Like [`Self::load`]; none where there is no extension.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn find(dir: &Utf8Path) -> Result<Option<Self>, Error> {
        match Self::load(dir) {
            Err(Error::NoWorkspace(_) | Error::NoExtension { .. }) => Ok(None),
            project => project.map(Some),
        }
    }

    fn from_metadata(metadata: &Metadata) -> Result<Self, Error> {
        let root = metadata.workspace_root.clone();
        let manifest = root.join("Cargo.toml");
        let table = metadata
            .workspace_metadata
            .get("docker-extension")
            .ok_or_else(|| Error::NoExtension { manifest: manifest.clone() })?;
        let config = Config::parse(table)
            .map_err(|problems| Error::Configuration { manifest: manifest.clone(), problems })?;
        let (version, tag) = workspace_version(&manifest)?;
        let host_binaries = host_binaries(metadata)?;
        if host_binaries.is_empty() && config.ui.is_none() {
            return Err(Error::Empty);
        }
        let project = Self {
            target_dir: metadata.target_directory.clone(),
            version,
            tag,
            licences: licences(&root),
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

    /// The folder of the build context.
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
        let folders = config.ui.iter().map(|ui| ("ui.folder", &ui.folder));

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
        Err(Error::Configuration { manifest: self.root.join("Cargo.toml"), problems })
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

fn explain(dir: &Utf8Path, error: cargo_metadata::Error) -> Error {
    if dir.ancestors().any(|folder| folder.join("Cargo.toml").is_file()) {
        Error::Cargo(error)
    } else {
        Error::NoWorkspace(dir.to_owned())
    }
}

/// `cargo metadata` knows the packages' versions alone, so the manifest itself is read.
fn workspace_version(manifest: &Utf8Path) -> Result<(Version, Tag), Error> {
    let text = files::read_text(manifest)?;
    let document: toml::Table =
        text.parse().map_err(|source| Error::Toml { manifest: manifest.to_owned(), source })?;
    let version = document
        .get("workspace")
        .and_then(|workspace| workspace.get("package")?.get("version")?.as_str())
        .ok_or_else(|| Error::NoVersion { manifest: manifest.to_owned() })?;
    let wrong = |source| Error::Version {
        manifest: manifest.to_owned(),
        version: version.to_owned(),
        source,
    };
    let parsed = version.parse::<Version>().map_err(|error| wrong(error.into()))?;
    let tag = version.parse::<Tag>().map_err(|error| wrong(error.into()))?;
    Ok((parsed, tag))
}

fn host_binaries(metadata: &Metadata) -> Result<Vec<HostBinary>, Error> {
    let folder = metadata.workspace_root.join(HOST_BINS);
    let mut found = Vec::new();
    for package in metadata.workspace_packages() {
        if !package.manifest_path.starts_with(&folder) {
            continue;
        }
        let only = package_platforms(package)?;
        let programs =
            package.targets.iter().filter(|target| target.kind.contains(&TargetKind::Bin));
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

fn package_platforms(package: &Package) -> Result<Option<BTreeSet<HostPlatform>>, Error> {
    let Some(table) = package.metadata.get("docker-extension") else { return Ok(None) };
    config::parse_package(table).map_err(|problems| Error::Configuration {
        manifest: package.manifest_path.clone(),
        problems,
    })
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
    match same.into_values().find(|same| same.len() > 1) {
        Some(same) => Err(Error::SameName {
            name: same[0].name.clone(),
            packages: same.iter().map(|binary| format!("`{}`", binary.package)).collect(),
        }),
        None => Ok(()),
    }
}

fn licences(root: &Utf8Path) -> Vec<Utf8PathBuf> {
    const NAMES: [&str; 4] = ["LICENSE", "LICENCE", "COPYING", "NOTICE"];
    files::entries(root)
        .unwrap_or_default()
        .into_iter()
        .filter(|entry| NAMES.iter().any(|name| entry.file_name().starts_with(name)))
        .filter(|entry| entry.path().is_file())
        .map(|entry| entry.into_path())
        .collect()
}
