//! The Docker Engine: the output of `docker image save` is read as an archive.

use std::fs::File;
use std::io::Write;
use std::ops::ControlFlow;

use xshell::{Shell, cmd};

use super::error::ReadError;
use super::limits::{Limits, TooLarge};
use crate::docker;
use crate::error::Error;
use crate::files;
use crate::oci::{Reference, Version};
use crate::process::{self, ProcessError};

/// Docker's messages if it does not have the image.
const UNKNOWN: [&str; 3] = ["No such image", "reference does not exist", "not found"];

/// Makes the Docker Engine write an image to an unnamed temporary file.
pub(super) fn save(reference: &Reference, limits: &Limits) -> Result<File, ReadError> {
    let mut file = files::temporary()?;
    let (sh, name) = (Shell::new().map_err(Error::from)?, name(reference));
    let (mut size, mut failed) = (0, None);
    let outcome = process::stream(cmd!(sh, "docker image save -- {name}"), &[], |bytes| {
        size += bytes.len() as u64;
        if size > limits.stored {
            failed = Some(ReadError::too_large("the image", TooLarge::Stored(limits.stored)));
        } else if let Err(error) = file.write_all(bytes) {
            failed = Some(files::error("write", "a temporary file", error).into());
        }
        if failed.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    match (failed, outcome) {
        (Some(error), _) => Err(error),
        (None, Ok(())) => Ok(file),
        (None, Err(source)) => Err(error(reference, source).into()),
    }
}

fn error(reference: &Reference, error: ProcessError) -> Error {
    if let ProcessError::Interrupted(interrupted) = error {
        return interrupted.into();
    }
    if UNKNOWN.iter().any(|words| error.messages().contains(words)) {
        return Error::new(format!("the Docker Engine has no image `{reference}`")).help(
            "check the name with `docker image ls`, or leave out `docker-daemon:` to read the image from its \
             registry",
        );
    }
    let help = match &error {
        ProcessError::NotFound { .. } => {
            Some("install Docker, or use an archive or an image in a registry".to_owned())
        }
        error => docker::help(error),
    };
    let error = Error::new(format!("Docker could not save `{reference}`")).because(error);
    match help {
        Some(help) => error.help(help),
        None => error,
    }
}

/// Without a tag, Docker would save all tags of the name.
fn name(reference: &Reference) -> String {
    let Version { tag, digest } = reference.version.or_latest();
    // Docker accepts only one of the two.
    let tag = tag.filter(|_| digest.is_none());
    Reference { name: reference.name.clone(), version: Version { tag, digest } }.to_string()
}
