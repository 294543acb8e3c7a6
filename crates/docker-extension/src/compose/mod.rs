//! The compose file of an extension: its services, and everything in it that other files, variables or images
//! have to fit. It is read, not judged: `validate` does that.
//!
//! The sources are the Compose Specification and compose-go, which Docker Compose reads files with.

mod file;
mod reader;
mod variable;
mod volume;
mod yaml;

pub use file::{
    ComposeFile, ComposeService, Defect, FileReference, FileUse, ServiceBuild, ServiceImage,
    VariableUse,
};
pub use reader::read;
pub use variable::{Expansion, PLUGIN_IMAGE, Unset, expand};
pub use volume::BindPath;
pub use yaml::Position;
