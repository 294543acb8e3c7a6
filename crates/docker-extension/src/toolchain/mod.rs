//! What compiles and links host binaries, with no set-up by the user: where each target's
//! standard library comes from ([`standard_library`]), what links it ([`linker`]), and how cargo is told
//! ([`linking`]).

mod c_code;
pub mod cache;
mod debian;
pub mod import_library;
pub mod linker;
pub mod linking;
mod lld;
pub mod macos;
mod mingw;
mod pip;
mod plan;
pub mod route;
mod rust;
pub mod standard_library;
pub mod zig;
mod zigbuild;

pub use plan::{ToolchainPlan, Tools};
pub use rust::Toolchain;
