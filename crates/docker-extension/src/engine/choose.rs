//! Which engine makes the image, and why.

use std::fmt;

use super::builder::{self, NoBuilder};
use super::buildx::BuildxEngine;
use super::kind::Engine;

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

/// An engine, and why it is this one; shown as `docker: builder …`.
#[derive(Clone, Debug)]
pub struct EngineChoice {
    /// The engine.
    pub engine: Engine,
    /// Why.
    pub reason: String,
}

impl fmt::Display for EngineChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.engine.kind(), self.reason)
    }
}

/// Picks the engine. `builder` names a buildx builder, `attestations` is for [`BuildxEngine::new`].
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
            let engine = Engine::Docker(BuildxEngine::new(builder, attestations));
            Ok(EngineChoice { engine, reason })
        }
        Err(interrupted @ NoBuilder::Interrupted(_)) => Err(interrupted),
        Err(reason) if request == EngineRequest::Auto => Ok(embedded(reason.to_string())),
        Err(error) => Err(error),
    }
}

fn embedded(reason: impl Into<String>) -> EngineChoice {
    EngineChoice { engine: Engine::Embedded, reason: reason.into() }
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
