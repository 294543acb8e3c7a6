//! The Docker Engine: what `docker image save` writes is read as an archive.

use std::fs::File;
use std::io::Write;
use std::ops::ControlFlow;
use std::process::Command;

use super::error::Error;
use super::limits::{Limits, TooLarge};
use crate::files;
use crate::oci::{Reference, Version};
use crate::process;

/// What Docker says where it has no such image.
const UNKNOWN: [&str; 3] = ["No such image", "reference does not exist", "not found"];

/// Has the Docker Engine write an image to a temporary file without a name.
pub(super) fn save(reference: &Reference, limits: &Limits) -> Result<File, Error> {
    let mut file = files::temporary()?;
    let mut command = Command::new("docker");
    command.args(["image", "save", "--", &name(reference)]);
    let (mut size, mut failed) = (0, None);
    let outcome = process::stream(command, &[], |bytes| {
        size += bytes.len() as u64;
        if size > limits.stored {
            failed = Some(Error::too_large("the image", TooLarge::Stored(limits.stored)));
        } else if let Err(error) = file.write_all(bytes) {
            failed = Some(files::error("write", "a temporary file", error).into());
        }
        if failed.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    match (failed, outcome) {
        (Some(error), _) => Err(error),
        (None, Ok(())) => Ok(file),
        (None, Err(process::ProcessError::Interrupted(interrupted))) => Err(interrupted.into()),
        (None, Err(source)) => {
            let reference = reference.to_string();
            let is_unknown = UNKNOWN.iter().any(|words| source.messages().contains(words));
            Err(if is_unknown {
                Error::NotInEngine { reference }
            } else {
                Error::Docker { reference, source }
            })
        }
    }
}

/// Without a tag Docker would save all that the name has.
fn name(reference: &Reference) -> String {
    let Version { tag, digest } = reference.version.or_latest();
    // Docker takes one of the two.
    let tag = tag.filter(|_| digest.is_none());
    Reference { name: reference.name.clone(), version: Version { tag, digest } }.to_string()
}
