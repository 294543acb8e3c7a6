//! What makes the image from the build context: the embedded engine, which needs nothing but the disk,
//! or Docker's builder, buildx.

mod builder;
mod buildx;
mod choose;
mod kind;

pub use builder::{NoBuilder, check_engine, probe};
pub use buildx::BuildxEngine;
pub use choose::{EngineChoice, EngineRequest, choose};
pub use kind::{Engine, EngineKind};
