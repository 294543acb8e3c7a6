//! Chooses the engine that builds the image.

use std::fmt;

use super::builder::{self, NoBuilder};
use super::buildx::BuildxEngine;
use super::kind::Engine;

/// The requested engine. The comments of its variants are the help of `--engine`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum EngineRequest {
    /// `docker` if a running builder supports both platforms, else `embedded`
    #[default]
    Auto,
    /// The built-in engine, which does not need Docker
    Embedded,
    /// Docker's buildx
    Docker,
}

/// An engine, and the reason for it; shown as `docker: builder …`.
#[derive(Clone, Debug)]
pub struct EngineChoice {
    pub engine: Engine,
    pub reason: String,
}

impl fmt::Display for EngineChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.engine.kind(), self.reason)
    }
}

/// Chooses the engine. `builder` is the name of a buildx builder; `attestations` is for
/// [`BuildxEngine::new`].
///
/// # Errors
/// The docker engine was requested, but is not available. Or the user pressed Ctrl-C.
pub fn choose(
    request: EngineRequest,
    builder: Option<&str>,
    attestations: bool,
) -> Result<EngineChoice, NoBuilder> {
    if request == EngineRequest::Embedded {
        return Ok(embedded("requested"));
    }
    match builder::probe(builder) {
        // Starting it may download an image, which the user did not request.
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
    fn the_embedded_engine_is_chosen_without_running_docker() {
        let choice = choose(EngineRequest::Embedded, Some("no-such-builder"), false).unwrap();
        assert_eq!(choice.to_string(), "embedded: requested");
    }
}
