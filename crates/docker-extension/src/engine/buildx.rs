//! The docker engine: buildx builds the `Dockerfile` in the build context for both platforms.

use camino::Utf8Path;
use xshell::{Shell, cmd};

use super::builder::BuildxBuilder;
use crate::context::Context;
use crate::docker::{self, DockerTask};
use crate::error::Result;
use crate::image::Image;
use crate::oci::{Reference, Tag};
use crate::platform::ImagePlatform;
use crate::progress::Step;

#[derive(Clone, Debug)]
pub struct BuildxEngine {
    builder: BuildxBuilder,
    attestations: bool,
}

impl BuildxEngine {
    /// `attestations` adds provenance to the image. It contains the time of the build, so that no two builds
    /// have the same digest, and it is in the index as a platform `unknown/unknown`.
    pub fn new(builder: BuildxBuilder, attestations: bool) -> Self {
        Self { builder, attestations }
    }

    pub fn builder(&self) -> &BuildxBuilder {
        &self.builder
    }

    pub fn has_attestations(&self) -> bool {
        self.attestations
    }

    /// Writes the image of `context` to the new file `archive`.
    ///
    /// # Errors
    /// buildx failed, or its image is incomplete.
    pub(super) fn build(
        &self,
        context: &Context,
        reference: &Reference<Tag>,
        archive: &Utf8Path,
        step: &Step<'_>,
    ) -> Result<Image> {
        let dest = csv_field(&format!("dest={archive}"));
        let name = reference.full_name();
        let output = format!("type=oci,{dest},name={name},rewrite-timestamp=true");
        self.run(context, reference, &output, DockerTask::Build, step)?;
        Image::complete(archive, reference)
    }

    /// Builds `context` with buildx; `output` is the value of its option `--output`.
    ///
    /// # Errors
    /// buildx failed.
    pub fn run(
        &self,
        context: &Context,
        reference: &Reference<Tag>,
        output: &str,
        task: DockerTask,
        step: &Step<'_>,
    ) -> Result<()> {
        let shell = Shell::new()?;
        let builder = self.builder.name();
        let platforms = ImagePlatform::ALL.map(|platform| platform.to_string()).join(",");
        let provenance = if self.attestations { "mode=max" } else { "false" };
        let tag = reference.full_name();
        let dir = context.dir();
        // Fixes the times in the image; the exporter's `rewrite-timestamp` applies it to layers.
        let epoch = "SOURCE_DATE_EPOCH=0";
        let command = cmd!(
            shell,
            "docker buildx build --builder {builder} --platform {platforms}
             --provenance={provenance} --sbom=false --build-arg {epoch}
             --tag {tag} --progress=plain --output {output} {dir}"
        );
        docker::run(command.env("SOURCE_DATE_EPOCH", "0"), task, step)
    }
}

/// A field of `--output`, which is CSV.
fn csv_field(field: &str) -> String {
    if field.contains([',', '"', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}
