//! Why an image can't be read, and what to do about it.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::limits::TooLarge;
use crate::digest::Digest;
use crate::docker;
use crate::interrupt::{self, Interrupted};
use crate::project::reference::InvalidReference;
use crate::{files, http, process, text};

/// An image could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What looks like a path leads to nothing.
    #[error("there is no file or folder `{path}`")]
    NoSuchFile {
        /// The path.
        path: Utf8PathBuf,
    },
    /// A folder that holds no image.
    #[error("the folder `{path}` is no OCI image layout: it has no file `oci-layout`")]
    NotALayout {
        /// The folder.
        path: Utf8PathBuf,
    },
    /// A text that names nothing that an image could be read from.
    #[error("`{text}` is neither a file or folder nor the name of an image: {source}")]
    Reference {
        /// What was given.
        text: String,
        /// Why it is no name.
        source: InvalidReference,
    },
    /// Several images, and none that was asked for.
    #[error("{place} has {} images: {}", .names.len(), text::list(.names))]
    Ambiguous {
        /// The archive or layout.
        place: Utf8PathBuf,
        /// Their names; where they have none, their digests.
        names: Vec<String>,
    },
    /// No image has the name that was asked for.
    #[error("{place} has no image `{wanted}`, but {}", text::list(.names))]
    NoSuchName {
        /// The archive or layout.
        place: Utf8PathBuf,
        /// The name.
        wanted: String,
        /// The names that there are.
        names: Vec<String>,
    },
    /// The registry has no such image.
    #[error("the registry has no image `{reference}`")]
    NotFound {
        /// The image's name.
        reference: String,
    },
    /// The registry does not let everybody read it.
    #[error(
        "the registry `{registry}` does not let {} read `{reference}`",
        .account.as_deref().unwrap_or("anybody without a login")
    )]
    Unauthorised {
        /// The registry's address.
        registry: String,
        /// The image's name.
        reference: String,
        /// Who is logged in.
        account: Option<String>,
    },
    /// The registry does not accept the person's login.
    #[error("the registry `{registry}` refuses the login of {account} that Docker keeps")]
    LoginRefused {
        /// The registry's address.
        registry: String,
        /// Who is logged in.
        account: String,
    },
    /// The registry wants to be asked less.
    #[error("the registry `{registry}` refuses more downloads for now")]
    RateLimited {
        /// The registry's address.
        registry: String,
    },
    /// The registry answers what no registry answers.
    #[error("the registry `{registry}` {what}")]
    Registry {
        /// The registry's address.
        registry: String,
        /// What it does, with a verb in front.
        what: String,
    },
    /// The registry can't be reached.
    #[error("the registry `{registry}` can't be read from")]
    Http {
        /// The registry's address.
        registry: String,
        /// Why.
        source: http::Error,
    },
    /// Docker's configuration can't be used.
    #[error("can't read from `{path}` how to log in: {reason}")]
    Credentials {
        /// The configuration.
        path: Utf8PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A credential helper that Docker's configuration names does not work.
    #[error("can't get the login for `{registry}`")]
    CredentialHelper {
        /// The registry's address.
        registry: String,
        /// How it failed.
        source: process::ProcessError,
    },
    /// The Docker Engine has no such image.
    #[error("the Docker Engine has no image `{reference}`")]
    NotInEngine {
        /// The image's name.
        reference: String,
    },
    /// Docker could not hand out the image.
    #[error("Docker could not save the image `{reference}`")]
    Docker {
        /// The image's name.
        reference: String,
        /// How it failed.
        source: process::ProcessError,
    },
    /// A file can't be read, or a temporary one not written.
    #[error(transparent)]
    Files(#[from] files::Error),
    /// The person pressed Ctrl-C.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// The image is not as it should be.
    #[error("{place} is broken: {reason}")]
    Broken {
        /// The part of the image: `layer sha256:…`, `index.json`.
        place: String,
        /// What is wrong with it.
        reason: Broken,
    },
    /// The image asks for more than any extension needs.
    #[error("{place} is too large to be read: {limit}")]
    TooLarge {
        /// The part of the image.
        place: String,
        /// Which limit.
        limit: TooLarge,
    },
}

/// What is wrong with a part of an image.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// It is neither an OCI layout nor what `docker save` writes.
    #[error("it has neither an `index.json` nor a `manifest.json`, as an image has")]
    NoImage,
    /// It is in a format that Docker has not written since 2016.
    #[error("it is an image of Docker before 1.10, which no engine makes any more")]
    Ancient,
    /// It is not what it is called.
    #[error("it has the digest {found}")]
    Digest {
        /// Its digest.
        found: Digest,
    },
    /// The unpacked layer is not the one that the configuration lists.
    #[error("it unpacks to {found}, but the configuration lists {expected}")]
    DiffId {
        /// The digest in the configuration.
        expected: Digest,
        /// The digest of the unpacked layer.
        found: Digest,
    },
    /// The configuration lists another number of layers than the manifest.
    #[error("it has {listed} layers, but the manifest has {layers}")]
    LayerCount {
        /// In the configuration.
        listed: usize,
        /// In the manifest.
        layers: usize,
    },
    /// It is shorter or longer than what refers to it says.
    #[error("it has {found} bytes instead of {expected}")]
    Size {
        /// The size in the descriptor.
        expected: u64,
        /// Its size, as far as it was read.
        found: u64,
    },
    /// It ends too early.
    #[error("it ends in the middle")]
    Truncated,
    /// It is not a tar file.
    #[error("it is no tar file: it has {0}")]
    NotATar(&'static str),
    /// It has a file with holes.
    #[error("it has a sparse file, which is not understood here")]
    Sparse,
    /// Its compression is broken.
    #[error("it can't be decompressed: {0}")]
    Compression(String),
    /// It is compressed in another way than image layers are.
    #[error("it is compressed with {0}, which image layers must not be")]
    UnknownCompression(&'static str),
    /// Its media type stands for something else than is wanted there.
    #[error("its media type `{0}` is none of an image that can be run")]
    MediaType(String),
    /// It is a layer that is kept elsewhere.
    #[error("it is kept elsewhere (`{0}`), as layers of Windows itself once were")]
    Foreign(String),
    /// It is an image of the first format of registries.
    #[error("it is an image of schema 1, which registries and engines have given up")]
    Schema1,
    /// It is not the JSON that it should be.
    #[error("it can't be understood: {0}")]
    Json(#[from] serde_json::Error),
    /// What it says contradicts itself.
    #[error("{0}")]
    Document(&'static str),
    /// It is listed, but not there.
    #[error("it is not there")]
    Missing,
    /// Nothing that the index lists is there.
    #[error("none of the variants that it lists is there")]
    NoVariant,
}

impl Error {
    /// Whether the image itself is at fault, and not the way to it: a finding, where the image is
    /// being judged.
    pub fn is_about_the_image(&self) -> bool {
        matches!(self, Error::Broken { .. } | Error::TooLarge { .. })
    }

    /// Whether it is what the person has called the image by that is wrong.
    pub fn is_about_the_name(&self) -> bool {
        matches!(
            self,
            Error::NoSuchFile { .. }
                | Error::NotALayout { .. }
                | Error::Reference { .. }
                | Error::Ambiguous { .. }
                | Error::NoSuchName { .. }
        )
    }

    /// What the person can do.
    pub fn help(&self) -> Option<String> {
        match self {
            Error::NoSuchFile { .. } => Some(
                "check the path; the name of an image in a registry has no `.` or `/` in front"
                    .into(),
            ),
            Error::NotALayout { .. } => Some(
                "name an archive or a folder that holds an image; for an image in a registry, \
                 write its name with the registry or the tag: `docker.io/example/tool:1.0.0`"
                    .into(),
            ),
            Error::Reference { .. } => Some(
                "name an archive, a folder with an image, an image in a registry \
                 (`example/tool:1.0.0`) or in the Docker Engine \
                 (`docker-daemon:example/tool:1.0.0`)"
                    .into(),
            ),
            Error::Ambiguous { place, names } | Error::NoSuchName { place, names, .. } => {
                let first = names.first().map_or("name", String::as_str);
                Some(format!("say which one: `{place}:{first}`"))
            }
            Error::NotFound { .. } => Some(
                "check name and tag; an image that was not pushed yet is read from its archive, \
                 or with `docker-daemon:` in front of its name from the Docker Engine"
                    .into(),
            ),
            Error::Unauthorised { registry, account: None, .. } => Some(format!(
                "check the name, and log in with `docker login {registry}` if the image is not \
                 public"
            )),
            Error::Unauthorised { .. } => {
                Some("check the name, and that this account may read the image".into())
            }
            Error::LoginRefused { registry, .. } => {
                Some(format!("log in anew with `docker login {registry}`"))
            }
            Error::RateLimited { registry } => {
                Some(format!("wait, or log in with `docker login {registry}`, and run it again"))
            }
            Error::Http { source, .. } => source.help(),
            Error::Credentials { .. } | Error::CredentialHelper { .. } => {
                Some("log in anew with `docker login`".into())
            }
            Error::NotInEngine { reference } => Some(format!(
                "check the name against `docker image ls`; \
                 `{reference}` without `docker-daemon:` is read from its registry"
            )),
            Error::Docker { source: process::ProcessError::NotFound { .. }, .. } => {
                Some("install Docker, or name an archive or an image in a registry".into())
            }
            Error::Docker { source, .. } => docker::help(source),
            Error::Files(error) => error.advice().map(str::to_owned),
            Error::Broken { .. } => Some("build the image again".into()),
            Error::TooLarge { .. } => {
                Some("make the image smaller: extensions are some hundred megabytes".into())
            }
            Error::Registry { .. } | Error::Interrupted(_) => None,
        }
    }

    /// This part of the image is broken.
    pub(super) fn broken(place: impl Into<String>, reason: Broken) -> Self {
        Error::Broken { place: place.into(), reason }
    }

    /// This part of the image is too large.
    pub(super) fn too_large(place: impl Into<String>, limit: TooLarge) -> Self {
        Error::TooLarge { place: place.into(), limit }
    }

    /// Whether a part of the image is listed but not there.
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Error::Broken { reason: Broken::Missing, .. })
    }
}

/// Why a part of an image can't be read, for those who don't know which part it is.
#[derive(Debug)]
pub(super) enum Failure {
    Broken(Broken),
    TooLarge(TooLarge),
    /// The disk's fault or, where the bytes come out of a decompressor, that of the bytes.
    Io(io::Error),
}

impl From<Broken> for Failure {
    fn from(reason: Broken) -> Self {
        Failure::Broken(reason)
    }
}

impl From<TooLarge> for Failure {
    fn from(limit: TooLarge) -> Self {
        Failure::TooLarge(limit)
    }
}

impl From<io::Error> for Failure {
    /// An error of the readers here travels inside of an `io::Error`.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Broken::Truncated.into();
        }
        match error.downcast::<TooLarge>() {
            Ok(limit) => limit.into(),
            Err(error) => match error.downcast::<Broken>() {
                Ok(reason) => reason.into(),
                Err(error) => Failure::Io(error),
            },
        }
    }
}

impl Failure {
    /// The error, where `place` is what could not be read, out of the file `path`.
    pub fn at(self, place: impl Into<String>, path: impl AsRef<Utf8Path>) -> Error {
        match (interrupt::check(), self) {
            (Err(interrupted), _) => interrupted.into(),
            (Ok(()), Failure::Broken(reason)) => Error::broken(place, reason),
            (Ok(()), Failure::TooLarge(limit)) => Error::too_large(place, limit),
            (Ok(()), Failure::Io(error)) => files::error("read", path, error).into(),
        }
    }
}
