use super::{License, ProjectName};
use crate::oci::ImageName;

/// The valid answers about a new project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    pub name: ProjectName,
    pub title: String,
    pub description: String,
    pub vendor: String,
    pub image: ImageName,
    pub license: License,
    pub parts: ExtensionParts,
}

/// The parts of an extension, at least one of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtensionParts {
    HelperAndTab,
    HelperOnly,
    TabOnly,
}

impl ExtensionParts {
    pub fn has_helper(self) -> bool {
        self != ExtensionParts::TabOnly
    }

    pub fn has_tab(self) -> bool {
        self != ExtensionParts::HelperOnly
    }
}
