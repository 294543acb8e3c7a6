//! The docker engine: buildx builds the context's `Dockerfile`, for both platforms at once.

use std::process::Command;

use camino::Utf8Path;
use serde::Deserialize;
use xshell::{Shell, cmd};

use super::builder::Builder;
use super::error::Task;
use super::{Engine, EngineKind, Error, Image, archive};
use crate::contents::dockerfile::fits_in_dockerfile;
use crate::context::Context;
use crate::platform::ImagePlatform;
use crate::process::{self, Output};
use crate::progress::Step;
use crate::project::reference::ImageReference;

/// Docker's builder.
#[derive(Clone, Debug)]
pub struct Docker {
    builder: Builder,
    attestations: bool,
}

impl Docker {
    /// The engine that builds with `builder`.
    ///
    /// `attestations` adds provenance to the image. It tells when the image was built, so that no
    /// two builds have the same digest, and it stands in the index as a platform `unknown/unknown`.
    pub fn new(builder: Builder, attestations: bool) -> Self {
        Self { builder, attestations }
    }

    /// Pushes the image that this engine has made from `context`, and returns its digest in the
    /// registry. Without attestations it is the archive's.
    ///
    /// # Errors
    /// Whatever keeps Docker from it, and a digest in the registry that is not the image's.
    pub fn push(&self, context: &Context, image: &Image, step: &Step<'_>) -> Result<String, Error> {
        match self.builder.engine_context() {
            // It refuses `rewrite-timestamp` for images that it keeps, and pushes no others.
            Some(engine) => push_from_engine(engine, image, step)?,
            // Out of the builder's cache: buildx can't push an archive.
            None => {
                let output = "type=registry,oci-mediatypes=true,rewrite-timestamp=true";
                run(self.command(context, &image.reference, output)?, Task::Push, step)?;
            }
        }
        let pushed = digest_in_registry(&image.reference)?;
        // With attestations no two builds are equal.
        if pushed == image.digest || self.attestations {
            Ok(pushed)
        } else {
            Err(Error::Changed { pushed, built: image.digest.clone() })
        }
    }

    fn command(
        &self,
        context: &Context,
        reference: &ImageReference,
        output: &str,
    ) -> Result<Command, Error> {
        let shell = Shell::new()?;
        let builder = self.builder.name();
        let platforms = ImagePlatform::ALL.map(|platform| platform.to_string()).join(",");
        let dockerfile = context.dir().join("Dockerfile");
        let provenance = if self.attestations { "mode=max" } else { "false" };
        let labels = context.contents().labels().iter();
        let labels = labels
            .filter(|(_, value)| !fits_in_dockerfile(value))
            .flat_map(|(name, value)| ["--label".to_owned(), format!("{name}={value}")]);
        let tag = reference.full_name();
        let dir = context.dir();
        // The times of files and documents. The exporter's `rewrite-timestamp` applies it to layers.
        let epoch = "SOURCE_DATE_EPOCH=0";
        let command = cmd!(
            shell,
            "docker buildx build --builder {builder} --platform {platforms} --file {dockerfile}
             --provenance={provenance} --sbom=false --build-arg {epoch} {labels...}
             --tag {tag} --progress=plain --output {output} {dir}"
        );
        Ok(command.env("SOURCE_DATE_EPOCH", "0").into())
    }
}

impl Engine for Docker {
    fn kind(&self) -> EngineKind {
        EngineKind::Docker
    }

    fn build(
        &self,
        context: &Context,
        reference: &ImageReference,
        archive: &Utf8Path,
        step: &Step<'_>,
    ) -> Result<Image, Error> {
        let dest = csv_field(&format!("dest={archive}"));
        let name = reference.full_name();
        let output = format!("type=oci,{dest},name={name},rewrite-timestamp=true");
        run(self.command(context, reference, &output)?, Task::Build, step)?;

        let found = archive::read(archive)?;
        let missing = ImagePlatform::ALL.iter().find(|it| !found.manifests.contains_key(it));
        if let Some(platform) = missing {
            let reason = format!("its image has no variant for {platform}");
            return Err(Error::Archive { path: archive.to_owned(), reason });
        }
        archive::add_docker_manifest(archive, &found.manifests, reference)?;
        Ok(Image {
            reference: reference.clone(),
            digest: found.digest,
            archive: archive.to_owned(),
            platforms: found.manifests.into_keys().collect(),
            engine: EngineKind::Docker,
        })
    }
}

/// Loads the image of an archive, made by either engine, into the Docker Engine.
///
/// # Errors
/// Whatever keeps Docker from it.
pub fn load(archive: &Utf8Path, step: &Step<'_>) -> Result<(), Error> {
    let shell = Shell::new()?;
    run(cmd!(shell, "docker load --input {archive}").into(), Task::Load, step)
}

fn push_from_engine(engine: &str, image: &Image, step: &Step<'_>) -> Result<(), Error> {
    let shell = Shell::new()?;
    let (archive, name) = (&image.archive, image.reference.full_name());
    let load = cmd!(shell, "docker --context {engine} load --input {archive}");
    run(load.into(), Task::Load, step)?;
    run(cmd!(shell, "docker --context {engine} push {name}").into(), Task::Push, step)
}

/// Docker says many lines about little: only the last one is shown, unless all are wanted.
fn run(command: Command, task: Task, step: &Step<'_>) -> Result<(), Error> {
    let all = step.progress().is_verbose();
    let relay = |output: Output<'_>| match output {
        Output::Stdout(line) | Output::Stderr(line) if all => step.relay(Output::Stdout(line)),
        Output::Stdout(line) | Output::Stderr(line) | Output::Progress(line) => {
            step.relay(Output::Progress(line));
        }
    };
    process::run(command, relay).map_err(|error| Error::docker(task, error))
}

/// The digest that the registry has under that name.
fn digest_in_registry(reference: &ImageReference) -> Result<String, Error> {
    #[derive(Deserialize)]
    struct Manifest {
        digest: String,
    }
    let shell = Shell::new()?;
    let (name, format) = (reference.full_name(), "{{json .Manifest}}");
    let command = cmd!(shell, "docker buildx imagetools inspect {name} --format {format}");
    let answer = process::read(command).map_err(|error| Error::docker(Task::Inspect, error))?;
    let manifest: Manifest = serde_json::from_str(&answer).map_err(Error::Answer)?;
    Ok(manifest.digest)
}

/// A field of `--output`, whose value is a line of CSV.
fn csv_field(field: &str) -> String {
    if field.contains([',', '"', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}
