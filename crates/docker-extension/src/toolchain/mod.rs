//! Compiles and links host binaries without any set-up by the user: where each target's
//! standard library comes from ([`standard_library`]), which linker it gets ([`linker`]), and how
//! cargo is configured for it ([`linking`]).

mod c_code;
pub mod cache;
mod debian;
pub mod import_library;
pub mod linker;
pub mod linking;
mod lld;
pub mod macos;
mod mingw;
mod own_tool;
mod pip;
mod plan;
pub mod remap;
pub mod resource_compiler;
pub mod route;
mod rust;
pub mod standard_library;
pub mod zig;
pub mod zig_cc;
mod zigbuild;

pub use plan::{ToolchainPlan, Tools};
pub use rust::Toolchain;
