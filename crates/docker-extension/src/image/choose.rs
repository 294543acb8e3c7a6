//! Which engine makes the image, and why.

use std::fmt;

use camino::Utf8Path;

use super::builder::{self, NoBuilder};
use super::docker::Docker;
use super::embedded::Embedded;
use super::{Engine, EngineKind, Error, Image};
use crate::context::Context;
use crate::progress::Step;
use crate::project::reference::ImageReference;

/// The engine that was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum EngineRequest {
    /// Docker's builder where one answers quickly and can do it, else xtask's own.
    #[default]
    Auto,
    /// xtask's own, which needs nothing installed.
    Embedded,
    /// Docker's builder, buildx.
    Docker,
}

/// One of the engines.
#[derive(Clone, Debug)]
pub enum AnyEngine {
    /// The embedded one.
    Embedded(Embedded),
    /// Docker's builder.
    Docker(Docker),
}

/// An engine, and why it is this one; shown as `docker: builder …`.
#[derive(Clone, Debug)]
pub struct EngineChoice {
    /// The engine.
    pub engine: AnyEngine,
    /// Why.
    pub reason: String,
}

impl fmt::Display for EngineChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.engine.kind(), self.reason)
    }
}

/// Picks the engine. `builder` names a buildx builder, `attestations` is for [`Docker::new`].
///
/// # Errors
/// Docker was asked for and can't do it, or the person pressed Ctrl-C.
pub fn choose(
    request: EngineRequest,
    builder: Option<&str>,
    attestations: bool,
) -> Result<EngineChoice, NoBuilder> {
    if request == EngineRequest::Embedded {
        return Ok(embedded("as asked for"));
    }
    match builder::probe(builder) {
        // To start one can mean a download: nothing to do unasked.
        Ok(builder) if request == EngineRequest::Auto && !builder.is_running() => {
            Ok(embedded(format!("{builder} is not running")))
        }
        Ok(builder) => {
            let reason = builder.to_string();
            let engine = AnyEngine::Docker(Docker::new(builder, attestations));
            Ok(EngineChoice { engine, reason })
        }
        Err(interrupted @ NoBuilder::Interrupted(_)) => Err(interrupted),
        Err(reason) if request == EngineRequest::Auto => Ok(embedded(reason.to_string())),
        Err(error) => Err(error),
    }
}

fn embedded(reason: impl Into<String>) -> EngineChoice {
    EngineChoice { engine: AnyEngine::Embedded(Embedded), reason: reason.into() }
}

impl AnyEngine {
    fn get(&self) -> &dyn Engine {
        match self {
            AnyEngine::Embedded(engine) => engine,
            AnyEngine::Docker(engine) => engine,
        }
    }
}

impl Engine for AnyEngine {
    fn kind(&self) -> EngineKind {
        self.get().kind()
    }

    fn build(
        &self,
        context: &Context,
        reference: &ImageReference,
        archive: &Utf8Path,
        step: &Step<'_>,
    ) -> Result<Image, Error> {
        self.get().build(context, reference, archive, step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_engine_is_taken_without_a_look_at_docker() {
        let choice = choose(EngineRequest::Embedded, Some("no-such-builder"), false).unwrap();
        assert_eq!(choice.to_string(), "embedded: as asked for");
    }
}
