//! The two engines.

use std::fmt;

use camino::Utf8Path;
use serde::{Serialize, Serializer};

use super::buildx::BuildxEngine;
use crate::context::Context;
use crate::error::Result;
use crate::image::{self, Image};
use crate::oci::{Reference, Tag};
use crate::progress::Step;

#[derive(Clone, Debug)]
pub enum Engine {
    Embedded,
    Docker(BuildxEngine),
}

impl Engine {
    pub fn kind(&self) -> EngineKind {
        match self {
            Engine::Embedded => EngineKind::Embedded,
            Engine::Docker(_) => EngineKind::Docker,
        }
    }

    /// Writes the image of `context`, named `reference`, to the new file `archive`.
    ///
    /// # Errors
    /// The engine failed; the file may exist in part.
    pub fn build(
        &self,
        context: &Context,
        reference: &Reference<Tag>,
        archive: &Utf8Path,
        step: &Step<'_>,
    ) -> Result<Image> {
        match self {
            Engine::Embedded => image::pack(context, reference, archive, step),
            Engine::Docker(engine) => engine.build(context, reference, archive, step),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    Embedded,
    Docker,
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EngineKind::Embedded => "embedded",
            EngineKind::Docker => "docker",
        })
    }
}

impl Serialize for EngineKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
