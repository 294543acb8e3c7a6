//! The typed content of a compose file.

use super::variable::Unset;
use super::volume::BindPath;
use super::yaml::Position;

/// What a compose file contains, as far as its shape is valid. Several documents in one file are merged.
#[derive(Debug, Default)]
pub struct ComposeFile {
    /// In the order of the file. Services with a profile are left out, because consumers activate none.
    pub services: Vec<ComposeService>,
    pub defects: Vec<Defect>,
    /// The files that it names.
    pub files: Vec<FileReference>,
    /// The variables that no user's machine sets, without those in the images of services.
    pub variables: Vec<VariableUse>,
    /// The texts with an invalid variable.
    pub invalid_variables: Vec<(String, Position)>,
    /// The names that are used but not defined.
    pub undefined: Vec<Undefined>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComposeService {
    pub name: String,
    pub position: Position,
    pub image: ServiceImage,
    pub build: Option<ServiceBuild>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceImage {
    Missing,
    /// The service needs none, or has it from a file that is not read.
    Elsewhere,
    Named {
        text: String,
        position: Position,
    },
}

/// The key `build` of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceBuild {
    pub position: Position,
    /// Whether Compose builds even if there is an image: `pull_policy: build`.
    pub is_forced: bool,
}

/// A mistake in the shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Defect {
    /// The file is empty, or has only comments.
    Empty,
    /// `meant` is a key that is probably a misspelling.
    ServicesMissing {
        position: Position,
        meant: Option<String>,
    },
    ServicesEmpty {
        position: Position,
    },
    /// `field` is empty for the top level.
    WrongType {
        position: Position,
        field: String,
        expected: &'static str,
        found: &'static str,
    },
    DuplicateKey {
        position: Position,
        key: String,
    },
    UnknownKey {
        position: Position,
        key: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileReference {
    pub position: Position,
    /// The text in the compose file.
    pub text: String,
    pub path: BindPath,
    pub file_use: FileUse,
    /// The service, configuration or secret: `` service `web` ``. None for an included file.
    pub owner: Option<String>,
}

/// What a file is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileUse {
    EnvFile,
    LabelFile,
    Config,
    Secret,
    Include,
    Extends,
    Mount {
        /// The path in the container.
        target: String,
        /// Whether Docker creates a missing directory.
        creates_directory: bool,
        is_read_only: bool,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableUse {
    pub position: Position,
    pub name: String,
    pub result: Unset,
}

/// A name that a service uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undefined {
    pub position: Position,
    pub service: String,
    /// The section that should define it.
    pub section: TopLevel,
    pub name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopLevel {
    Services,
    Volumes,
    Networks,
    Configs,
    Secrets,
}

impl TopLevel {
    /// The key at the top of the file.
    pub fn key(self) -> &'static str {
        match self {
            Self::Services => "services",
            Self::Volumes => "volumes",
            Self::Networks => "networks",
            Self::Configs => "configs",
            Self::Secrets => "secrets",
        }
    }

    /// The word for one of its entries.
    pub fn entry(self) -> &'static str {
        match self {
            Self::Services => "service",
            Self::Volumes => "volume",
            Self::Networks => "network",
            Self::Configs => "config",
            Self::Secrets => "secret",
        }
    }
}
