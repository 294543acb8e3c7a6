//! A registry, by the protocol of the OCI distribution specification.
//!
//! Layers are downloaded in parallel into unnamed temporary files; documents are read into memory. The
//! readers check the content, as for any other source.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{Cursor, Read};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};

use super::assemble::{ImageRoot, LAYER};
use super::choose::Called;
use super::error::{Broken, ReadError};
use super::limits::{Limits, TooLarge};
use super::store::{self, Blobs, Section, Shared};
use crate::error::Error;
use crate::files::IoContext;
use crate::http::{Address, ClientRequest, ClientResponse, HttpError, is_local};
use crate::oci::{Descriptor, Digest, ImageDocument, MediaType, Reference, Version};
use crate::parallel::in_parallel;
use crate::progress::Step;
use crate::text;

mod access;
mod challenge;
mod error;
mod login;

use access::Access;

/// The maximum number of parallel downloads.
const DOWNLOADS: usize = 4;
/// The name of Docker Hub, and the host of its registry.
const DOCKER_HUB: (&str, &str) = ("docker.io", "registry-1.docker.io");

/// The repository of an image in a registry.
struct Repository {
    /// The registry, in the user's spelling.
    registry: String,
    /// The image, for messages.
    reference: String,
    place: Utf8PathBuf,
    /// The base of all addresses: `https://registry/v2/name`.
    base: Address,
    access: Access,
    /// The current value of the header `Authorization`.
    authorization: Mutex<Option<String>>,
    limits: Limits,
    /// `None` for layers that the registry doesn't have.
    layers: OnceLock<HashMap<Digest, Option<Downloaded>>>,
}

/// A temporary file with a blob.
struct Downloaded {
    file: Shared<File>,
    size: u64,
}

/// Finds the image in its registry.
pub(super) fn find(reference: &Reference, limits: &Limits) -> Result<ImageRoot, ReadError> {
    let repository = Repository::new(reference, limits)?;
    let Version { tag, digest: expected } = reference.version.or_latest();
    let wanted = expected.map(|digest| digest.to_string());
    let wanted = wanted.or(tag.as_ref().map(ToString::to_string)).unwrap_or_default();
    let (path, name) = (format!("manifests/{wanted}"), format!("image {wanted}"));
    let too_large = || ReadError::too_large(&name, TooLarge::Document(limits.document));
    let answer = repository.ask(&path, |request| request.send(limits.document), too_large)?;
    let answer = answer.ok_or_else(|| error::not_found(&reference.to_string()))?;
    let digest = Digest::of(&answer.body);
    if expected.is_some_and(|expected| expected != digest) {
        return Err(ReadError::broken(name, Broken::Digest { found: digest }));
    }
    let document =
        ImageDocument::parse(&answer.body).map_err(|reason| ReadError::broken(name, reason))?;
    let called = Called { name: Some(reference.name.clone()), tag };
    Ok(ImageRoot { blobs: Box::new(repository), called, digest, document })
}

impl Repository {
    fn new(reference: &Reference, limits: &Limits) -> Result<Self, Error> {
        let registry = reference.name.registry().to_owned();
        let name = reference.name.repository();
        let host = if registry == DOCKER_HUB.0 { DOCKER_HUB.1 } else { &registry };
        let address = |scheme: &str| {
            let address = format!("{scheme}://{host}/v2/{name}").parse();
            address.map_err(|_| error::strange(&registry, "has a name that is not an address"))
        };
        let mut base: Address = address("https")?;
        // Like in Docker, a registry on this machine may be unencrypted.
        if is_local(host) {
            match ClientRequest::head(base.join("/v2/").unwrap_or(base.clone()))
                .send(limits.document)
            {
                Err(HttpError::Tls { .. }) => base = address("http")?,
                Err(source) => return Err(error::http(&registry, source)),
                Ok(_) => {}
            }
        }
        Ok(Self {
            access: Access::new(&registry, &name, base.is_https()),
            place: registry.as_str().into(),
            registry,
            reference: reference.to_string(),
            base,
            authorization: Mutex::default(),
            limits: *limits,
            layers: OnceLock::new(),
        })
    }

    /// Requests a path of the repository; `None` if it does not exist. `too_large` makes the error for a
    /// response that exceeds the limit of `send`.
    fn ask<B>(
        &self,
        path: &str,
        send: impl Fn(&ClientRequest) -> Result<ClientResponse<B>, HttpError>,
        too_large: impl Fn() -> ReadError,
    ) -> Result<Option<ClientResponse<B>>, ReadError> {
        let strange = |what: String| error::strange(&self.registry, &what);
        let send = |request: ClientRequest| {
            send(&request).map_err(|error| match error {
                HttpError::TooLarge(_) => too_large(),
                source => error::http(&self.registry, source).into(),
            })
        };
        let address: Result<Address, _> = format!("{}/{path}", self.base).parse();
        let address = address.map_err(|_| strange(format!("has no address for `{path}`")))?;
        let request = ClientRequest::get(address).header("Accept", &MediaType::ROOTS.join(", "));
        let mut tried = self.authorization();
        let mut answer = send(request.clone().authorization(tried.clone()))?;
        if answer.head.status == 401 {
            // Another download may have got a new token in the meantime.
            let newer = self.authorization().filter(|newer| Some(newer) != tried.as_ref());
            tried = match newer {
                Some(newer) => Some(newer),
                None => {
                    let challenges = answer.head.headers.all("www-authenticate");
                    let challenges = challenge::parse(challenges);
                    self.access.authorize(&challenges, &self.reference)?
                }
            };
            *self.authorization.lock().unwrap_or_else(PoisonError::into_inner) = tried.clone();
            answer = send(request.authorization(tried.clone()))?;
        }
        match answer.head.status {
            200 => Ok(Some(answer)),
            404 => Ok(None),
            status @ (401 | 403) => {
                Err(self.access.rejected(status, tried.as_deref(), &self.reference).into())
            }
            429 => Err(error::rate_limited(&self.registry).into()),
            status => Err(strange(format!("responded with status {status}")).into()),
        }
    }

    fn authorization(&self) -> Option<String> {
        self.authorization.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Requests a blob, which must have the size in its descriptor.
    fn blob<B>(
        &self,
        what: &str,
        blob: &Descriptor,
        send: impl Fn(&ClientRequest) -> Result<ClientResponse<B>, HttpError>,
    ) -> Result<Option<ClientResponse<B>>, ReadError> {
        let directory = if blob.is_manifest() { "manifests" } else { "blobs" };
        self.ask(&format!("{directory}/{}", blob.digest), send, || {
            let (expected, found) = (blob.size, blob.size.saturating_add(1));
            ReadError::broken(store::name(what, blob), Broken::Size { expected, found })
        })
    }

    fn download(&self, blob: &Descriptor) -> Result<Option<Downloaded>, ReadError> {
        let answer = self.blob(LAYER, blob, |request| request.send_to_temporary_file(blob.size))?;
        let Some(ClientResponse { body, .. }) = answer else { return Ok(None) };
        let size = body.metadata().doing("read", "a temporary file")?.len();
        Ok(Some(Downloaded { file: Shared::new(body), size }))
    }
}

impl Downloaded {
    fn open(&self) -> Box<dyn Read + '_> {
        Box::new(self.file.section(Section { start: 0, size: self.size }))
    }
}

impl Blobs for Repository {
    fn place(&self) -> &Utf8Path {
        &self.place
    }

    fn open(&self, blob: &Descriptor) -> Result<Option<Box<dyn Read + '_>>, ReadError> {
        if let Some(downloaded) = self.layers.get().and_then(|layers| layers.get(&blob.digest)) {
            return Ok(downloaded.as_ref().map(Downloaded::open));
        }
        let limit = blob.size.min(self.limits.document);
        let answer = self.blob("document", blob, |request| request.send(limit))?;
        Ok(answer.map(|answer| Box::new(Cursor::new(answer.body)) as Box<dyn Read>))
    }

    fn fetch(&self, blobs: &[Descriptor], step: &Step<'_>) -> Result<(), ReadError> {
        let unique: BTreeMap<_, _> = blobs.iter().map(|blob| (blob.digest, blob)).collect();
        let blobs: Vec<_> = unique.into_values().collect();
        let done = AtomicUsize::new(0);
        let files = in_parallel(&blobs, DOWNLOADS, |blob| {
            let file = self.download(blob)?;
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            step.at(format!("{done} of {} downloaded", text::count(blobs.len(), LAYER)));
            Ok::<_, ReadError>((blob.digest, file))
        })?;
        // `fetch` is called once.
        let _ = self.layers.set(files.into_iter().collect());
        Ok(())
    }
}
