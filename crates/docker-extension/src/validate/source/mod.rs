//! The sources of an extension: where in the repository the author wrote what a finding is about.

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use super::finding::At;
use crate::error::Result;
use crate::files;
use crate::project::Project;
use crate::project::config::{Config, WORKSPACE_KEY};
use crate::rules::Rule;

mod json;
mod key;
mod manifest;

use key::Written;

/// A place in a file of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLocation {
    /// Relative to the root of the repository, with `/` on every platform.
    pub file: String,
    /// From 1.
    pub line: Option<usize>,
    /// In characters, from 1.
    pub column: Option<usize>,
}

/// The files that describe the extension.
#[derive(Clone, Debug, Default)]
pub enum ExtensionSources {
    /// The extension comes from elsewhere.
    #[default]
    Unknown,
    Project(Box<ProjectSources>),
    /// A `metadata.json` in the repository.
    Metadata {
        file: String,
        text: String,
    },
}

#[derive(Clone, Debug)]
pub struct ProjectSources {
    /// The directory of the workspace in the repository; empty if it is the root.
    directory: Utf8PathBuf,
    /// The text of the workspace's `Cargo.toml`.
    manifest: String,
    config: Config,
}

impl ExtensionSources {
    /// # Errors
    /// The workspace's `Cargo.toml` can't be read.
    pub fn of_project(project: &Project) -> Result<Self> {
        let manifest = files::read_text(&project.root.join(MANIFEST))?;
        let directory = in_repository(&project.root).unwrap_or_default();
        let config = project.config.clone();
        Ok(Self::Project(Box::new(ProjectSources { directory, manifest, config })))
    }

    /// A `metadata.json`; unknown if it is outside the repository at `here` or not a text.
    pub fn of_metadata(path: &Utf8Path, here: &Utf8Path) -> Self {
        let root = repository(here).unwrap_or(here);
        match (normalized(path).strip_prefix(root), files::read_text(path)) {
            (Ok(file), Ok(text)) => Self::Metadata { file: portable(file), text },
            _ => Self::Unknown,
        }
    }

    /// The place that caused a finding of `rule`; none if it is unknown.
    pub fn locate(&self, rule: &Rule, at: &At) -> Option<SourceLocation> {
        if matches!(at, At::Setting(name) if !name.starts_with(WORKSPACE_KEY)) {
            return None; // an option
        }
        match self {
            ExtensionSources::Unknown => None,
            ExtensionSources::Project(project) => Some(project.locate(rule, at)),
            ExtensionSources::Metadata { file, text } => {
                let (line, column) = match at {
                    At::MetadataText { line, column } => (Some(*line), Some(*column)),
                    At::Metadata(pointer) => json::position(text, pointer).unzip(),
                    _ => (None, None),
                };
                Some(SourceLocation { file: file.clone(), line, column })
            }
        }
    }
}

const MANIFEST: &str = "Cargo.toml";

impl ProjectSources {
    fn locate(&self, rule: &Rule, at: &At) -> SourceLocation {
        let (file, line, column) = match (key::written(rule, at, &self.config), at) {
            (Written::Key(key), _) => {
                (Utf8PathBuf::from(MANIFEST), manifest::line(&self.manifest, &key), None)
            }
            // The image has a copy of the file.
            (Written::File(path), At::FileText { line, column, .. }) => {
                (path, Some(*line), Some(*column))
            }
            (Written::File(path), _) => (path, None, None),
        };
        SourceLocation { file: portable(&self.directory.join(file)), line, column }
    }
}

/// The path in its repository.
fn in_repository(path: &Utf8Path) -> Option<Utf8PathBuf> {
    path.strip_prefix(repository(path)?).map(Utf8Path::to_owned).ok()
}

/// The root of the repository around a directory. `.git` is a file in a work tree.
fn repository(directory: &Utf8Path) -> Option<&Utf8Path> {
    directory.ancestors().find(|directory| directory.join(".git").exists())
}

/// Without `.` and `..`. Symbolic links are not resolved.
pub fn normalized(path: &Utf8Path) -> Utf8PathBuf {
    let mut normal = Utf8PathBuf::new();
    for part in path.components() {
        if part == Utf8Component::ParentDir {
            normal.pop();
        } else {
            normal.push(part);
        }
    }
    normal
}

fn portable(path: &Utf8Path) -> String {
    path.components().map(|part| part.as_str()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
pub(super) fn testing_sources(manifest: &str, config: Config) -> ExtensionSources {
    let (directory, manifest) = ("app".into(), manifest.to_owned());
    ExtensionSources::Project(Box::new(ProjectSources { directory, manifest, config }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::config::{Service, Vm};

    #[test]
    fn a_finding_in_the_compose_file_is_located_in_the_file_of_the_project() {
        let mut config = crate::project::testing::config();
        let service = Service::ComposeFile("vm/compose.yaml".into());
        config.vm = Some(Vm { service, socket: None });
        let sources = testing_sources("", config);
        let path = "/docker-compose.yaml".to_owned();
        let at = At::FileText { path, line: 3, column: 5 };
        let found = sources.locate(&crate::rules::image::COMPOSE_MISSING, &at).unwrap();
        let file = "app/vm/compose.yaml".to_owned();
        assert_eq!(found, SourceLocation { file, line: Some(3), column: Some(5) });
    }

    #[test]
    fn a_finding_of_a_metadata_file_is_located_in_its_repository() {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(dir.path()).unwrap();
        let inner = root.join("extension");
        files::create_dir(&root.join(".git")).unwrap();
        files::create_dir(&inner).unwrap();
        let path = inner.join("metadata.json");
        files::write(&path, "{\n  \"icon\": 1\n}\n").unwrap();
        let sources = ExtensionSources::of_metadata(&path, &inner);
        let rule = &crate::rules::metadata::TYPE;
        let locate = |at: At| sources.locate(rule, &at).unwrap();
        let file = || "extension/metadata.json".to_owned();
        let icon = SourceLocation { file: file(), line: Some(2), column: Some(11) };
        assert_eq!(locate(At::Metadata("/icon".to_owned())), icon);
        let text = locate(At::MetadataText { line: 3, column: 4 });
        assert_eq!(text, SourceLocation { file: file(), line: Some(3), column: Some(4) });
        let index = SourceLocation { file: file(), line: None, column: None };
        assert_eq!(locate(At::Index), index);
        assert_eq!(sources.locate(rule, &At::Setting("--allow label-title".to_owned())), None);
        let from_below = inner.join("../extension/./metadata.json");
        let sources = ExtensionSources::of_metadata(&from_below, &inner);
        assert_eq!(sources.locate(rule, &At::Index), Some(index));

        let elsewhere = tempfile::tempdir().unwrap();
        let elsewhere = Utf8Path::from_path(elsewhere.path()).unwrap().join("metadata.json");
        files::write(&elsewhere, "{}").unwrap();
        assert_eq!(
            ExtensionSources::of_metadata(&elsewhere, &inner).locate(rule, &At::Index),
            None
        );
    }
}
