//! The files of a project, which `new` writes and `upgrade` updates.

mod answers;
pub mod license;
mod name;
pub mod origin;
pub mod record;
mod template;
pub mod tool_source;
pub mod upgrade;
pub mod vendor;

pub use answers::{Answers, ExtensionParts};
pub use license::License;
pub use name::ProjectName;
pub use record::Record;
pub use template::{ProjectFile, project_files, tool_files};
pub use tool_source::ToolSource;
