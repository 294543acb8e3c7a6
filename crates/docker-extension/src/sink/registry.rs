//! The registry of the image name, for `--push`.

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

/// A registry to which Docker pushes.
pub struct Registry {
    /// The engine that built the image.
    pub engine: BuildxEngine,
}

impl Sink for Registry {
    fn name(&self) -> &'static str {
        "registry"
    }

    fn deliver(&self, image: &Image, context: &Context, progress: &Progress) -> Result<()> {
        if !image.reference.version.is_semver() {
            let tag = &image.reference.version;
            progress
                .warn(format_args!("the tag `{tag}` is not a version; the marketplace rejects it"));
        }
        let step = progress.step("Push the image");
        match self.engine.builder().engine_context() {
            // It rejects `rewrite-timestamp` for images in its store, and pushes only those.
            Some(engine) => push_from_engine(engine, image, &step)?,
            // Built again from the cache, because buildx can't push an archive.
            None => {
                let output = "type=registry,oci-mediatypes=true,rewrite-timestamp=true";
                self.engine.run(context, &image.reference, output, DockerTask::Push, &step)?;
            }
        }
        let pushed = digest_in_registry(&image.reference)?;
        // With attestations, no two builds have the same digest.
        if pushed != image.digest && !self.engine.has_attestations() {
            let built = &image.digest;
            let what = format!("the pushed image {pushed} is not the built image {built}");
            return Err(Error::new(what)
                .help("run `dist` again, and do not change the build context while it runs"));
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

/// The digest of the reference in the registry.
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
        Error::new("can't parse the output of `docker buildx imagetools inspect`").because(error)
    })?;
    Ok(manifest.digest)
}
