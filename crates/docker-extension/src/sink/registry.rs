//! The registry that the image's name leads to, as `--push` asks for: Docker pushes to it.

use serde::Deserialize;
use xshell::{Shell, cmd};

use super::interface::Sink;
use crate::context::Context;
use crate::docker::{self, DockerTask};
use crate::engine::BuildxEngine;
use crate::error::{Error, Result};
use crate::image::Image;
use crate::oci::{Digest, Reference, Tag};
use crate::progress::{Progress, Step};

/// A registry that Docker has access to.
pub struct Registry {
    /// The engine that has made the image.
    pub engine: BuildxEngine,
}

impl Sink for Registry {
    fn name(&self) -> &'static str {
        "registry"
    }

    fn deliver(&self, image: &Image, context: &Context, progress: &Progress) -> Result<()> {
        if !image.reference.version.is_semver() {
            let tag = &image.reference.version;
            progress.warn(format_args!("the marketplace takes no tag but a version, not `{tag}`"));
        }
        let step = progress.step("Push the image");
        match self.engine.builder().engine_context() {
            // It refuses `rewrite-timestamp` for images that it keeps, and pushes no others.
            Some(engine) => push_from_engine(engine, image, &step)?,
            // Out of the builder's cache: buildx can't push an archive.
            None => {
                let output = "type=registry,oci-mediatypes=true,rewrite-timestamp=true";
                self.engine.run(context, &image.reference, output, DockerTask::Push, &step)?;
            }
        }
        let pushed = digest_in_registry(&image.reference)?;
        // With attestations no two builds are equal.
        if pushed != image.digest && !self.engine.has_attestations() {
            let built = &image.digest;
            let what = format!("the image that was pushed is {pushed}, but {built} was built");
            return Err(Error::new(what).help("run it again, and leave the context alone"));
        }
        step.done(&image.reference);
        Ok(())
    }
}

fn push_from_engine(engine: &str, image: &Image, step: &Step<'_>) -> Result<()> {
    let shell = Shell::new()?;
    let (archive, name) = (&image.archive, image.reference.full_name());
    let load = cmd!(shell, "docker --context {engine} load --input {archive}");
    docker::run(load, DockerTask::Load, step)?;
    docker::run(cmd!(shell, "docker --context {engine} push {name}"), DockerTask::Push, step)
}

/// The digest that the registry has under that name.
fn digest_in_registry(reference: &Reference<Tag>) -> Result<Digest> {
    #[derive(Deserialize)]
    struct ImagetoolsManifest {
        digest: Digest,
    }
    let shell = Shell::new()?;
    let (name, format) = (reference.full_name(), "{{json .Manifest}}");
    let command = cmd!(shell, "docker buildx imagetools inspect {name} --format {format}");
    let answer = docker::read(command, DockerTask::Inspect)?;
    let manifest: ImagetoolsManifest = serde_json::from_str(&answer).map_err(|error| {
        Error::new("can't read from buildx which image the registry has").because(error)
    })?;
    Ok(manifest.digest)
}
