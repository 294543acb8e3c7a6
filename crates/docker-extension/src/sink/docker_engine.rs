//! The Docker Engine of this machine, for `--load`.

use xshell::{Shell, cmd};

use super::interface::Sink;
use crate::context::Context;
use crate::docker::{self, DockerTask};
use crate::engine;
use crate::error::Result;
use crate::image::Image;
use crate::progress::Progress;

/// The Docker Engine that the `docker` command uses.
pub struct DockerEngine;

impl Sink for DockerEngine {
    fn name(&self) -> &'static str {
        "docker-engine"
    }

    fn check(&self) -> Result<()> {
        Ok(engine::check_engine()?)
    }

    fn deliver(&self, image: &Image, _: &Context, progress: &Progress) -> Result<()> {
        let step = progress.step("Load the image into Docker");
        let (shell, archive) = (Shell::new()?, &image.archive);
        docker::run(cmd!(shell, "docker load --input {archive}"), DockerTask::Load, &step)?;
        step.done(&image.reference);
        Ok(())
    }
}
