//! The engines, which build the image from the build context: the embedded engine, which does not need
//! Docker, and Docker's buildx.

mod builder;
mod buildx;
mod choose;
mod kind;

pub use builder::{NoBuilder, check_engine, probe};
pub use buildx::BuildxEngine;
pub use choose::{EngineChoice, EngineRequest, choose};
pub use kind::{Engine, EngineKind};
